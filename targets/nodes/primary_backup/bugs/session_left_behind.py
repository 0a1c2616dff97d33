"""B5: a session reads from a node that lacks what the session has written.

session   write x 2, ok (by way of n3, at the primary)   read x -> 1 (n3's own state)
"""

from __future__ import annotations

from targets.nodes.primary_backup.core import PrimaryBackup

NAME = "primary-backup.session-left-behind"


class SessionLeftBehind(PrimaryBackup):
    """A node never waits until it has what the session has seen; each time it should counts."""

    def _has_come_to(self, seen: int) -> bool:
        if not super()._has_come_to(seen):
            self._count(NAME)
        return True
