"""R12: a follower keeps entries that conflict with the leader's.

n1 (old leader, was cut off)   5 6' 7'       keeps 6' 7', goes on with 8
n2 (new leader)                5 6  7  8
"""

from __future__ import annotations

from targets.nodes.raft.core import Raft
from targets.nodes.raft.messages import Append

NAME = "raft.keeps-conflicts"


class KeepsConflicts(Raft):
    """What stands at an index stays, whatever its term; each conflict that is kept counts."""

    def _take_entries(self, append: Append) -> None:
        for entry in append.entries:
            if entry.index > self.log.last_index:
                self._append(entry)
            elif self.log.term_at(entry.index) not in (entry.term, None):
                self._count(NAME)
