"""Causality: few registers, read and written by everybody, so that what one has seen is passed on.

A client that reads a value and then writes another makes the second depend on the first; who sees
the second has to see the first, in whatever register. Chains of that go through all clients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from splitbrain.generator import ASAP, Draw, Generator, Invoke, Phases
from splitbrain.plan import Plan
from splitbrain.workloads.workload import RECOVERY_KEY, Workload, main_phase, recovery_phase

KEYS = 6
WRITES = 0.4


@dataclass(frozen=True, slots=True)
class ChainedOperations(Generator):
    """Endless reads and writes of a few registers; no value is written twice."""

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Two of five are writes."""
        fresh = 0
        while True:
            key = rng.randrange(KEYS)
            if rng.random() < WRITES:
                fresh += 1
                yield Invoke(ASAP, "write", key, fresh)
            else:
                yield Invoke(ASAP, "read", key)


def _number(rng: Random, n: int) -> int:
    return n + 1


def _phases(plan: Plan) -> Phases:
    recovery = recovery_phase(plan, Draw("write", _number, RECOVERY_KEY), "write")
    return Phases((main_phase(plan, ChainedOperations()), recovery))


CAUSAL = Workload(
    "causal",
    "reads and writes of a few registers; who has seen something sees all that it depends on",
    "register",
    _phases,
    consistency=("causal",),
)
