"""R9: an append that is late cuts the log behind its entries.

leader     append 5-6       append 7 (all acknowledged)      append 5-6 again, late
follower   5 6              5 6 7                             5 6

Until the leader finds out, 7 has one copy less than it was counted for.
"""

from __future__ import annotations

from targets.nodes.raft.bugs.rewinds import Rewinds
from targets.nodes.raft.messages import Append

NAME = "raft.stale-append-truncates"


class StaleAppendTruncates(Rewinds):
    """The log ends where the last append ended; each one that shortened it counts."""

    def _take_entries(self, append: Append) -> None:
        if append.entries:
            end = append.prev_index + len(append.entries)
            first = max(append.prev_index, self.log.base_index, self._covered()) + 1
            if first <= self.log.last_index:
                if end < self.log.last_index:
                    self._count(NAME)
                self._remove_from(first)
        super()._take_entries(append)
