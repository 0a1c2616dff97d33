"""Forwarded requests that were refused for good, of which a second copy may still arrive."""

from __future__ import annotations


class RefusedForwards:
    """Up to which request of each peer something was refused with "it never took effect".

    A network may deliver a message twice. Where the first copy met a follower and was refused,
    the second may meet the leader that this node has become: what its client was told has
    failed would take effect. So nothing up to a refused request is taken any more. A peer
    numbers its requests in rising order, over restarts too, and a connection keeps the order:
    nothing is passed over that was not refused, unless the network has reordered it. Then it
    goes unanswered, and its outcome is unknown, which is true.
    """

    __slots__ = ("_up_to",)

    def __init__(self) -> None:
        self._up_to: dict[str, int] = {}

    def add(self, peer: str, number: int) -> None:
        """Request ``number`` of ``peer`` was refused."""
        self._up_to[peer] = max(number, self._up_to.get(peer, number))

    def covers(self, peer: str, number: int) -> bool:
        """Whether request ``number`` of ``peer`` is not to be taken any more."""
        return number <= self._up_to.get(peer, number - 1)
