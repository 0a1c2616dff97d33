"""Registers: reads, writes and compare-and-sets over many short-lived keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from splitbrain.generator import ASAP, Draw, Generator, Invoke, PerKey, Phases
from splitbrain.plan import Plan
from splitbrain.workloads.workload import RECOVERY_KEY, Workload, main_phase, recovery_phase

READS, WRITES = 0.5, 0.3


@dataclass(frozen=True, slots=True)
class RegisterOperations(Generator):
    """Endless operations on one register; no value is written twice.

    Written values count up, so a read says exactly which write it saw. A
    compare-and-set expects one of the last few values that may be there: often enough
    the right one.
    """

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Half reads, three tenths writes, the rest compare-and-sets."""
        fresh = 0
        while True:
            draw = rng.random()
            if draw < READS:
                yield Invoke(ASAP, "read")
                continue
            # Two draws multiplied lean towards the newest value.
            guess = max(0, fresh - int(3 * rng.random() * rng.random()))
            fresh += 1
            if draw < READS + WRITES or guess == 0:
                yield Invoke(ASAP, "write", None, fresh)
            else:
                yield Invoke(ASAP, "cas", None, [guess, fresh])


def _number(rng: Random, n: int) -> int:
    return n + 1


def _phases(plan: Plan) -> Phases:
    keyed = PerKey(RegisterOperations(), plan.keys, plan.operations_per_key)
    recovery = recovery_phase(plan, Draw("write", _number, RECOVERY_KEY), "write")
    return Phases((main_phase(plan, keyed), recovery))


REGISTER = Workload(
    "register",
    "reads, writes and compare-and-sets on many short-lived keys; must be linearizable",
    "cas-register",
    _phases,
)
