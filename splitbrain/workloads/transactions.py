"""Transactions over several keys at once: each writes some of them and reads others.

What one of these leaves half done, or does to a key that another has changed meanwhile, no
operation on a single key can show. Keys come in small groups that share nothing, and a transaction
is of one group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from splitbrain.generator import ASAP, Draw, Generator, Invoke, PerKey, Phases
from splitbrain.plan import Plan
from splitbrain.workloads.workload import RECOVERY_KEY, Workload, main_phase, recovery_phase

NAMES = "abc"
"""The keys of a group."""
STEPS_MAX = 4
READS = 0.5


@dataclass(frozen=True, slots=True)
class Transactions(Generator):
    """Endless transactions over one group of keys; no value is written twice. ``write``: what a
    step that is no read is called."""

    write: str

    def items(self, rng: Random) -> Iterator[Invoke]:
        """One to four steps each, half of them reads."""
        fresh = 0
        while True:
            steps: list[list[object]] = []
            for _ in range(rng.randint(1, STEPS_MAX)):
                name = rng.choice(NAMES)
                if rng.random() < READS:
                    steps.append(["r", name, None])
                else:
                    fresh += 1
                    steps.append([self.write, name, fresh])
            yield Invoke(ASAP, "txn", None, steps)


def transacting(name: str, summary: str, write: str) -> Workload:
    """The workload of such transactions, judged by the model of the same name."""

    def late(rng: Random, n: int) -> list[list[object]]:
        return [[write, NAMES[0], n + 1]]

    def phases(plan: Plan) -> Phases:
        keyed = PerKey(Transactions(write), plan.keys, plan.operations_per_key)
        recovery = recovery_phase(plan, Draw("txn", late, RECOVERY_KEY), "txn")
        return Phases((main_phase(plan, keyed), recovery))

    return Workload(name, summary, name, phases)


LIST_APPEND = transacting(
    "list-append",
    "transactions of appends and reads over several lists; must be strictly serializable",
    "append",
)
RW_REGISTER = transacting(
    "rw-register",
    "transactions of writes and reads over several registers; must be strictly serializable",
    "w",
)
