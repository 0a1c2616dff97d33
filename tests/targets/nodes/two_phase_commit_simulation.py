"""A cluster of two-phase commit cores in virtual time, and what its clients saw.

Its network loses, doubles and reorders, its disks forget what was not synced, its nodes die in
the middle of a step. One seed, one history. The invariants are checked after every step, so a
test that only lets time pass already asserts them.
"""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from targets.nodes.effects import (
    Effect,
    Elapsed,
    Event,
    Fsync,
    Received,
    Replace,
    Reply,
    Requested,
    Send,
    SetTimer,
    Started,
    Synced,
    Write,
)
from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.invariants import Invariants
from targets.nodes.two_phase_commit.messages import decode, encode
from targets.nodes.two_phase_commit.options import Options
from targets.nodes.two_phase_commit.recovery import recover
from targets.nodes.two_phase_commit.sharding import home_of, item_of


@dataclass
class Pending:
    """A client's transaction and, later, its answer."""

    node: str
    request: dict[str, Any]
    asked_at: float
    answer: dict[str, Any] | None = None
    answered_at: float | None = None

    @property
    def ok(self) -> bool:
        return self.answer is not None and bool(self.answer["ok"])

    @property
    def reads(self) -> list[Any]:
        assert self.answer is not None and self.ok, self.answer
        return [value for f, _, value in self.answer["value"] if f == "r"]

    @property
    def error(self) -> str | None:
        return None if self.answer is None else self.answer.get("error")


@dataclass
class Disk:
    """Records in the order written; the first ``synced`` of them survive a loss of power."""

    records: list[bytes] = field(default_factory=list)
    synced: int = 0


class Node:
    def __init__(self, name: str) -> None:
        self.name = name
        self.disk = Disk()
        self.core: TwoPhaseCommit | None = None
        self.incarnation = 0
        self.timers: dict[str, int] = {}
        self.held: list[Event] | None = None
        """What arrived while the node is paused; None while it is not."""

    @property
    def alive(self) -> TwoPhaseCommit:
        assert self.core is not None, f"{self.name} is dead"
        return self.core


