"""R11: a follower commits entries that it has not compared with the leader's.

n1 (old leader)   5 6' 7'     gets an empty append behind 5 with commit 7, applies 6' 7'
n2 (new leader)   5 6  7      its 6 and 7 replace n1's, which does not apply them again
"""

from __future__ import annotations

from targets.nodes.raft.bugs.rewinds import Overwrites
from targets.nodes.raft.messages import Append

NAME = "raft.commits-unverified"


class CommitsUnverified(Overwrites):
    """The leader's commit index holds for the whole log; it counts for an older term's entry."""

    def _learn_commit(self, append: Append, verified: int) -> None:
        last = self.log.last_index
        reach = min(append.commit, last)
        if reach > max(verified, self.commit_index) and self.log.last_term < append.term:
            self._count(NAME)
        super()._learn_commit(append, max(last, verified))
