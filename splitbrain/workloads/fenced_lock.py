"""Locks with fencing tokens: clients take them for a while, work under their token, and let go.

A client goes on with the latest token it was granted, whether its lease is over or not: it works
on beyond it, renews and releases what it has lost, and writes with a token that a newer one has
overtaken. What it may not get away with is what the checker looks for.
"""

from __future__ import annotations

from random import Random

from splitbrain.generator import ASAP, Draw, Each, Invoke, Listed, Mix, Phases, Repeat
from splitbrain.plan import Plan
from splitbrain.workloads.workload import Workload, final_phase, main_phase, recovery_phase

LOCKS = "abc"
LEASES_MS = (200, 500, 1000, 2000)
ACQUIRES, RENEWALS, WRITES, RELEASES, READS = 0.25, 0.1, 0.4, 0.15, 0.1


def _lease(rng: Random, n: int) -> int:
    return rng.choice(LEASES_MS)


def _value(rng: Random, n: int) -> int:
    return n + 1


def _phases(plan: Plan) -> Phases:
    share = 1 / len(LOCKS)
    mixed = Mix(
        tuple(
            choice
            for lock in LOCKS
            for choice in (
                (share * ACQUIRES, Draw("acquire", _lease, lock)),
                (share * RENEWALS, Repeat("renew", lock)),
                (share * WRITES, Draw("write", _value, lock)),
                (share * RELEASES, Repeat("release", lock)),
                (share * READS, Repeat("read", lock)),
            )
        )
    )
    # Nobody else wants this lock any more, but a lease that is in force has to run out.
    recovery = recovery_phase(plan, Draw("acquire", _lease, LOCKS[0]), "acquire")
    reads = Each(Listed(tuple(Invoke(ASAP, "read", lock) for lock in LOCKS)), plan.nodes)
    return Phases((main_phase(plan, mixed), recovery, final_phase(plan, reads)))


FENCED_LOCK = Workload(
    "fenced-lock",
    "leased locks, and writes under their fencing tokens; a stale token must be refused",
    "fenced-lock",
    _phases,
    consistency=("mutual-exclusion", "fencing"),
)
