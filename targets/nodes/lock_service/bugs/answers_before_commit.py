"""L6: the leader answers when a command is in its own log only.

n1 (leader, cut off)   acquire: 7 ok           its log is overwritten after the heal
n2 (new leader)                acquire: 7 ok
"""

from __future__ import annotations

from targets.nodes.lock_service.core import LockService
from targets.nodes.lock_service.locks import Locks
from targets.nodes.raft.log import Entry

NAME = "lock-service.answers-before-commit"


class AnswersBeforeCommit(LockService):
    """A command is answered as it will be once it is committed, if it ever is.

    One counts when its entry is removed again by the node that had answered it with ok.
    """

    _ahead: Locks
    """What the state will be when all of the leader's log is applied."""
    _answered_at: frozenset[int] = frozenset()
    """The indexes of the commands that this node has answered with ok so, and may yet lose."""

    def _lead(self) -> None:
        self._ahead = Locks(self.options.sessions)
        self._ahead.restore(self.machine.dump())
        for entry in self.log.between(self.applied_index + 1, self.log.last_index):
            if entry.command is not None:
                self._ahead.apply(entry.command)
        super()._lead()

    def _append_own(self, entry: Entry) -> None:
        super()._append_own(entry)
        if entry.command is None:
            return
        answer = self._ahead.apply(entry.command)
        if entry.command.session is None:
            return
        for origin in self._waiting[entry.index]:
            self._answer(origin, answer)
        self._waiting[entry.index] = []
        if answer["ok"]:
            known = {at for at in self._answered_at if at > self.commit_index}
            self._answered_at = frozenset({*known, entry.index})

    def _remove_from(self, index: int) -> None:
        removed = {at for at in self._answered_at if at >= index}
        self._answered_at -= removed
        for _ in removed:
            self._count(NAME)
        super()._remove_from(index)
