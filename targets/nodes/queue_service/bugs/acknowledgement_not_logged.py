"""Q1: the leader acknowledges in its own state alone.

n1 (leader)       receive 7, acknowledge 7 ok
n2 (new leader)                                    the time of 7 is over    receive -> 7
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Command
from targets.nodes.queue_service.core import QueueService
from targets.nodes.queue_service.queues import ACKNOWLEDGE

NAME = "queue-service.acknowledgement-not-logged"


class AcknowledgementNotLogged(QueueService):
    """An acknowledgement changes no other node; each that succeeds counts."""

    def _propose(self, origin: Any, command: Command) -> None:
        if command.f != ACKNOWLEDGE:
            super()._propose(origin, command)
            return
        answer = self.machine.apply(command)
        if answer["ok"]:
            self._count(NAME)
        self._answer(origin, answer)
