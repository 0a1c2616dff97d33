"""R25: a probe at the snapshot's boundary is empty, and its answer is taken for more.

n1 (leader)       snapshot up to 5; 6 7      sends n2 an append behind 5, without entries
n2 (old leader)   snapshot up to 5; 6' 7'    commits 6' 7', and says that it has all up to 7
"""

from __future__ import annotations

from targets.nodes.raft.bugs.overclaims import Overclaims
from targets.nodes.raft.bugs.rewinds import Overwrites
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import Append
from targets.nodes.raft.progress import Progress

NAME = "raft.empty-append-at-boundary"


class EmptyAppendAtBoundary(Overclaims, Overwrites):
    """Right behind a snapshot a leader probes without entries, and a follower who gets an
    empty append there vouches for the rest of its log; it counts where that is of an older term.
    """

    def _entries_for(self, progress: Progress) -> list[Entry]:
        if progress.probing and 0 < self.log.base_index == progress.next - 1:
            return []
        return super()._entries_for(progress)

    def _learn_commit(self, append: Append, verified: int) -> None:
        super()._learn_commit(append, self._vouched(append, verified))

    def _acknowledge(self, peer: str, append: Append, verified: int) -> None:
        vouched = self._vouched(append, verified)
        if vouched > verified and self.log.last_term < append.term:
            self._count(NAME)
        super()._acknowledge(peer, append, vouched)

    def _vouched(self, append: Append, verified: int) -> int:
        is_at_boundary = 0 < self.log.base_index == append.prev_index
        return self.log.last_index if is_at_boundary and not append.entries else verified
