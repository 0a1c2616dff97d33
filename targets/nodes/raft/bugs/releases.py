"""An instrument for bugs of reads that wait for a round."""

from __future__ import annotations

from targets.nodes.raft.base import Role
from targets.nodes.raft.core import Raft


class SeesReleases(Raft):
    """Knows how many reads are about to be answered because their round is confirmed."""

    def _reads_due(self) -> int:
        if self.role is not Role.LEADER:
            return 0
        confirmed = self._confirmed_round()
        return sum(len(reads) for number, reads in self._confirming if number <= confirmed)
