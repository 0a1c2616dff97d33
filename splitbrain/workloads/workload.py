"""What a workload is: which operations, in which phases, judged by which model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from splitbrain.generator import MAIN, Generator, Limit, Phase, Phases, Stagger
from splitbrain.plan import Plan

SECOND = 1_000_000_000
RECOVERY_RATE = 10.0
LATE_S = 1.0
RECOVERY_KEY = -1
"""No key of a main phase."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload. ``phases`` is a pure function of the plan; ``model`` names the checker.

    ``resend_s`` is the plan's default for this workload: None where an operation is sent once.
    ``consistency``: the promises that the history is judged against unless others are asked for;
    empty: what the model says by itself.
    """

    name: str
    summary: str
    model: str
    phases: Callable[[Plan], Phases]
    resend_s: float | None = None
    consistency: tuple[str, ...] = ()


def main_phase(plan: Plan, operations: Generator) -> tuple[Phase, Generator]:
    """The phase under faults: ``operations`` at the plan's rate until one of its limits."""
    limit_ns = int(plan.time_limit_s * SECOND)
    if plan.operations is not None:
        operations = Limit(operations, plan.operations)
    return Phase(MAIN, limit_ns=limit_ns), Stagger(operations, plan.rate)


def recovery_phase(plan: Plan, mutations: Generator, f: str) -> tuple[Phase, Generator]:
    """The phase in which the system has time to serve again, over when it has (once ``f`` is ok).

    ``mutations`` must not clash with those of the main phase. It waits a little longer than
    the plan allows, so that what comes too late is seen to be late.
    """
    limit_ns = int((plan.live_within_s + LATE_S) * SECOND) if plan.faults else 0
    phase = Phase("recovery", limit_ns=limit_ns, heal=True, until_ok=(f,))
    return phase, Stagger(mutations, RECOVERY_RATE)


def final_phase(plan: Plan, reads: Generator) -> tuple[Phase, Generator]:
    """The phase after everything is healed and the cluster had time to recover."""
    quiet_ns = int(plan.recovery_s * SECOND)
    # Bounded, because a read that no node answers is asked again at most a few times.
    limit_ns = int(max(10.0, 4 * plan.timeout_s) * SECOND)
    return Phase("final reads", limit_ns=limit_ns, heal=True, quiet_ns=quiet_ns), reads
