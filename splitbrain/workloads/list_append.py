"""Transactions over several lists at once: each appends to some of them and reads others.

What one of these leaves half done, or does to a list that another has changed meanwhile, no
operation on a single key can show. Lists come in small groups that share nothing, and a
transaction is of one group, so each group is judged by itself: a linearizable order of its
transactions, which is strict serializability.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from splitbrain.generator import ASAP, Draw, Generator, Invoke, PerKey, Phases
from splitbrain.plan import Plan
from splitbrain.workloads.workload import RECOVERY_KEY, Workload, main_phase, recovery_phase

LISTS = "abc"
"""The lists of a group."""
STEPS_MAX = 4
READS = 0.5


@dataclass(frozen=True, slots=True)
class ListTransactions(Generator):
    """Endless transactions over one group of lists; no value is appended twice."""

    def items(self, rng: Random) -> Iterator[Invoke]:
        """One to four steps each, half of them reads."""
        fresh = 0
        while True:
            steps: list[list[object]] = []
            for _ in range(rng.randint(1, STEPS_MAX)):
                name = rng.choice(LISTS)
                if rng.random() < READS:
                    steps.append(["r", name, None])
                else:
                    fresh += 1
                    steps.append(["append", name, fresh])
            yield Invoke(ASAP, "txn", None, steps)


def _late(rng: Random, n: int) -> list[list[object]]:
    return [["append", LISTS[0], n + 1]]


def _phases(plan: Plan) -> Phases:
    keyed = PerKey(ListTransactions(), plan.keys, plan.operations_per_key)
    recovery = recovery_phase(plan, Draw("txn", _late, RECOVERY_KEY), "txn")
    return Phases((main_phase(plan, keyed), recovery))


LIST_APPEND = Workload(
    "list-append",
    "transactions of appends and reads over several lists; must be strictly serializable",
    "list-append",
    _phases,
)
