"""Forwarded requests that were refused for good, of which a second copy may still arrive."""

from __future__ import annotations

LIFE_BITS = 32
"""What a request's number says above these is the incarnation of who sent it."""


class RefusedForwards:
    """Up to which request of each peer something was refused with "it never took effect".

    A network may deliver a message twice. Where the first copy met a follower and was refused,
    the second may meet the leader that this node has become: what its client was told has
    failed would take effect. So nothing up to a refused request is taken any more. In each of
    its lives a peer numbers its requests in rising order, and a connection keeps the order:
    nothing is passed over that was not refused, unless the network has reordered it. Then it
    goes unanswered, and its outcome is unknown, which is true. Lives are in no order, so what
    was refused in one says nothing of another: a peer that has restarted would not be heard.
    """

    __slots__ = ("_up_to",)

    def __init__(self) -> None:
        self._up_to: dict[tuple[str, int], int] = {}

    def add(self, peer: str, number: int) -> None:
        """Request ``number`` of ``peer`` was refused."""
        life = peer, number >> LIFE_BITS
        self._up_to[life] = max(number, self._up_to.get(life, number))

    def covers(self, peer: str, number: int) -> bool:
        """Whether request ``number`` of ``peer`` is not to be taken any more."""
        return number <= self._up_to.get((peer, number >> LIFE_BITS), number - 1)
