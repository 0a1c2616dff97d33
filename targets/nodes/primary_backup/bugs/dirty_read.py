"""B4: the primary shows a write that its backups do not have.

n1 (primary, cut off)   write x 2 ...    read x -> 2
n2 (takes over)                                         read x -> 1, and 2 never comes again
"""

from __future__ import annotations

from targets.nodes.command import Answer, Command
from targets.nodes.primary_backup.core import PrimaryBackup
from targets.nodes.raft.log import Entry
from targets.nodes.state_machine import StateMachine

NAME = "primary-backup.dirty-read"


class DirtyRead(PrimaryBackup):
    """Reads are answered from a state that is ahead of what is committed.

    A read counts when it says something else than the committed state.
    """

    _ahead: StateMachine

    def _begin_reign(self) -> None:
        self._ahead = self._make_machine()
        self._ahead.restore(self.machine.dump())
        for entry in self.log.between(self.applied_index + 1, self.log.last_index):
            if entry.command is not None:
                self._ahead.apply(entry.command)
        super()._begin_reign()

    def _append_own(self, entry: Entry) -> None:
        super()._append_own(entry)
        if entry.command is not None:
            self._ahead.apply(entry.command)

    def _value(self, command: Command) -> Answer:
        committed = super()._value(command)
        if not self.is_primary:
            return committed
        told = self._ahead.read(command)
        if told != committed:
            self._count(NAME)
        return told
