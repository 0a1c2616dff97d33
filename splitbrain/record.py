"""What a finished run is, for everything that shows or judges it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker.verdict import Result, Verdict
from histories.event import Event, Operation
from nemesis.fault import Fault
from splitbrain.liveness import Unavailable
from splitbrain.plan import Plan


@dataclass(frozen=True, slots=True)
class Health:
    """How well the harness itself did, for it shares the machine with the nodes.

    Lag is how late the event loop ran its own timer, lateness how long an invocation
    left after its scheduled time; ``invocations_dropped`` never left, because its phase was over.
    """

    loop_lag_ms_p99: float = 0.0
    loop_lag_ms_max: float = 0.0
    lateness_ms_p50: float = 0.0
    lateness_ms_p99: float = 0.0
    invocations_dropped: int = 0


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds the parts of a run took. ``first_ok_s`` runs from set-up's start to the first ok."""

    setup_s: float = 0.0
    first_ok_s: float | None = None
    teardown_s: float = 0.0
    check_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Stopped:
    """A run that ended with a violation seen while it went on.

    ``completed_ns`` is when the completion came that cannot have happened, ``stopped_ns``
    when that was known: times of the run's clock. ``sentence`` is what was known then.
    """

    completed_ns: int
    stopped_ns: int
    sentence: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run: its plan, what was seen, and what was decided.

    ``bugs_reached`` counts, for each seeded bug, how often its mutated line ran (summed
    over nodes). ``died`` names nodes that ended though no fault had ended them.
    ``interrupted`` says that the run was cut short by the user, ``stopped`` that it was by a
    violation. ``unavailable`` says that the system did not serve again in time after the last
    heal: a finding beside the verdict. ``unwritten`` says which file of the folder is missing,
    and why, when not all could be written; ``notes`` are sentences on how it was kept.
    ``documented``: what the system itself says of this, where that explains all violations.
    """

    run: str
    folder: Path
    plan: Plan
    started: str
    events: list[Event]
    operations: Sequence[Operation]
    faults: list[Fault]
    verdict: Verdict
    reason: str | None
    results: list[Result]
    health: Health = field(default_factory=Health)
    timings: Timings = field(default_factory=Timings)
    bugs_reached: dict[str, int] = field(default_factory=dict)
    died: tuple[str, ...] = ()
    host_facts: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False
    stopped: Stopped | None = None
    unavailable: Unavailable | None = None
    unwritten: str | None = None
    notes: tuple[str, ...] = ()
    documented: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """The exit code of what was found: 1 also for a system that did not serve again.

        70 in place of any but 1 when what was found could not be written down.
        """
        if self.unavailable is not None or self.verdict is Verdict.INVALID:
            return 1
        return self.verdict.exit_code if self.unwritten is None else 70
