"""Q8: an acknowledgement that comes too late is answered as if it had been in time.

client a   receive -> 7 ......................... acknowledge 7 ok
client b                    receive -> 7             (somebody else has it)      acknowledge 7 ok
"""

from __future__ import annotations

from collections.abc import Callable

from targets.nodes.command import Answer
from targets.nodes.queue_service.core import QueueService
from targets.nodes.queue_service.queues import Queue, Queues

NAME = "queue-service.expired-receipt-accepted"


class AcceptsExpired(Queues):
    """``noticed``: an acknowledgement was accepted that did nothing."""

    __slots__ = ("_noticed",)

    def __init__(self, sessions_max: int, noticed: Callable[[], None]) -> None:
        super().__init__(sessions_max)
        self._noticed = noticed

    def _acknowledge(self, queue: Queue, receipt: int) -> Answer:
        answer = super()._acknowledge(queue, receipt)
        if not answer["ok"]:
            self._noticed()
        return {"ok": True, "value": answer.get("value")}


class ExpiredReceiptAccepted(QueueService):
    """Each such acknowledgement counts, on each node."""

    def _make_machine(self) -> Queues:
        return AcceptsExpired(self.options.sessions, lambda: self._count(NAME))
