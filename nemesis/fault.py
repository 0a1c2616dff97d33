"""What a fault is: a symbolic plan before the run, an effect after it.

A *symbolic* fault ("isolate the leader from 12 s to 16 s") is fixed by the seed,
byte for byte. What the symbol resolved to, and what the fault did, is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SymbolicFault:
    """One fault of the schedule: ``kind`` (partition, kill …) at ``target`` from start to end.

    ``choice`` is a number in [0, 1) drawn from the seed that settles what the
    symbol leaves open ("a random minority": which one).
    """

    id: int
    kind: str
    target: str
    start_ns: int
    end_ns: int
    choice: float


@dataclass(slots=True)
class Effect:
    """What a fault did, measured and not assumed.

    ``mechanical`` says whether it took hold at all: packets its own rules dropped,
    processes that really died or stopped.
    """

    mechanical: bool = False
    packets_dropped: dict[str, int] = field(default_factory=dict)
    processes: dict[str, str] = field(default_factory=dict)
    leader_before: str | None = None
    leader_after: str | None = None
    term_before: int | None = None
    term_after: int | None = None
    operations_failed: int = 0
    operations_stalled: int = 0
    operations_open: int = 0


@dataclass(slots=True)
class Fault:
    """A fault as it happened. Times in nanoseconds of the run's clock."""

    symbolic: SymbolicFault
    resolved: dict[str, Any]
    start_ns: int
    acknowledged_ns: int | None = None
    heal_started_ns: int | None = None
    healed_ns: int | None = None
    effect: Effect = field(default_factory=Effect)
    error: str | None = None
