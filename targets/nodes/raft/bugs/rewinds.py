"""What becomes of a node whose committed entries are overwritten.

The correct node refuses and stops: it cannot happen to it. A mutation that makes it happen
would so be hidden behind a crash; with this safeguard removed the node does what it would
do after a restart, and its clients see the loss.
"""

from __future__ import annotations

from targets.nodes.raft.core import Raft
from targets.nodes.raft.messages import AppendReply
from targets.nodes.raft.progress import Progress


class Rewinds(Raft):
    """Gives up committed entries when the leader has others, and rebuilds its state."""

    def _remove_from(self, index: int) -> None:
        if index > self.commit_index:
            super()._remove_from(index)
            return
        self._truncate(index)
        self._begin_from_snapshot()
        self._commit_to(index - 1)

    def _back_off(self, progress: Progress, reply: AppendReply) -> None:
        # A follower whose log ends before what it once acknowledged has lost it.
        if reply.hint_term is None and reply.hint_index <= progress.match:
            progress.match = reply.hint_index - 1
            progress.next = reply.hint_index
            progress.probing = True
            progress.probe_is_out = False
            return
        super()._back_off(progress, reply)
