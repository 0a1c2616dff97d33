"""What bugs that answer too early have in common: a leader that knows its answers beforehand."""

from __future__ import annotations

import json
from typing import ClassVar

from targets.nodes.queue_service.core import QueueService
from targets.nodes.queue_service.queues import Queues
from targets.nodes.raft.log import Entry


class Foresees(QueueService):
    """Commands in ``early`` are answered as soon as they are appended, as if all were committed.

    One counts when its entry is removed again by the node that answered it, which after a
    restart knows at least the last term that it may have led.
    """

    early: ClassVar[frozenset[str]]
    name: ClassVar[str]

    _ahead: Queues | None = None
    """The state in which everything in the log is applied."""
    _led: frozenset[int] = frozenset()

    def _on_started(self) -> None:
        if self.voted_for == self.node:
            self._led = frozenset((self.term,))
        super()._on_started()

    def _lead(self) -> None:
        self._led |= {self.term}
        self._ahead = None
        super()._lead()
        ahead = Queues(self.options.sessions)
        ahead.restore(json.loads(json.dumps(self.machine.dump())))
        for entry in self.log.between(self.applied_index + 1, self.log.last_index):
            if entry.command is not None:
                ahead.apply(entry.command)
        self._ahead = ahead

    def _append_own(self, entry: Entry) -> None:
        super()._append_own(entry)
        if entry.command is None or self._ahead is None:
            return
        answer = self._ahead.apply(entry.command)
        if entry.command.f in self.early:
            for origin in self._waiting[entry.index]:
                self._answer(origin, answer)
            self._waiting[entry.index] = []

    def _remove_from(self, index: int) -> None:
        for entry in self.log.between(index, self.log.last_index):
            command = entry.command
            if entry.term in self._led and command is not None and command.f in self.early:
                self._count(self.name)
        super()._remove_from(index)
