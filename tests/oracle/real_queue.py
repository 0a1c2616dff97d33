"""A queue with receipts, used by several clients at once: what it is asked, and what they see.

Time goes in ticks of a millisecond. Each operation takes effect at some tick between its call and
its answer; the answer may be lost, and then it takes effect whenever it likes, or never.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from histories.event import Operation, Outcome

HOLD_TICKS = 12


@dataclass
class _Queue:
    waiting: list[int] = field(default_factory=list)
    out: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By receipt: element, and until when."""
    receipts: int = 0

    def expire(self, now: int) -> None:
        for receipt, (element, until) in list(self.out.items()):
            if until <= now:
                del self.out[receipt]
                self.waiting.insert(0, element)

    def do(self, f: str, value: Any, now: int) -> tuple[Outcome, Any]:
        """Outcome and output; of a receive with its receipt."""
        if f == "enqueue":
            self.waiting.append(value)
            return Outcome.OK, value
        if f == "drained":
            return (Outcome.FAIL if self.waiting or self.out else Outcome.OK), None
        if f == "acknowledge":
            done = self.out.pop(value[1], None)
            return (Outcome.FAIL, None) if done is None else (Outcome.OK, value[0])
        if not self.waiting:
            return Outcome.OK, None
        element = self.waiting.pop(0)
        if f == "dequeue":
            return Outcome.OK, element
        self.receipts += 1
        self.out[self.receipts] = element, now + HOLD_TICKS
        return Outcome.OK, (element, self.receipts)


@dataclass
class _Open:
    call: int
    call_tick: int
    process: int
    f: str
    value: Any
    due: int
    done: tuple[Outcome, Any] | None = None


class Clients:
    """What ``clients`` of one queue see for ``ticks``, and while they drain it in the end."""

    def __init__(
        self, seed: int, *, clients: int = 4, ticks: int = 120, lost: float = 0.05
    ) -> None:
        self.rng = random.Random(seed)
        self.queue, self.tick, self.index = _Queue(), 0, 0
        self.operations: list[Operation] = []
        self.lost, self.fresh, self.processes = lost, 0, clients
        self.open: dict[int, _Open] = {}
        self.astray: list[_Open] = []
        self.names = list(range(clients))
        self.given: dict[int, list[tuple[int, int]]] = {}
        while self.tick < ticks:
            self._pass(("enqueue", "receive", "receive", "acknowledge", "acknowledge", "dequeue"))
        self.lost = 0.0
        self.astray = []
        while not self._is_drained():
            for _ in range(20):
                self._pass(("receive", "receive", "acknowledge", "acknowledge"))
            while self.open:
                self._pass(())
            self._begin(0, "drained")
            while self.open:
                self._pass(())
        self.operations.sort(key=lambda one: one.call)

    def _is_drained(self) -> bool:
        return any(one.f == "drained" and one.outcome is Outcome.OK for one in self.operations)

    def _pass(self, choices: tuple[str, ...]) -> None:
        self.tick += 1
        self.queue.expire(self.tick)
        for astray in [one for one in self.astray if one.due <= self.tick]:
            self.astray.remove(astray)
            self.queue.do(astray.f, astray.value, self.tick)
        for client in self.rng.sample(range(len(self.names)), len(self.names)):
            if client not in self.open:
                if choices and self.rng.random() < 0.6:
                    self._begin(client, self.rng.choice(choices))
            elif self.open[client].done is None:
                if self.open[client].due <= self.tick:
                    one = self.open[client]
                    one.done = self.queue.do(one.f, one.value, self.tick)
            elif self.rng.random() < 0.5:
                self._end(client)
            if client in self.open and self.rng.random() < self.lost / 4:
                self._lose(client)

    def _begin(self, client: int, f: str) -> None:
        process, value = self.names[client], None
        if f == "enqueue":
            self.fresh += 1
            value = self.fresh
        elif f == "acknowledge":
            if not self.given.get(process):
                return
            value = self.given[process].pop()
        due = self.tick + self.rng.randint(0, 3)
        self.open[client] = _Open(self._next(), self.tick, process, f, value, due)

    def _next(self) -> int:
        self.index += 1
        return self.index

    def _end(self, client: int) -> None:
        one = self.open.pop(client)
        assert one.done is not None
        outcome, output = one.done
        if one.f == "receive" and output is not None:
            self.given.setdefault(one.process, []).append(output)
            output = {"element": output[0], "invisible_ms": HOLD_TICKS}
        self._note(one, outcome, output, self._next())

    def _lose(self, client: int) -> None:
        one = self.open.pop(client)
        if one.done is None and self.rng.random() < 0.7:
            one.due = self.tick + self.rng.randint(0, 30)
            self.astray.append(one)
        self._note(one, Outcome.INFO, None, None)
        self.names[client] = self.processes
        self.processes += 1

    def _note(self, one: _Open, outcome: Outcome, output: Any, ret: int | None) -> None:
        asked = None if one.f == "acknowledge" else one.value
        times = one.call_tick * 10**6, None if ret is None else self.tick * 10**6
        self.operations.append(
            Operation(one.call, ret, one.process, one.f, None, asked, output, outcome, *times)
        )
