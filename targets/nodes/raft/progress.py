"""What a leader knows of one peer."""

from __future__ import annotations

from targets.nodes.raft.snapshot import Outgoing


class Progress:
    """What the leader knows of one peer.

    ``match`` is the last index known to be durable there, ``next`` the next one to send.
    While ``probing`` the leader looks for where the logs agree, one ``Append`` at a time
    (``probe_is_out``). ``heard`` is since the last check of the quorum, ``round`` the latest
    broadcast the peer has answered. ``snapshot`` is there while what the peer needs next is
    gone from our log: then it is sent that, and heartbeats only.
    """

    __slots__ = ("heard", "match", "next", "probe_is_out", "probing", "round", "snapshot")

    def __init__(self, next_index: int) -> None:
        self.next = next_index
        self.match = 0
        self.probing = True
        self.probe_is_out = False
        self.heard = True
        self.round = 0
        self.snapshot: Outgoing | None = None
