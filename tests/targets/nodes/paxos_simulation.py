"""A cluster of Paxos cores in virtual time: its network loses, doubles and reorders, its disks
forget what was not synced, its nodes die in the middle of a step. One seed, one history.

The invariants are checked after every step, so a test that only lets time pass already
asserts them.
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
from targets.nodes.paxos.base import Role
from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.invariants import Invariants
from targets.nodes.paxos.messages import decode, encode
from targets.nodes.paxos.options import Options
from targets.nodes.paxos.recovery import recover


@dataclass
class Pending:
    """A client's request and, later, its answer."""

    node: str
    request: dict[str, Any]
    asked_at: float
    answer: dict[str, Any] | None = None
    answered_at: float | None = None

    @property
    def ok(self) -> bool:
        return self.answer is not None and bool(self.answer["ok"])

    @property
    def value(self) -> Any:
        return None if self.answer is None else self.answer.get("value")

    @property
    def error(self) -> str | None:
        return None if self.answer is None else self.answer.get("error")

    @property
    def may_have_happened(self) -> bool:
        return self.answer is None or self.ok or not self.answer["definite"]


@dataclass
class Disk:
    """Records in the order written; the first ``synced`` of them survive a loss of power."""

    records: list[bytes] = field(default_factory=list)
    synced: int = 0


class Node:
    def __init__(self, name: str) -> None:
        self.name = name
        self.disk = Disk()
        self.core: Paxos | None = None
        self.incarnation = 0
        self.timers: dict[str, int] = {}
        self.held: list[Event] | None = None
        """What arrived while the node is paused; None while it is not."""
        self.clock_rate = 1.0
        # Kept over restarts, as targets.nodes.reached does.
        self.reached: dict[str, int] = {}

    @property
    def paxos(self) -> Paxos:
        assert self.core is not None, f"{self.name} is dead"
        return self.core


class Cluster:
    """``core`` may be a mutated one; with ``check=False`` its crimes are not raised here."""

    codec: tuple[Any, Any] = staticmethod(encode), staticmethod(decode)

    def __init__(
        self,
        seed: int,
        size: int = 5,
        *,
        core: type[Paxos] = Paxos,
        check: bool = True,
        wire: bool = False,
        loss: float = 0.0,
        double: float = 0.0,
        latency_s: tuple[float, float] = (0.0005, 0.004),
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
        self.loss, self.double, self.latency_s = loss, double, latency_s
        self.crash_in_step = crash_in_step
        self.pending: list[Pending] = []
        self._core, self.checks, self._wire = core, check, wire
        self._options = options or Options()
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

    def run_until(self, done: Callable[[], bool], seconds: float) -> bool:
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
            recovered=recover(node.disk.records),
            rng=random.Random(self.rng.random()),
            incarnation=node.incarnation,
            options=self._options,
        )
        node.core.reached = node.reached
        began, rate = self.now, node.clock_rate
        node.core.clock = lambda: (self.now - began) * rate
        node.timers = {}
        node.held = None
        self._step(name, [Started()])

    def kill(self, name: str) -> None:
        self.nodes[name].core = None
        self.nodes[name].held = None

    def lose_power(self, name: str, *, torn: bool = True) -> None:
        self.kill(name)
        disk = self.nodes[name].disk
        left = self.rng.randint(0, len(disk.records) - disk.synced)
        del disk.records[disk.synced + (left if torn and self.rng.random() < 0.5 else 0) :]

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

    def leaders(self) -> list[str]:
        return [n for n in self.alive() if self.nodes[n].paxos.role is Role.LEADER]

    def leader(self) -> str:
        """The leader of the highest ballot; runs until there is one."""
        assert self.run_until(lambda: bool(self.leaders()), 10.0), "no leader within 10 s"
        return max(self.leaders(), key=lambda name: self.nodes[name].paxos.ballot)

    def settled_leader(self) -> str:
        """A leader that has had chosen what it found, and whom all the living follow."""

        def is_settled() -> bool:
            names = self.leaders()
            if len(names) != 1:
                return False
            paxos = self.nodes[names[0]].paxos
            followed = all(self.nodes[n].paxos.leader == names[0] for n in self.alive())
            return followed and paxos.chosen >= paxos.first_own_slot - 1

        assert self.run_until(is_settled, 20.0), "the cluster does not settle within 20 s"
        return self.leaders()[0]

    # Network.

    def isolate(self, *group: str) -> None:
        """Cut every link between ``group`` and the others, both ways."""
        rest = [name for name in self.names if name not in group]
        self.cut |= {(a, b) for a in group for b in rest} | {(b, a) for a in group for b in rest}

    def heal(self) -> None:
        self.cut.clear()
        self.loss = 0.0

    def deliver(self, source: str, target: str, message: Any) -> None:
        """Hand over a message that was under way, whatever is cut by now."""
        self._step(target, [Received(source, message)])

    def elapse(self, name: str, timer: str) -> None:
        """Let a timer run out now."""
        self._step(name, [Elapsed(timer)])

    # Clients.

    def ask(self, node: str, f: str, **request: Any) -> Pending:
        pending = Pending(node, {"f": f, "id": len(self.pending), **request}, self.now)
        self.pending.append(pending)
        if self.nodes[node].core is not None:
            self._step(node, [Requested(pending, pending.request)])
        return pending

    def ask_and_wait(self, node: str, f: str, **request: Any) -> Pending:
        pending = self.ask(node, f, **request)
        self.run_until(lambda: pending.answer is not None, 3.0)
        return pending

    # The driver's side of the contract in targets.nodes.effects.

    def _step(self, name: str, events: list[Event]) -> None:
        node = self.nodes[name]
        if node.held is not None:
            node.held += events
            return
        while events and node.core is not None:
            effects = node.paxos.step(events)
            events = self._carry_out(node, effects)
            if node.core is not None and self.checks:
                self.invariants.observe(node.paxos)

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
                        self.lose_power(node.name)
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

        ticket = self.at(delay_s / node.clock_rate, elapse)
        node.timers[timer] = ticket

    def _transmit(self, source: str, target: str, message: Any) -> None:
        if self.dropped(source, target, message):
            return
        if self._wire:
            to_wire, from_wire = self.codec
            message = from_wire(json.loads(to_wire(message)))
        for _ in range(2 if self.rng.random() < self.double else 1):
            if self.rng.random() >= self.loss:
                delay_s = self.rng.uniform(*self.latency_s)
                self.at(delay_s, lambda: self._deliver(source, target, message))

    def _deliver(self, source: str, target: str, message: Any) -> None:
        if (source, target) not in self.cut:
            self._step(target, [Received(source, message)])
