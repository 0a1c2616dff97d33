"""B1: a write is acknowledged before the backups have it.

n1 (primary)   add 7, ok; cut off, or dies
n2             takes over, without 7
"""

from __future__ import annotations

from targets.nodes.primary_backup.bugs.loses import Loses

NAME = "primary-backup.early-acknowledgement"


class EarlyAcknowledgement(Loses):
    """A commit waits for the primary's own disk alone.

    Each that goes beyond what some backup is known to hold counts.
    """

    def _needed(self) -> frozenset[str]:
        return frozenset()

    def _commit_to(self, index: int) -> None:
        if self.is_primary:
            backups = super()._needed()
            if any(self.progress[backup].match < index for backup in backups):
                self._count(NAME)
        super()._commit_to(index)
