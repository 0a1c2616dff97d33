"""Q9: a command that is sent again is applied again.

client   enqueue 7 ... (no answer: the leader died)   enqueue 7, same session and seq, ok
nodes    enqueue 7                                    enqueue 7      delivered twice
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from targets.nodes.command import Answer, Command
from targets.nodes.queue_service.core import QueueService
from targets.nodes.queue_service.queues import Queues

NAME = "queue-service.no-session-table"


class Forgetful(Queues):
    """Applies whatever comes; the table is kept to notice repeats and is not obeyed."""

    __slots__ = ("_noticed",)

    def __init__(self, sessions_max: int, noticed: Callable[[], None]) -> None:
        super().__init__(sessions_max)
        self._noticed = noticed

    def answered(self, command: Command) -> Answer | None:
        """Nothing is ever settled."""
        return None

    def apply(self, command: Command) -> Answer:
        """Apply the command, however often it comes."""
        if super().answered(command) is not None:
            self._noticed()
        return super().apply(command)


class NoSessionTable(QueueService):
    """No duplicate is recognised: neither when applied nor while the first is in the log.

    A repeat counts when it is applied.
    """

    def _make_machine(self) -> Queues:
        return Forgetful(self.options.sessions, lambda: self._count(NAME))

    def _propose(self, origin: Any, command: Command) -> None:
        self._index_of.pop((command.session, command.seq), None)
        super()._propose(origin, command)
