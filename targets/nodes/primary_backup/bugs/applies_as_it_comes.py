"""B6: a backup applies entries in the order in which they come.

n1 (primary)   11: write x 1     12: write x 2      read x -> 2
n2             12 comes first: x is 2, then 11: x is 1; a session reads x -> 2, and then x -> 1;
               or it takes over: read x -> 1

A compare-and-set that came too early finds another value than it found with the primary: what its
client was told had failed is done here.
"""

from __future__ import annotations

from targets.nodes.command import Answer, Command
from targets.nodes.primary_backup.core import PrimaryBackup
from targets.nodes.primary_backup.messages import Append

NAME = "primary-backup.applies-as-it-comes"


class AppliesAsItComes(PrimaryBackup):
    """What comes too early is applied at once, and not again when its turn comes.

    Its log is in order all the same: what was missing is sent again. An entry counts that is
    applied after one that is behind it.
    """

    def _begin_from_snapshot(self) -> None:
        self._applied_early: set[int] = set()
        super()._begin_from_snapshot()

    def _refuse_unfitting(self, peer: str, append: Append) -> None:
        if append.prev_index > self.log.last_index:
            for entry in append.entries:
                if entry.command is not None and entry.index not in self._applied_early:
                    self._applied_early.add(entry.index)
                    self.machine.apply(entry.command)
        super()._refuse_unfitting(peer, append)

    def _apply(self, index: int, command: Command) -> Answer:
        if index in self._applied_early:
            self._applied_early.discard(index)
            return self.machine.answered(command) or {"ok": True, "value": None}
        if self._applied_early:
            self._count(NAME)
        return super()._apply(index, command)
