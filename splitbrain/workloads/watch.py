"""Watches: values are put to a few keys, and everybody is told of every change, in order.

A read here is what a watch has told since the last one, with the revisions it is all of.
"""

from __future__ import annotations

from random import Random

from splitbrain.generator import Draw, Each, Limit, Mix, Phases, Repeat
from splitbrain.plan import Plan
from splitbrain.workloads.workload import Workload, final_phase, main_phase, recovery_phase

KEYS = "abcde"
PUTS = 0.7


def _value(rng: Random, n: int) -> int:
    return n + 1


def _late_value(rng: Random, n: int) -> int:
    return -1 - n


def _phases(plan: Plan) -> Phases:
    puts = tuple((PUTS / len(KEYS), Draw("put", _value, key)) for key in KEYS)
    mixed = Mix((*puts, (1.0 - PUTS, Repeat("read"))))
    recovery = recovery_phase(plan, Draw("put", _late_value, KEYS[0]), "put")
    # A watch that has told everything waits in vain: one read a node is enough.
    reads = Each(Limit(Repeat("read"), 1), plan.nodes)
    return Phases((main_phase(plan, mixed), recovery, final_phase(plan, reads)))


WATCH = Workload(
    "watch",
    "puts, and watches that must tell each of them once, in order, and leave none out",
    "watch",
    _phases,
)
