"""What a leader knows of one peer."""

from __future__ import annotations


class Progress:
    """What the leader knows of one peer.

    ``match`` is the last index known to be durable there, ``next`` the next one to send.
    While ``probing`` the leader looks for where the logs agree, one ``Append`` at a time
    (``probe_is_out``). ``heard`` is since the last check of the quorum, ``round`` the latest
    broadcast the peer has answered.
    """

    __slots__ = ("heard", "match", "next", "probe_is_out", "probing", "round")

    def __init__(self, next_index: int) -> None:
        self.next = next_index
        self.match = 0
        self.probing = True
        self.probe_is_out = False
        self.heard = True
        self.round = 0
