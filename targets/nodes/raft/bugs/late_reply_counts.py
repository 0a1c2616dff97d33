"""R14: the match index is what the last reply to arrive said, of whatever term it is.

n1 (leader, term 1)   sends n2 up to 9; n2 has it and says so, but the reply is late
n3 (leader, term 2)   n2's 7 to 9 are replaced
n1 (leader, term 3)   hears of 9, counts n2 for its own 9, and commits that too early
"""

from __future__ import annotations

from targets.nodes.raft.base import Role
from targets.nodes.raft.bugs.rewinds import Rewinds
from targets.nodes.raft.messages import AppendReply

NAME = "raft.late-reply-counts"


class LateReplyCounts(Rewinds):
    """Nothing guards the match index; a reply of an earlier term that raises it counts."""

    def _on_append_reply(self, peer: str, reply: AppendReply) -> None:
        super()._on_append_reply(peer, reply)
        progress = self.progress.get(peer)
        if self.role is not Role.LEADER or progress is None or not reply.ok:
            return
        index = min(reply.index, self.log.last_index)
        if reply.term < self.term and index > progress.match:
            self._count(NAME)
        progress.match = index
        # Whatever is taken for matched need not be sent again.
        progress.next = max(progress.next, index + 1)
        self._advance_commit()
