"""Q4: who has been given what is known to the leader alone.

n1 (leader)       receive -> 7
n2 (new leader)       receive -> 7      here it waits as if nobody had it
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from targets.nodes.command import Command
from targets.nodes.queue_service.core import QueueService
from targets.nodes.queue_service.queues import RECEIVE

NAME = "queue-service.receive-not-logged"


class ReceiveNotLogged(QueueService):
    """A receive changes no other node; each that finds something counts."""

    def _propose(self, origin: Any, command: Command) -> None:
        if command.f != RECEIVE:
            super()._propose(origin, command)
            return
        answer = self.machine.apply(replace(command, value=self.options.invisible_ms))
        if answer["ok"] and answer["value"] is not None:
            self._count(NAME)
            self._measure(command.key, answer["value"]["receipt"])
        self._answer(origin, answer)
