"""Lists: values are appended to many short-lived keys, and each list is read whole.

A list shows more than a register: every read tells the order of all appends before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from splitbrain.generator import ASAP, Draw, Generator, Invoke, PerKey, Phases
from splitbrain.plan import Plan
from splitbrain.workloads.workload import RECOVERY_KEY, Workload, main_phase, recovery_phase

READS = 0.5


@dataclass(frozen=True, slots=True)
class AppendOperations(Generator):
    """Endless operations on one list; no value is appended twice."""

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Half reads, half appends."""
        fresh = 0
        while True:
            if rng.random() < READS:
                yield Invoke(ASAP, "read")
            else:
                fresh += 1
                yield Invoke(ASAP, "append", None, fresh)


def _number(rng: Random, n: int) -> int:
    return n + 1


def _phases(plan: Plan) -> Phases:
    keyed = PerKey(AppendOperations(), plan.keys, plan.operations_per_key)
    recovery = recovery_phase(plan, Draw("append", _number, RECOVERY_KEY), "append")
    return Phases((main_phase(plan, keyed), recovery))


APPEND = Workload(
    "append",
    "appends to many short-lived lists, and reads of them; must be linearizable",
    "append",
    _phases,
)
