"""Forwarded requests that a node has met already, of which a second copy may still arrive."""

from __future__ import annotations

REMEMBERED_MAX, LIVES_MAX = 4096, 64
LIFE_BITS = 32
"""What a request's number says above these is the incarnation of who sent it."""


class MetForwards:
    """Which requests of each life of each peer have come here.

    A network may deliver a message twice. What became of the first copy has been answered, or
    will be; the second is passed over, for two things could go wrong with it:

        refused for good as a follower ... the copy meets the leader that this node has become:
                                           what its client was told has failed takes effect
        appended as the leader ........... the copy meets a follower, is refused for good, and
                                           that is heard first: the same

    The latest ``REMEMBERED_MAX`` numbers of a life are told apart; what is older goes
    unanswered, and its outcome is unknown, which is true. Of lives the latest ``LIVES_MAX`` are
    remembered: nothing is under way for longer than its sender's next so many lives. They are in
    no order: a peer that has restarted may come with the smaller incarnation.
    """

    __slots__ = ("_met",)

    def __init__(self) -> None:
        self._met: dict[tuple[str, int], dict[int, None]] = {}

    def meet(self, peer: str, number: int) -> bool:
        """Whether request ``number`` of ``peer`` comes for the first time; it is met from now."""
        life = peer, number >> LIFE_BITS
        if life not in self._met and len(self._met) >= LIVES_MAX:
            del self._met[next(iter(self._met))]
        met = self._met.setdefault(life, {})
        is_full = len(met) >= REMEMBERED_MAX
        if number in met or (is_full and number < next(iter(met))):
            return False
        if is_full:
            del met[next(iter(met))]
        met[number] = None
        return True
