"""The replicated queues: what waits, and what is handed out to whom and not acknowledged yet.

    enqueue ──► waiting ── receive ──► handed out, under a receipt ── acknowledge ──► gone
                   ▲                         │
                   └──── the time is over ───┘

An element that comes back waits where it did: before all that was enqueued after it. A receipt
is used once, so one whose time is over says nothing about who has the element now. ``dequeue``
hands an element out and forgets it in one step: should the answer be lost, nobody ever gets it
(at most once).
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Any

from targets.nodes.command import Answer, BadRequest, Command, Key, refusal
from targets.nodes.replicated import Replicated
from targets.nodes.sessions import SESSIONS_MAX

ENQUEUE, RECEIVE, ACKNOWLEDGE = "queue.enqueue", "queue.receive", "queue.acknowledge"
DEQUEUE, DRAINED, EXPIRE = "queue.dequeue", "queue.drained", "queue.expire"

Waiting = tuple[int, Any]
"""(number in its queue, element)"""


class Queue:
    """One queue. ``waiting`` is a heap by number; ``out`` holds by receipt what is handed out,
    in the order in which it was."""

    __slots__ = ("last", "out", "waiting")

    def __init__(self) -> None:
        self.last = 0
        self.waiting: list[Waiting] = []
        self.out: dict[int, Waiting] = {}

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits and nothing is handed out."""
        return not self.waiting and not self.out

    def put(self, element: Any) -> None:
        """Let an element wait behind all others."""
        self.last += 1
        heappush(self.waiting, (self.last, element))

    def put_back(self, receipt: int) -> bool:
        """Let what was handed out under this receipt wait again; False: it is not out any more."""
        back = self.out.pop(receipt, None)
        if back is not None:
            heappush(self.waiting, back)
        return back is not None


class Queues(Replicated):
    """Queues by key, and what each session was last told."""

    __slots__ = ("queues", "receipts")

    reads = frozenset({DRAINED})
    mutations = frozenset({ENQUEUE, RECEIVE, ACKNOWLEDGE, DEQUEUE})

    def __init__(self, sessions_max: int = SESSIONS_MAX) -> None:
        super().__init__(sessions_max)
        self.queues: dict[Key, Queue] = {}
        self.receipts = 0
        """The number of the last receipt."""

    @classmethod
    def _check_value(cls, f: str, value: Any) -> None:
        if f == ENQUEUE and value is None:
            raise BadRequest(f"{f} takes an element, and null is none")
        if f == ACKNOWLEDGE and type(value) is not int:
            raise BadRequest(f"{f} takes the receipt of a receive, not {value!r}")

    def handed_out(self) -> list[tuple[Key, int]]:
        """(key, receipt) of all that is handed out."""
        return [(key, receipt) for key, queue in self.queues.items() for receipt in queue.out]

    def dump(self) -> dict[str, Any]:
        """The whole state as JSON, the same for the same commands; for ``restore``."""
        queues = [
            [key, queue.last, sorted(queue.waiting), list(queue.out.items())]
            for key, queue in self.queues.items()
        ]
        return {"queues": queues, "receipts": self.receipts, "sessions": self.sessions.dump()}

    def restore(self, dump: dict[str, Any]) -> None:
        """Become what ``dump`` says."""
        self.queues = {}
        for key, last, waiting, out in dump["queues"]:
            queue = self.queues[key] = Queue()
            queue.last = last
            queue.waiting = [(number, element) for number, element in waiting]
            heapify(queue.waiting)
            queue.out = {receipt: (number, element) for receipt, (number, element) in out}
        self.receipts = dump["receipts"]
        self.sessions.restore(dump["sessions"])

    def read(self, command: Command) -> Answer:
        """Whether nothing is left in a queue, be it that it waits or is handed out."""
        queue = self.queues.get(command.key)
        if queue is not None and not queue.is_empty:
            detail = f"{len(queue.waiting)} wait, {len(queue.out)} are handed out"
            return refusal("not-empty", definite=True, detail=detail)
        return {"ok": True, "value": None}

    def _execute(self, command: Command) -> Answer:
        queue = self.queues.get(command.key)
        if queue is None:
            queue = self.queues[command.key] = Queue()
        if command.f == ENQUEUE:
            queue.put(command.value)
            answer: Answer = {"ok": True, "value": None}
        elif command.f == ACKNOWLEDGE:
            answer = self._acknowledge(queue, command.value)
        elif command.f == EXPIRE:
            answer = self._expire(queue, command.value)
        elif not queue.waiting:
            answer = {"ok": True, "value": None}
        elif command.f == DEQUEUE:
            answer = {"ok": True, "value": heappop(queue.waiting)[1]}
        else:
            answer = self._receive(queue, command.value)
        if queue.is_empty:
            del self.queues[command.key]
        return answer

    def _receive(self, queue: Queue, invisible_ms: int) -> Answer:
        self.receipts += 1
        waiting = queue.out[self.receipts] = heappop(queue.waiting)
        value = {"element": waiting[1], "receipt": self.receipts, "invisible_ms": invisible_ms}
        return {"ok": True, "value": value}

    def _acknowledge(self, queue: Queue, receipt: int) -> Answer:
        done = queue.out.pop(receipt, None)
        if done is None:
            return refusal("receipt-expired", definite=True)
        return {"ok": True, "value": done[1]}

    def _expire(self, queue: Queue, receipts: list[int]) -> Answer:
        """The time of these is over, if they were not acknowledged before."""
        for receipt in receipts:
            queue.put_back(receipt)
        return {"ok": True, "value": None}
