"""Forwarded requests that a node has met already, of which a second copy may still arrive."""

from __future__ import annotations

REMEMBERED_MAX = 4096
LIFE_BITS = 32
"""What a request's number says above these is the incarnation of who sent it."""


class MetForwards:
    """Which requests of each life of each peer have come here.

    A network may deliver a message twice. What became of the first copy has been answered, or
    will be; of the second nothing may be said: where the first was ordered and the second meets
    a node that is primary no more, it would be refused for good, and that might be heard first.
    The latest ``REMEMBERED_MAX`` numbers are told apart; what is older goes unanswered, and its
    outcome is unknown, which is true.
    """

    __slots__ = ("_met",)

    def __init__(self) -> None:
        self._met: dict[tuple[str, int], dict[int, None]] = {}

    def meet(self, peer: str, number: int) -> bool:
        """Whether request ``number`` of ``peer`` comes for the first time; it is met from now."""
        met = self._met.setdefault((peer, number >> LIFE_BITS), {})
        is_full = len(met) >= REMEMBERED_MAX
        if number in met or (is_full and number < next(iter(met))):
            return False
        if is_full:
            del met[next(iter(met))]
        met[number] = None
        return True
