"""What a workload is: which operations, in which phases, judged by which model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from splitbrain.generator import MAIN, Generator, Limit, Phase, Phases, Stagger
from splitbrain.plan import Plan

SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload. ``phases`` is a pure function of the plan; ``model`` names the checker.

    ``resend_s`` is the plan's default for this workload: None where an operation is sent once.
    """

    name: str
    summary: str
    model: str
    phases: Callable[[Plan], Phases]
    resend_s: float | None = None


def main_phase(plan: Plan, operations: Generator) -> tuple[Phase, Generator]:
    """The phase under faults: ``operations`` at the plan's rate until one of its limits."""
    limit_ns = int(plan.time_limit_s * SECOND)
    if plan.operations is not None:
        operations = Limit(operations, plan.operations)
    return Phase(MAIN, limit_ns=limit_ns), Stagger(operations, plan.rate)


def final_phase(plan: Plan, reads: Generator) -> tuple[Phase, Generator]:
    """The phase after everything is healed and the cluster had time to recover."""
    quiet_ns = int(plan.recovery_s * SECOND)
    # Bounded, because a read that no node answers is asked again at most a few times.
    limit_ns = int(max(10.0, 4 * plan.timeout_s) * SECOND)
    return Phase("final reads", limit_ns=limit_ns, heal=True, quiet_ns=quiet_ns), reads
