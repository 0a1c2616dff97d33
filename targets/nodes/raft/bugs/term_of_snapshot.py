"""R26: who installs a snapshot takes the term of its last entry for the present one.

n2   voted for n1 in term 5, installs a snapshot whose last entry is of term 3
n2   is in term 3 without a vote, and may vote in term 5 again
"""

from __future__ import annotations

from targets.nodes.raft.bugs.rewinds import Rewinds
from targets.nodes.raft.snapshot import Snapshot

NAME = "raft.term-of-snapshot"


class TermOfSnapshot(Rewinds):
    """Each installation that goes back to an earlier term counts."""

    def _install(self, snapshot: Snapshot) -> None:
        super()._install(snapshot)
        if snapshot.term < self.term:
            self._count(NAME)
        self.term, self.voted_for = snapshot.term, None
