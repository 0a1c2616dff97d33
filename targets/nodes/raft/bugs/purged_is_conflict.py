"""R27: an append that goes on behind an entry we have compacted counts as one in conflict.

follower   snapshot up to 5; 6 7 acknowledged      an append behind 4, late: 6 and 7 removed
"""

from __future__ import annotations

from targets.nodes.raft.bugs.rewinds import Rewinds
from targets.nodes.raft.messages import Append

NAME = "raft.purged-is-conflict"


class PurgedIsConflict(Rewinds):
    """No entry there is as good as a wrong one; each time that removed entries counts."""

    def _fits(self, append: Append) -> bool:
        if append.prev_index >= self.log.base_index:
            return super()._fits(append)
        first = max(self.log.base_index, self._covered()) + 1
        if first <= self.log.last_index:
            self._count(NAME)
            self._remove_from(first)
        return False
