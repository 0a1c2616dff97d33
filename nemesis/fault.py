"""What a fault is: a symbolic plan before the run, an effect after it.

A *symbolic* fault ("isolate the leader from 12 s to 16 s", "from 12 s on, when an election
is won, isolate the winner for 2 s") is fixed by the seed, byte for byte. What the symbol
resolved to, when an aimed fault's moment came, and what the fault did, is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SymbolicFault:
    """One fault of the schedule: ``kind`` (partition, kill …) at ``target`` from start to end.

    ``choice`` is a number in [0, 1) drawn from the seed that settles what the
    symbol leaves open ("a random minority": which one).

    With a ``hold_ns`` it is held for so long from when it is in force, whatever its end.
    With a ``trigger`` the fault is *aimed*: from ``start_ns`` on it waits for that moment
    (``nemesis.moments``; ``elected#2`` is the second one) and begins ``delay_ns`` after it.
    When the moment does not come before ``end_ns``, neither does the fault. ``scenario``
    names the story that a fault is part of.
    """

    id: int
    kind: str
    target: str
    start_ns: int
    end_ns: int
    choice: float
    trigger: str = ""
    delay_ns: int = 0
    hold_ns: int | None = None
    scenario: str = ""


@dataclass(slots=True)
class Effect:
    """What a fault did, measured and not assumed.

    ``mechanical`` says whether it took hold at all: packets its own rules dropped,
    processes that really died or stopped, messages really disturbed, clocks that were
    wrong, fsyncs that failed, members that changed. The counts are by node;
    ``packets_disturbed`` by what became of the packets (``delayed``, ``lost`` …).
    """

    mechanical: bool = False
    packets_dropped: dict[str, int] = field(default_factory=dict)
    packets_disturbed: dict[str, int] = field(default_factory=dict)
    processes: dict[str, str] = field(default_factory=dict)
    clock_error_s_max: dict[str, float] = field(default_factory=dict)
    syncs_failed: dict[str, int] = field(default_factory=dict)
    members_before: list[str] | None = None
    members_during: list[str] | None = None
    members_after: list[str] | None = None
    leader_before: str | None = None
    leader_after: str | None = None
    term_before: int | None = None
    term_after: int | None = None
    operations_failed: int = 0
    operations_stalled: int = 0
    operations_open: int = 0


@dataclass(slots=True)
class Fault:
    """A fault as it happened. Times in nanoseconds of the run's clock.

    ``moment_ns`` is when an aimed fault's moment came; None: it did not, or has none.
    """

    symbolic: SymbolicFault
    resolved: dict[str, Any]
    start_ns: int
    acknowledged_ns: int | None = None
    heal_started_ns: int | None = None
    healed_ns: int | None = None
    effect: Effect = field(default_factory=Effect)
    error: str | None = None
    moment_ns: int | None = None
