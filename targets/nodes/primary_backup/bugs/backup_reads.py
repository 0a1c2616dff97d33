"""B3: a backup answers reads from its own state.

n1 (primary)   write x 2, ok
n2                             read x -> 1: it learns with the next append what is committed
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Command
from targets.nodes.primary_backup.core import PrimaryBackup
from targets.nodes.state_machine import READS

NAME = "primary-backup.backup-reads"


class BackupReads(PrimaryBackup):
    """Whoever is asked answers; each read that the primary was not asked counts."""

    def _serve(self, origin: Any, command: Command, request: dict[str, Any]) -> None:
        if self.is_primary or command.f not in READS:
            super()._serve(origin, command, request)
            return
        self._count(NAME)
        self._answer(origin, self.machine.read(command))
