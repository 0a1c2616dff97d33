"""Banks: money is moved between accounts in transactions, and all accounts are read in one.

Accounts come in banks of a few, each opened once with so much in every account. Whatever happens
to transfers, no money is made or lost on the way; a transaction of which a part is seen, or a
part lost, shows in the total of a read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from clients.bank import ACCOUNTS
from splitbrain.generator import ASAP, Draw, Generator, Invoke, PerKey, Phases
from splitbrain.plan import Plan
from splitbrain.workloads.workload import RECOVERY_KEY, Workload, main_phase, recovery_phase

HELD = 10
"""What each account holds at first."""
AMOUNT_MAX = 5
READS = 0.4
OPENS = 2
"""How often a bank is opened: what was lost of the first may be found by the second."""


@dataclass(frozen=True, slots=True)
class BankOperations(Generator):
    """Endless operations on one bank, the first of which open it."""

    def items(self, rng: Random) -> Iterator[Invoke]:
        """Two of five are reads, the rest transfers of one to five."""
        for _ in range(OPENS):
            yield Invoke(ASAP, "open", None, dict.fromkeys(ACCOUNTS, HELD))
        while True:
            if rng.random() < READS:
                yield Invoke(ASAP, "read")
                continue
            source, target = rng.sample(ACCOUNTS, 2)
            amount = rng.randint(1, AMOUNT_MAX)
            yield Invoke(ASAP, "transfer", None, {"from": source, "to": target, "amount": amount})


def _open(rng: Random, n: int) -> dict[str, int]:
    return dict.fromkeys(ACCOUNTS, HELD)


def _phases(plan: Plan) -> Phases:
    keyed = PerKey(BankOperations(), plan.keys, plan.operations_per_key)
    recovery = recovery_phase(plan, Draw("open", _open, RECOVERY_KEY), "open")
    return Phases((main_phase(plan, keyed), recovery))


BANK = Workload(
    "bank",
    "transfers between accounts, and reads of all of them; no money may be made or lost",
    "bank",
    _phases,
    consistency=("bank", "linearizable"),
)
