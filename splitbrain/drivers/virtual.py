"""The virtual-time driver: the same interpreter, with simulated clients and no waiting.

Everything happens on one heap of calls; a run of minutes takes as long as its events do,
and the same seed and models give the same history, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clients.client import Completion, Invocation
from histories.event import Event
from nemesis.fault import SymbolicFault
from splitbrain.drivers.clocks import VirtualClock
from splitbrain.interpreter import (
    Completed,
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

ClientModel = Callable[[int, Invocation, int], tuple[int, Completion]]
"""(worker, invocation, now_ns) -> (latency_ns, completion)"""

NemesisModel = Callable[[SymbolicFault, bool, int], tuple[int, Mapping[str, Any]]]
"""(fault, whether it is injected rather than healed, now_ns) -> (latency_ns, details)"""


class Stuck(Exception):
    """Nothing is left to happen and the run is not over: the interpreter waits for nobody."""


def _at_once(fault: SymbolicFault, inject: bool, now_ns: int) -> tuple[int, Mapping[str, Any]]:
    return 0, {}


class VirtualDriver:
    """One run in virtual time. ``clock`` may be shared with whatever the models simulate."""

    def __init__(
        self,
        interpreter: Interpreter,
        client: ClientModel,
        nemesis: NemesisModel = _at_once,
        clock: VirtualClock | None = None,
        observer: Callable[[Event], None] | None = None,
    ) -> None:
        self.clock = clock or VirtualClock()
        self.events: list[Event] = []
        self._interpreter = interpreter
        self._client = client
        self._nemesis = nemesis
        self._observer = observer
        self._finished = False
        self._wake_ns: int | None = None

    def run(self) -> list[Event]:
        """Play the run to its end; the events in order. Raises Stuck when it has no end."""
        self._give(Start(self.clock.now_ns()))
        while not self._finished:
            if not self.clock.run_next():
                raise Stuck(
                    f"at {self.clock.now_ns()} ns in phase {self._interpreter.phase!r} "
                    f"({self._interpreter.state.value}) with "
                    f"{self._interpreter.open_operations} operations open"
                )
        return self.events

    def interrupt(self) -> None:
        """As Ctrl-C does; to be called by the clock."""
        self._give(Interrupt(self.clock.now_ns()))

    def stop(self) -> None:
        """As a violation that was seen does; to be called by the clock or the observer."""
        self.clock.call_at(self.clock.now_ns(), lambda: self._give(Stop(self.clock.now_ns())))

    def _give(self, event: Input) -> None:
        for instruction in self._interpreter.handle(event):
            self._obey(instruction)

    def _obey(self, instruction: Instruction) -> None:
        now_ns = self.clock.now_ns()
        match instruction:
            case Journal(event):
                self.events.append(event)
                if self._observer is not None:
                    self._observer(event)
            case Send(worker, invocation):
                latency_ns, completion = self._client(worker, invocation, now_ns)
                at_ns = now_ns + latency_ns
                self.clock.call_at(at_ns, lambda: self._give(Completed(worker, completion, at_ns)))
            case Inject(fault) | Heal(fault):
                inject = isinstance(instruction, Inject)
                latency_ns, details = self._nemesis(fault, inject, now_ns)
                at_ns = now_ns + latency_ns
                answer = FaultStarted if inject else FaultHealed
                self.clock.call_at(at_ns, lambda: self._give(answer(fault.id, at_ns, details)))
            case WakeAt(at_ns):
                self._wake_ns = at_ns
                self.clock.call_at(at_ns, lambda: self._woken(at_ns))
            case Finish():
                self._finished = True

    def _woken(self, at_ns: int) -> None:
        if at_ns == self._wake_ns:
            self._give(Wake(at_ns))


def drive_virtual(
    interpreter: Interpreter, client: ClientModel, nemesis: NemesisModel = _at_once
) -> list[Event]:
    """Play the run in virtual time; the events in order."""
    return VirtualDriver(interpreter, client, nemesis).run()
