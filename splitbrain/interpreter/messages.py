"""What goes into the interpreter, and what comes out of it.

Inputs carry the time they happened; the interpreter has no other clock. Instructions are
to be carried out in order, with one rule on top: what is to be journaled is handed to the
operating system before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients.client import Completion, Invocation
from histories.event import Event
from nemesis.fault import SymbolicFault


@dataclass(frozen=True, slots=True)
class Start:
    """The run begins. The first input, and given once."""

    now_ns: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Time has passed; a wake that nobody asked for does no harm."""

    now_ns: int


@dataclass(frozen=True, slots=True)
class Completed:
    """The operation of a worker is completed. ``now_ns`` is when the answer arrived."""

    worker: int
    completion: Completion
    now_ns: int


@dataclass(frozen=True, slots=True)
class FaultStarted:
    """The fault is in force; ``details`` is JSON-ready (what its symbol resolved to …)."""

    fault: int
    now_ns: int
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FaultHealed:
    """The fault is undone; ``details`` is JSON-ready (its effect …)."""

    fault: int
    now_ns: int
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FaultFailed:
    """The harness could not inject, or heal, the fault: it stops the run."""

    fault: int
    now_ns: int
    error: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The user wants to stop: no more invocations, heal everything, finish.

    A second one no longer waits for open operations, which then stay indeterminate.
    """

    now_ns: int


@dataclass(frozen=True, slots=True)
class Stop:
    """Enough was seen: as two interrupts do, but the user did not ask for it."""

    now_ns: int


Input = Start | Wake | Completed | FaultStarted | FaultHealed | FaultFailed | Interrupt | Stop


@dataclass(frozen=True, slots=True)
class Journal:
    """Append the event to the journal."""

    event: Event


@dataclass(frozen=True, slots=True)
class Send:
    """Hand the invocation to the worker's client."""

    worker: int
    invocation: Invocation


@dataclass(frozen=True, slots=True)
class Inject:
    """Begin the fault; to be answered by FaultStarted or FaultFailed."""

    fault: SymbolicFault


@dataclass(frozen=True, slots=True)
class Heal:
    """Undo the fault; to be answered by FaultHealed or FaultFailed."""

    fault: SymbolicFault


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Give a Wake at this time or soon after; replaces the one asked for before."""

    at_ns: int


@dataclass(frozen=True, slots=True)
class Finish:
    """The run is over: nothing is open, no fault is in force (unless its heal failed)."""


Instruction = Journal | Send | Inject | Heal | WakeAt | Finish
