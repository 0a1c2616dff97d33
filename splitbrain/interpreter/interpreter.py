"""The interpreter: plays a schedule against workers and faults, and writes the history.

Sans-IO: ``handle(input) -> instructions``, without a clock, a socket or a thread. A driver
(asyncio on real hosts, virtual time on the simulated one) feeds it and obeys it.

    barrier   open operations complete, faults are healed if the phase says so
       v
    quiet     the phase's quiet time passes
       v
    running   items leave when they are due and a worker is free
       |      over at the phase's limit, or when its items are used up
       v
    the next phase's barrier …  and after the last one a barrier with heal, then Finish

Two rules make its journal a sound history wherever it is cut: an invocation is journaled
before it is sent, and a completion when it arrives, before its process's next invocation.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from random import Random
from typing import Any

from clients.client import Completion, Invocation
from histories.event import NEMESIS, Event, EventType, Outcome
from nemesis.fault import SymbolicFault
from splitbrain.generator.item import MAIN, Invoke, Phase
from splitbrain.generator.phases import Phases
from splitbrain.interpreter.messages import (
    Completed,
    FaultFailed,
    FaultHealed,
    FaultStarted,
    Finish,
    Heal,
    Inject,
    Input,
    Instruction,
    Interrupt,
    Journal,
    Send,
    Start,
    Stop,
    WakeAt,
)
from splitbrain.interpreter.phase_run import PhaseRun
from splitbrain.interpreter.timeline import Timeline
from splitbrain.interpreter.workers import Workers

_TYPE = {Outcome.OK: EventType.OK, Outcome.FAIL: EventType.FAIL, Outcome.INFO: EventType.INFO}
_CLOSING = Phase("closing", heal=True)


class State(Enum):
    """Where in a phase the run is."""

    NEW = "new"
    BARRIER = "barrier"
    QUIET = "quiet"
    RUNNING = "running"
    FINISHED = "finished"


class Interpreter:
    """One run. ``rng`` seeds the schedule; ``lanes`` are the sizes of a Reserve's lanes.

    Faults begin in the phase called "main" only, at their times after its start.

    ``dropped`` counts, by phase, the items that were due and never left; ``lateness_ns``
    holds for each item with a time of its own how late it left.
    """

    def __init__(
        self,
        schedule: Phases,
        rng: Random,
        *,
        nodes: Sequence[str],
        concurrency: int,
        faults: Sequence[SymbolicFault] = (),
        lanes: Sequence[int] = (),
    ) -> None:
        self.dropped: dict[str, int] = {}
        self.lateness_ns: array[int] = array("q")
        self.interrupted = False
        self.stopped = False
        self.state = State.NEW
        self._workers = Workers(concurrency, nodes, lanes)
        self._timeline = Timeline(faults)
        self._phases: Iterator[tuple[Phase, list[Iterator[Invoke]]]] = schedule.play(rng)
        self._ahead = _CLOSING, list[Iterator[Invoke]]()
        self._last = False
        self._abandoned = False
        self._acknowledged: set[str] = set()
        """Functions that were ok since the last fault was undone."""
        self._main_ns: int | None = None
        self._quiet_until_ns = 0
        self._run: PhaseRun | None = None
        self._now_ns = 0
        self._index = 0
        self._wake_ns: int | None = None

    @property
    def phase(self) -> str:
        """The phase that is running, or that the barrier leads to."""
        return self._run.phase.name if self._run else self._ahead[0].name

    @property
    def open_operations(self) -> int:
        """How many operations are open."""
        return len(self._workers.open)

    @property
    def faults_in_force(self) -> list[SymbolicFault]:
        """Faults begun and not undone yet: what a driver that gives up must heal itself."""
        return self._timeline.in_force

    def handle(self, event: Input) -> list[Instruction]:
        """Take one input; what is to be done now, in order.

        Times must not run backwards; an input that is older than the last counts as now.
        Raises ValueError when the driver breaks the protocol (a completion for nothing).
        """
        out: list[Instruction] = []
        if self.state is State.FINISHED:
            return out
        now_ns = self._now_ns = max(event.now_ns, self._now_ns)
        match event:
            case Completed(worker, completion, _):
                self._completed(worker, completion, now_ns, out)
            case Start():
                self._start()
            case FaultStarted(fault, _, details):
                started = self._timeline.started(fault, now_ns - (self._main_ns or 0))
                self._note(started, "acknowledged", details, now_ns, out)
            case FaultHealed(fault, _, details):
                self._note(self._timeline.healed(fault), "healed", details, now_ns, out)
            case FaultFailed(fault, _, error):
                failed = self._timeline.failed(fault)
                self._note(failed, "failed", {"error": error}, now_ns, out)
                self._stop(now_ns)
            case Interrupt():
                self._abandoned = self.interrupted
                self.interrupted = True
                self._stop(now_ns)
            case Stop():
                self.stopped = not self.interrupted
                self._abandoned = True
                self._stop(now_ns)
        self._advance(now_ns, out)
        return out

    def _start(self) -> None:
        if self.state is not State.NEW:
            raise ValueError("a run is started once")
        self._next_phase()

    def _next_phase(self) -> None:
        """Stand before the next phase's barrier, or before the closing one."""
        following = next(self._phases, None)
        self._last = following is None
        self._ahead = following or (_CLOSING, [])
        self._run = None
        self._timeline.heal_all(self._ahead[0].heal)
        self.state = State.BARRIER

    def _stop(self, now_ns: int) -> None:
        """Leave out the rest of the schedule."""
        self._end_phase(now_ns)
        self._phases = iter(())
        self._next_phase()

    def _end_phase(self, now_ns: int) -> None:
        if self._run is not None:
            self._run.close(now_ns)
            name = self._run.phase.name
            self.dropped[name] = self.dropped.get(name, 0) + self._run.dropped
            if name == MAIN:
                self._timeline.close()

    def _advance(self, now_ns: int, out: list[Instruction]) -> None:
        """Do all that can be done at this time, and ask to be woken for the rest."""
        if self.state is State.NEW:
            return
        while True:
            self._drive_faults(now_ns, out)
            if self.state is State.BARRIER:
                heal = self._ahead[0].heal
                if self._workers.open and not self._abandoned:
                    break
                if heal and self._timeline.in_force:
                    break
                if self._last:
                    self.state = State.FINISHED
                    out.append(Finish())
                    return
                self._quiet_until_ns = now_ns + self._ahead[0].quiet_ns
                self.state = State.QUIET
            if self.state is State.QUIET:
                if now_ns < self._quiet_until_ns:
                    break
                self._begin_phase(now_ns)
                continue
            assert self._run is not None
            served = not self._acknowledged.isdisjoint(self._run.phase.until_ok)
            if now_ns < self._run.end_ns and not served:
                self._invoke_due(self._run, now_ns, out)
                if not self._run.used_up:
                    break
            self._end_phase(now_ns)
            self._next_phase()
        self._ask_wake(now_ns, out)

    def _begin_phase(self, now_ns: int) -> None:
        phase, streams = self._ahead
        self._run = PhaseRun(phase, streams, self._workers, now_ns)
        if phase.name == MAIN:
            self._main_ns = now_ns
        self.state = State.RUNNING

    def _invoke_due(self, run: PhaseRun, now_ns: int, out: list[Instruction]) -> None:
        workers = self._workers
        while workers.any_idle and (taken := run.take(now_ns)) is not None:
            item, worker = taken
            if item.at_ns > 0:
                self.lateness_ns.append(now_ns - run.start_ns - item.at_ns)
            process = workers.process[worker]
            invocation = Invocation(process, item.f, item.key, item.value)
            workers.begin(worker, invocation)
            node = workers.node[worker]
            index, self._index = self._index, self._index + 1
            out.append(
                Journal(
                    Event(
                        index,
                        now_ns,
                        process,
                        EventType.INVOKE,
                        item.f,
                        item.key,
                        item.value,
                        node,
                    )
                )
            )
            out.append(Send(worker, invocation))

    def _completed(
        self, worker: int, completion: Completion, now_ns: int, out: list[Instruction]
    ) -> None:
        outcome = completion.outcome
        invocation = self._workers.end(worker, retire=outcome is Outcome.INFO)
        if outcome is Outcome.OK and not self._timeline.in_force:
            self._acknowledged.add(invocation.f)
        index, self._index = self._index, self._index + 1
        # A completion without a value of its own repeats what was asked for, so that a line
        # can be read by itself; a read that found nothing says null either way.
        value = invocation.value if completion.value is None else completion.value
        out.append(
            Journal(
                Event(
                    index,
                    now_ns,
                    invocation.process,
                    _TYPE[outcome],
                    invocation.f,
                    invocation.key,
                    value,
                    self._workers.node[worker],
                    completion.error,
                    dict(completion.extra or {}),
                )
            )
        )

    def _drive_faults(self, now_ns: int, out: list[Instruction]) -> None:
        if self._main_ns is None or self._timeline.idle:
            return
        if self._run is not None and now_ns >= self._run.end_ns:
            self._timeline.close()
        inject, heal = self._timeline.due(now_ns - self._main_ns)
        for fault in inject:
            self._acknowledged.clear()
            self._note(fault, "start", {}, now_ns, out)
            out.append(Inject(fault))
        for fault in heal:
            self._note(fault, "heal", {}, now_ns, out)
            out.append(Heal(fault))

    def _note(
        self,
        fault: SymbolicFault,
        stage: str,
        details: Mapping[str, Any],
        now_ns: int,
        out: list[Instruction],
    ) -> None:
        """Journal a stage of a fault: start, acknowledged, heal, healed or failed."""
        value = {"fault": fault.id, "stage": stage, "target": fault.target} | dict(details)
        index, self._index = self._index, self._index + 1
        event = Event(index, now_ns, NEMESIS, EventType.INFO, fault.kind, None, value)
        out.append(Journal(event))

    def _ask_wake(self, now_ns: int, out: list[Instruction]) -> None:
        wake_ns = None
        if self.state is State.QUIET:
            wake_ns = self._quiet_until_ns
        elif self._run is not None:
            wake_ns = self._run.next_ns(now_ns)
        if self._main_ns is not None and (fault_ns := self._timeline.next_ns()) is not None:
            fault_ns += self._main_ns
            wake_ns = fault_ns if wake_ns is None else min(wake_ns, fault_ns)
        # A wake in the past was answered by this very call.
        asked = self._wake_ns if self._wake_ns is not None and self._wake_ns > now_ns else None
        if wake_ns is not None and wake_ns != asked:
            out.append(WakeAt(wake_ns))
        self._wake_ns = wake_ns
