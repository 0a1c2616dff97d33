"""The asyncio driver: the interpreter against real clients, real faults and a real clock.

One turn of the driver takes everything that arrived since the last one, writes all of the
journal's new lines with one write(2), and only then lets the new requests leave:

    answers, timers, acknowledgements -> interpreter -> journal -> requests, faults

Faults run as tasks of their own and never hold up the traffic.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Collection, Sequence
from functools import partial
from signal import Signals
from typing import Any, Protocol

from clients.client import Client, Completion
from clients.clock import Clock
from histories.event import Event
from nemesis.fault import SymbolicFault
from splitbrain.drivers.health import health
from splitbrain.interpreter import (
    Completed,
    FaultFailed,
    FaultHealed,
    FaultStarted,
    Finish,
    Heal,
    Inject,
    Input,
    Instruction,
    Interpreter,
    Interrupt,
    Journal,
    Send,
    Start,
    Stop,
    Wake,
    WakeAt,
)
from splitbrain.record import Health

LAG_PROBE_S = 0.02


class Nemesis(Protocol):
    """What the driver asks of a nemesis. An exception is an error of the harness."""

    async def inject(self, fault: SymbolicFault) -> dict[str, Any]:
        """Put the fault in force; JSON-ready details for the history."""

    async def heal(self, fault: SymbolicFault) -> dict[str, Any]:
        """Undo it, also when ``inject`` failed half-way; JSON-ready details."""


class JournalWriter(Protocol):
    """What the driver asks of a journal (histories.journal.Journal is one)."""

    def append(self, event: Event) -> None:
        """Add the event."""

    def flush(self) -> None:
        """Hand what was added to the operating system."""


async def drive(
    interpreter: Interpreter,
    clients: Sequence[Client],
    nemesis: Nemesis | None,
    journal: JournalWriter,
    *,
    clock: Clock,
    observer: Callable[[Event], None] | None = None,
    signals: Collection[Signals] = (),
) -> Health:
    """Play the run to its end; how the harness did. ``clients[i]`` is worker i's.

    ``observer`` sees every event as it is journaled and must be quick. Each of ``signals``
    interrupts the run while it is driven (a second one no longer waits for open operations).
    An error of the nemesis, the journal or a client stops the run, is raised once the faults
    are healed as far as they can be, and leaves what was journaled.
    """
    driver = AsyncioDriver(interpreter, clients, nemesis, journal, clock, observer)
    loop = asyncio.get_running_loop()
    for signal in signals:
        loop.add_signal_handler(signal, driver.interrupt)
    try:
        return await driver.run()
    finally:
        for signal in signals:
            loop.remove_signal_handler(signal)


class AsyncioDriver:
    """One run on an event loop; ``drive`` is the short way to use it.

    Without ``probe_lag`` the loop's lateness is not measured: a virtual one has none.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        clients: Sequence[Client],
        nemesis: Nemesis | None,
        journal: JournalWriter,
        clock: Clock,
        observer: Callable[[Event], None] | None = None,
        *,
        probe_lag: bool = True,
    ) -> None:
        self._probes_lag = probe_lag
        self._interpreter = interpreter
        self._clients = clients
        self._nemesis = nemesis
        self._journal = journal
        self._clock = clock
        self._observer = observer
        self._inbox: list[Input] = []
        self._turn_due = False
        self._completes = [partial(self._completed, worker) for worker in range(len(clients))]
        self._wake: asyncio.TimerHandle | None = None
        self._probe: asyncio.TimerHandle | None = None
        self._lags_s: array[float] = array("d")
        self._acts: set[asyncio.Task[None]] = set()
        self._error: Exception | None = None

    async def run(self) -> Health:
        """Play the run to its end. Once."""
        self._loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = self._loop.create_future()
        self._take(Start(self._clock.now_ns()))
        if self._probes_lag:
            self._probe_lag(self._loop.time() + LAG_PROBE_S)
        try:
            await self._done
        except BaseException:
            await self._heal_what_is_left()
            raise
        finally:
            for timer in (self._wake, self._probe):
                if timer is not None:
                    timer.cancel()
        if self._error is not None:
            raise self._error
        return health(self._interpreter, self._lags_s)

    def interrupt(self) -> None:
        """Stop invoking, heal, finish. Again: do not wait for open operations either."""
        self._take(Interrupt(self._clock.now_ns()))

    def stop(self) -> None:
        """Enough was seen: heal and finish now, whatever is open."""
        self._take(Stop(self._clock.now_ns()))

    def _completed(self, worker: int, completion: Completion) -> None:
        self._take(Completed(worker, completion, self._clock.now_ns()))

    def _take(self, event: Input) -> None:
        self._inbox.append(event)
        if not self._turn_due:
            self._turn_due = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._turn_due = False
        if self._done.done():
            return
        try:
            self._take_turn()
        except Exception as error:
            self._done.set_exception(error)

    def _take_turn(self) -> None:
        inbox, self._inbox = self._inbox, []
        later: list[Instruction] = []
        handle, append, observer = self._interpreter.handle, self._journal.append, self._observer
        for event in inbox:
            for instruction in handle(event):
                if type(instruction) is Journal:
                    append(instruction.event)
                    if observer is not None:
                        observer(instruction.event)
                else:
                    later.append(instruction)
        self._journal.flush()
        clients, completes = self._clients, self._completes
        for instruction in later:
            if type(instruction) is Send:
                worker = instruction.worker
                clients[worker].invoke(instruction.invocation, completes[worker])
            else:
                self._obey(instruction)

    def _obey(self, instruction: Instruction) -> None:
        match instruction:
            case WakeAt(at_ns):
                if self._wake is not None:
                    self._wake.cancel()
                delay_s = (at_ns - self._clock.now_ns()) / 1e9
                self._wake = self._loop.call_later(max(0.0, delay_s), self._woken, at_ns)
            case Inject(fault) | Heal(fault):
                act = self._loop.create_task(self._act(fault, isinstance(instruction, Inject)))
                self._acts.add(act)
                act.add_done_callback(self._acts.discard)
            case Finish():
                self._done.set_result(None)

    def _woken(self, at_ns: int) -> None:
        # The loop's clock may be a hair early of ours; the interpreter must not ask twice.
        self._take(Wake(max(self._clock.now_ns(), at_ns)))

    async def _act(self, fault: SymbolicFault, inject: bool) -> None:
        try:
            if self._nemesis is None:
                raise RuntimeError(f"{fault} is planned, but the run has no nemesis")
            act = self._nemesis.inject if inject else self._nemesis.heal
            details = await act(fault)
        except Exception as error:
            self._error = self._error or error
            self._take(FaultFailed(fault.id, self._clock.now_ns(), f"{error}"))
        else:
            answer = FaultStarted if inject else FaultHealed
            self._take(answer(fault.id, self._clock.now_ns(), details))

    def _probe_lag(self, expected_s: float) -> None:
        now_s = self._loop.time()
        if self._probe is not None:
            self._lags_s.append(max(0.0, now_s - expected_s))
        next_s = now_s + LAG_PROBE_S
        self._probe = self._loop.call_at(next_s, self._probe_lag, next_s)

    async def _heal_what_is_left(self) -> None:
        """After an error: heal directly, for the interpreter is not asked any more."""
        await asyncio.gather(*self._acts, return_exceptions=True)
        if self._nemesis is not None:
            heals = [self._nemesis.heal(fault) for fault in self._interpreter.faults_in_force]
            # The error that led here is the one to tell; what stays is in the ledger.
            await asyncio.gather(*heals, return_exceptions=True)
