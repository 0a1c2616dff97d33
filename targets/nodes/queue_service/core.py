"""The whole node: Raft with queues, and redelivery by its leader's clock.

Whose time is over is in the log like everything else: the leader alone measures time, and
proposes what has to come back.

    leader     receive applied ........ visibility ........ expire ──► log ──► applied everywhere
    client     |-- receive --|   kept from others at least that long

The leader begins to measure when it applies the receive, which is later than it was asked; a new
leader begins anew for all that is handed out. So nothing comes back early, by the leader's clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import groupby
from typing import Any, ClassVar

from targets.nodes.command import Answer, Command, Key
from targets.nodes.queue_service.options import Options
from targets.nodes.queue_service.queues import EXPIRE, RECEIVE, Queues
from targets.nodes.raft.base import Role
from targets.nodes.raft.core import Raft
from targets.nodes.raft.log import Entry

EXPIRY = "expiry"
"""The name of the timer."""


class QueueService(Raft):
    """One server of the queue service."""

    state_machine: ClassVar[type[Queues]] = Queues
    options: Options
    machine: Queues

    _due: deque[tuple[float, Key, int]]
    """Leaders only: until when, by our clock, what is handed out under which receipt."""

    def _propose(self, origin: Any, command: Command) -> None:
        if command.f == RECEIVE:
            # What is promised is in the log: no two nodes can have promised different things.
            command = replace(command, value=self.options.invisible_ms)
        super()._propose(origin, command)

    def _lead(self) -> None:
        self._due = deque()
        super()._lead()
        for key, receipt in self.machine.handed_out():
            self._measure(key, receipt)

    def _applied(self, entry: Entry, answer: Answer) -> None:
        super()._applied(entry, answer)
        command = entry.command
        if command is None or command.f != RECEIVE or self.role is not Role.LEADER:
            return
        if (value := answer.get("value")) is not None:
            self._measure(command.key, value["receipt"])

    def _measure(self, key: Key, receipt: int) -> None:
        """Begin to wait for the end of what was handed out."""
        self._due.append((self.clock() + self.options.visibility_s, key, receipt))
        if len(self._due) == 1:
            self._set_timer(EXPIRY, self.options.visibility_s)

    def _on_timer(self, name: str) -> None:
        if name == EXPIRY:
            self._expire()
        else:
            super()._on_timer(name)

    def _expire(self) -> None:
        """Propose to put back what was handed out long enough ago."""
        if self.role is not Role.LEADER:
            return
        now_s = self.clock()
        over: list[tuple[Key, int]] = []
        while self._due and self._due[0][0] <= now_s:
            _, key, receipt = self._due.popleft()
            queue = self.machine.queues.get(key)
            if queue is not None and receipt in queue.out:
                over.append((key, receipt))
        for key, receipts in groupby(over, key=lambda one: one[0]):
            command = Command(EXPIRE, key, [receipt for _, receipt in receipts], None, None)
            self._append_own(Entry(self.log.last_index + 1, self.term, command))
        if self._due:
            self._set_timer(EXPIRY, self._due[0][0] - now_s)
