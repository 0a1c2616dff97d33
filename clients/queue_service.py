"""The client core of the bundled queue service: a process acknowledges what it was given.

An acknowledgement without a value is of the latest element that its own process was given and
has not acknowledged yet, whether its time is over or not: a client cannot know. The answer names
the element. Where there is none, nothing is asked for, and the operation fails where it is.
"""

from __future__ import annotations

from typing import Any

from clients.client import Completion, Invocation
from clients.errors import Row, table
from clients.reference import ERRORS, ReferenceCore
from histories.event import Outcome

OPERATIONS = {
    "queue": {
        "enqueue": "queue.enqueue",
        "receive": "queue.receive",
        "acknowledge": "queue.acknowledge",
        "drained": "queue.drained",
    },
    "fifo-queue": {"enqueue": "queue.enqueue", "dequeue": "queue.dequeue"},
}

REFUSALS = ERRORS | table(
    Row("receipt-expired", Outcome.FAIL, ran=True),
    Row("not-empty", Outcome.FAIL, ran=True),
    # Nothing was sent.
    Row("nothing-received", Outcome.FAIL),
)


class QueueCore(ReferenceCore):
    """Requests and answers of one worker's client (see ReferenceCore)."""

    wires = OPERATIONS
    errors = REFUSALS

    def __init__(self, workload: str, run: str, *, resends: bool = False, prefix: str = "") -> None:
        super().__init__(workload, run, resends=resends, prefix=prefix)
        self._given: list[tuple[Any, Any, int]] = []
        """(key, element, receipt) of what was received and not acknowledged, the latest last."""
        self._holder: int | None = None
        """Whose they are: those of an earlier process are forgotten with it."""
        self._acknowledging: tuple[Any, int] | None = None
        """Element and receipt of the acknowledgement in flight, and of its resends."""
        self._lacks_receipt = False

    def is_read(self, invocation: Invocation) -> bool:
        """Whether it only asks if anything is left."""
        return invocation.f == "drained"

    def encode(self, invocation: Invocation) -> bytes:
        """The request's frame; none where there is nothing to acknowledge."""
        if invocation.process != self._holder:
            self._holder, self._given = invocation.process, []
        if invocation is not self._current and invocation.f == "acknowledge":
            self._acknowledging = self._latest(invocation.key)
            if self._acknowledging is None:
                self._current, self._lacks_receipt = None, True
                return b""
        return super().encode(invocation)

    def receive(self, data: bytes) -> Completion | None:
        """The completion that settles the invocation in flight; late answers are dropped."""
        completion = super().receive(data)
        if self._lacks_receipt:
            self._lacks_receipt = False
            return self.errors["nothing-received"].completion(is_read=False)
        return completion

    def _latest(self, key: Any) -> tuple[Any, int] | None:
        for at in range(len(self._given) - 1, -1, -1):
            if self._given[at][0] == key:
                _, element, receipt = self._given.pop(at)
                return element, receipt
        return None

    def _asked(self, invocation: Invocation) -> Any:
        if invocation.f == "acknowledge" and self._acknowledging is not None:
            return self._acknowledging[1]
        return invocation.value

    def _told(self, invocation: Invocation, answer: dict[str, Any]) -> Any:
        value = answer.get("value")
        if invocation.f == "receive" and value is not None:
            self._given.append((invocation.key, value["element"], value["receipt"]))
        if invocation.f == "acknowledge" and self._acknowledging is not None:
            return self._acknowledging[0]
        return value if invocation.f in ("receive", "dequeue") else None
