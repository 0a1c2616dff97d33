"""R2: neither the term nor the vote in it survives a restart.

n1        leads term 1, has "add 7" at index 9 in its log; everybody restarts
n2        leads term 1 again, has "add 8" at index 9: to n1 the same index and term
n1        keeps its own, acknowledges, and lacks "add 8" when it leads
"""

from __future__ import annotations

from targets.nodes.raft.bugs.rewinds import Rewinds

NAME = "raft.term-not-persisted"


class TermNotPersisted(Rewinds):
    """No record of terms and votes is written; a start in a term before its log's counts."""

    def _persist_vote(self) -> None:
        pass

    def _whole_log_file(self) -> list[bytes]:
        snapshot, _, *entries = super()._whole_log_file()
        return [snapshot, *entries]

    def _on_started(self) -> None:
        if self.term < self.log.last_term:
            self._count(NAME)
        super()._on_started()
