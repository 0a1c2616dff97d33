"""What a primary knows of one other node."""

from __future__ import annotations

from targets.nodes.raft.snapshot import Outgoing


class Progress:
    """What the primary knows of one peer, backup or not.

    ``match`` is the last index known to be durable there, ``next`` the next one to send. While
    ``probing`` the primary looks for where the logs agree, one ``Append`` at a time
    (``probe_is_out``). ``missed`` counts the heartbeats since it was heard, ``steady`` those in
    a row that it answered, ``round`` is the latest broadcast it has answered. ``snapshot`` is
    there while what the peer needs next is gone from our log. ``unfit``: its snapshot holds what
    we do not have, so it must throw everything away, and is no backup before.
    """

    __slots__ = (
        "heard",
        "match",
        "missed",
        "next",
        "probe_is_out",
        "probing",
        "round",
        "snapshot",
        "steady",
        "unfit",
    )

    def __init__(self, next_index: int) -> None:
        self.next = next_index
        self.match = 0
        self.probing = True
        self.probe_is_out = False
        self.heard = False
        self.missed = 0
        self.steady = 0
        self.round = 0
        self.snapshot: Outgoing | None = None
        self.unfit = False

    def hear(self, round_: int) -> None:
        """The peer has answered the broadcast ``round_``; answers may overtake each other."""
        self.heard = True
        self.missed = 0
        self.round = max(self.round, round_)

    def beat(self) -> None:
        """Another heartbeat is about to leave."""
        self.missed += 1
        self.steady = self.steady + 1 if self.heard else 0
        self.heard = False
