"""Q6: an element whose time is over is forgotten in place of being put back.

client    receive -> 7      (never acknowledged)
nodes                       the time is over: 7 is nowhere
"""

from __future__ import annotations

from collections.abc import Callable

from targets.nodes.command import Answer
from targets.nodes.queue_service.core import QueueService
from targets.nodes.queue_service.queues import Queue, Queues

NAME = "queue-service.expiry-drops"


class Drops(Queues):
    """``noticed``: an element was dropped."""

    __slots__ = ("_noticed",)

    def __init__(self, sessions_max: int, noticed: Callable[[], None]) -> None:
        super().__init__(sessions_max)
        self._noticed = noticed

    def _expire(self, queue: Queue, receipts: list[int]) -> Answer:
        for receipt in receipts:
            if queue.out.pop(receipt, None) is not None:
                self._noticed()
        return {"ok": True, "value": None}


class ExpiryDrops(QueueService):
    """Each element counts that is dropped, on each node."""

    def _make_machine(self) -> Queues:
        return Drops(self.options.sessions, lambda: self._count(NAME))
