"""What a leader makes of a follower that acknowledges more than the leader has."""

from __future__ import annotations

from dataclasses import replace

from targets.nodes.raft.core import Raft
from targets.nodes.raft.messages import AppendReply


class Overclaims(Raft):
    """Takes it for all it has itself; the correct leader, who cannot be told so, would stop."""

    def _on_append_reply(self, peer: str, reply: AppendReply) -> None:
        super()._on_append_reply(peer, replace(reply, index=min(reply.index, self.log.last_index)))
