"""What several bugs take away besides: a node that must throw away what was committed stops."""

from __future__ import annotations

from targets.nodes.primary_backup.core import PrimaryBackup

NO_ALARM = "a node that finds that what was committed must be thrown away stops"


class Loses(PrimaryBackup):
    """Throws away whatever its primary has not, committed or not."""

    def _note_lost(self, count: int) -> None:
        self.thrown_away += count
