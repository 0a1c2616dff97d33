"""Q5: a snapshot holds what waits, and not what is handed out.

client    receive -> 7                                       (never acknowledged)
nodes     hand out 7, snapshot, restart from the snapshot    7 is nowhere
"""

from __future__ import annotations

from typing import Any

from targets.nodes.queue_service.core import QueueService
from targets.nodes.queue_service.queues import Queues

NAME = "queue-service.handed-out-not-in-snapshot"


class ForgetsHandedOut(Queues):
    """What it restores is handed out to nobody. ``left_out``: how many elements that cost.

    They travel in the dump all the same, so that they can be counted.
    """

    __slots__ = ("left_out",)

    def __init__(self, sessions_max: int) -> None:
        super().__init__(sessions_max)
        self.left_out = 0

    def restore(self, dump: dict[str, Any]) -> None:
        """Become what ``dump`` says, but for what is handed out."""
        super().restore(dump)
        self.left_out = len(self.handed_out())
        for queue in self.queues.values():
            queue.out = {}


class HandedOutNotInSnapshot(QueueService):
    """Each element counts that a node has forgotten which begins to lead."""

    state_machine = ForgetsHandedOut
    machine: ForgetsHandedOut

    def _lead(self) -> None:
        super()._lead()
        for _ in range(self.machine.left_out):
            self._count(NAME)
        self.machine.left_out = 0