class Cluster:
    """``core`` may be a mutated one; with ``check=False`` its crimes are not raised here."""

    def __init__(
        self,
        seed: int = 1,
        size: int = 3,
        *,
        core: type[TwoPhaseCommit] = TwoPhaseCommit,
        check: bool = True,
        loss: float = 0.0,
        double: float = 0.0,
        latency_s: tuple[float, float] = (0.0005, 0.002),
        crash_in_step: float = 0.0,
        options: Options | None = None,
    ) -> None:
        self.rng = random.Random(seed)
        self.names = [f"n{i}" for i in range(1, size + 1)]
        self.nodes = {name: Node(name) for name in self.names}
        self.now = 0.0
        self.cut: set[tuple[str, str]] = set()
        self.dropped: Callable[[str, str, Any], bool] = lambda source, target, message: False
        """Says which messages are lost besides: a test's own choice."""
        self.told: list[tuple[str, str, Any]] = []
        """Every message that left, in order."""
        self.loss, self.double, self.latency_s = loss, double, latency_s
        self.crash_in_step = crash_in_step
        self.wall_error_s = dict.fromkeys(self.names, 0.0)
        self.pending: list[Pending] = []
        self.reached: dict[str, int] = {}
        self._core, self.checks, self.options = core, check, options or Options()
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._tickets = 0
        self.invariants = Invariants()
        for name in self.names:
            self.start(name)

    # Time.

    def at(self, delay_s: float, action: Callable[[], None]) -> int:
        self._tickets += 1
        heapq.heappush(self._queue, (self.now + delay_s, self._tickets, action))
        return self._tickets

    def run(self, seconds: float) -> None:
        self.run_until(lambda: False, seconds)

    def run_until(self, done: Callable[[], bool], seconds: float = 5.0) -> bool:
        end = self.now + seconds
        while not done():
            if not self._queue or self._queue[0][0] > end:
                self.now = end
                return done()
            self.now, _, action = heapq.heappop(self._queue)
            action()
        return True

    # Nodes.

    def start(self, name: str) -> None:
        node = self.nodes[name]
        assert node.core is None
        node.incarnation += 1
        node.disk.synced = len(node.disk.records)
        node.core = self._core(
            name,
            self.names,
            recovered=recover(node.disk.records, self.options),
            rng=random.Random(self.rng.random()),
            incarnation=node.incarnation,
            options=self.options,
        )
        node.core.reached = self.reached
        began = self.now
        node.core.clock = lambda: self.now - began
        if hasattr(node.core, "wall"):
            node.core.wall = lambda: self.now + self.wall_error_s[name]
        node.timers, node.held = {}, None
        self._step(name, [Started()])

    def kill(self, *names: str) -> None:
        for name in names:
            self.nodes[name].core = self.nodes[name].held = None

    def lose_power(self, name: str, *, torn: bool = False) -> None:
        self.kill(name)
        disk = self.nodes[name].disk
        left = self.rng.randint(0, len(disk.records) - disk.synced) if torn else 0
        del disk.records[disk.synced + left :]

    def restart(self, *names: str) -> None:
        self.kill(*names)
        for name in names:
            self.start(name)

    def pause(self, name: str) -> None:
        self.nodes[name].held = []

    def resume(self, name: str) -> None:
        """What arrived meanwhile is handed over at once, then the timers that ran out."""
        node = self.nodes[name]
        events, node.held = node.held, None
        if events is not None and node.core is not None:
            events.sort(key=lambda event: isinstance(event, Elapsed))
            self._step(name, events)

    def alive(self) -> list[str]:
        return [name for name in self.names if self.nodes[name].core is not None]

    # Network.

    def isolate(self, *group: str) -> None:
        """Cut every link between ``group`` and the others, both ways."""
        rest = [name for name in self.names if name not in group]
        self.cut |= {(a, b) for a in group for b in rest} | {(b, a) for a in group for b in rest}

    def heal(self) -> None:
        self.cut.clear()
        self.loss = 0.0

    def deliver(self, source: str, target: str, message: Any) -> None:
        """Hand over a message, whatever is cut."""
        self._step(target, [Received(source, message)])

    # Keys and clients.

    def name_at(self, node: str, but: int = 0) -> str:
        """A name (of group 0) whose home is ``node``; ``but`` skips so many of them."""
        found = (f"k{i}" for i in range(10_000) if self.home(f"k{i}") == node)
        return [next(found) for _ in range(but + 1)][-1]

    def home(self, name: str) -> str:
        return home_of(item_of(0, name), self.names)

    def value(self, name: str) -> Any:
        """What the shard of ``name`` holds, as its node has it in memory."""
        return self.nodes[self.home(name)].alive.store.values.get(item_of(0, name))

    def ask(self, node: str, *steps: tuple[str, str, Any], **said: Any) -> Pending:
        request = {"f": "txn", "key": 0, "value": [list(step) for step in steps], **said}
        if "session" not in said:
            request |= {"session": f"s{len(self.pending)}", "seq": 1}
        pending = Pending(node, request, self.now)
        self.pending.append(pending)
        if self.nodes[node].core is not None:
            self._step(node, [Requested(pending, request)])
        return pending

    def ask_and_wait(self, node: str, *steps: tuple[str, str, Any], **said: Any) -> Pending:
        pending = self.ask(node, *steps, **said)
        self.run_until(lambda: pending.answer is not None, 3.0)
        return pending

    def read(self, *names: str, node: str = "n1") -> list[Any]:
        """What a transaction that reads all of these sees; asked again until it is answered."""
        for _ in range(10):
            pending = self.ask_and_wait(node, *(("r", name, None) for name in names))
            if pending.ok:
                return pending.reads
            self.run(0.1)
        raise AssertionError(f"nobody can read {names}: {pending.answer}")

    def run_until_told(self, kind: type, source: str | None = None) -> None:
        """Until a message of that kind has left."""

        def is_told() -> bool:
            told = self.told[seen:]
            return any(isinstance(m, kind) and source in (None, s) for s, _, m in told)

        seen = len(self.told)
        assert self.run_until(is_told), f"no {kind.__name__} within 5 s"

    # The driver's side of the contract in targets.nodes.effects.

    def _step(self, name: str, events: list[Event]) -> None:
        node = self.nodes[name]
        if node.held is not None:
            node.held += events
            return
        while events and node.core is not None:
            effects = node.core.step(events)
            events = self._carry_out(node, effects)
            if node.core is not None and self.checks:
                self.invariants.observe(node.core)

    def _carry_out(self, node: Node, effects: Iterable[Effect]) -> list[Event]:
        events: list[Event] = []
        for effect in effects:
            match effect:
                case Write(records):
                    node.disk.records += records
                case Replace(records):
                    node.disk.records = list(records)
                    node.disk.synced = len(records)
                case Fsync(index, term):
                    if self.rng.random() < self.crash_in_step:
                        self.lose_power(node.name, torn=True)
                        self.at(self.rng.uniform(0.1, 1.0), lambda: self._revive(node.name))
                        return []
                    node.disk.synced = len(node.disk.records)
                    events.append(Synced(index, term))
                case Send(peer, message):
                    self._transmit(node.name, peer, message)
                case Reply(pending, body):
                    assert pending.answer is None, "answered twice"
                    pending.answer, pending.answered_at = body, self.now
                case SetTimer(timer, delay_s):
                    self._set_timer(node, timer, delay_s)
        return events

    def _revive(self, name: str) -> None:
        if self.nodes[name].core is None:
            self.start(name)

    def _set_timer(self, node: Node, timer: str, delay_s: float | None) -> None:
        node.timers.pop(timer, None)
        if delay_s is None:
            return
        incarnation = node.incarnation

        def elapse() -> None:
            if node.incarnation == incarnation and node.timers.get(timer) == ticket:
                del node.timers[timer]
                self._step(node.name, [Elapsed(timer)])

        ticket = self.at(delay_s, elapse)
        node.timers[timer] = ticket

    def _transmit(self, source: str, target: str, message: Any) -> None:
        if self.dropped(source, target, message):
            return
        self.told.append((source, target, message))
        message = decode(json.loads(encode(message)))
        for _ in range(2 if self.rng.random() < self.double else 1):
            if self.rng.random() >= self.loss:
                delay_s = self.rng.uniform(*self.latency_s)
                self.at(delay_s, lambda: self._deliver(source, target, message))

    def _deliver(self, source: str, target: str, message: Any) -> None:
        if (source, target) not in self.cut:
            self._step(target, [Received(source, message)])
