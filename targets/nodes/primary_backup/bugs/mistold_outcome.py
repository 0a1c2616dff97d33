"""B10: what becomes of a write that was not replicated is told as if it were known.

n1 (primary, cut off)   add 7 ... deposed: "ok", and nobody has it
n1                      add 8 ... deposed: "failed", and its backups had it already
"""

from __future__ import annotations

from targets.nodes.command import refusal
from targets.nodes.primary_backup.core import PrimaryBackup

NAME = "primary-backup.mistold-outcome"


class MistoldOutcome(PrimaryBackup):
    """Of the writes that wait when a primary is deposed, every other one is told to be done.

    The rest is told to have failed. Each counts.
    """

    def _abandon_writes(self) -> None:
        waiting = self._waiting
        self._waiting, self._index_of = {}, {}
        for at, origins in enumerate(waiting.values()):
            self._count(NAME)
            for origin in origins:
                if at % 2:
                    self._answer(origin, refusal("not-replicated", definite=True))
                else:
                    self._answer(origin, {"ok": True, "value": None})
