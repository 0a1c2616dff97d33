"""A set: unique elements are added and now and then read under faults, and read back at last.

The reads under faults see what the last ones cannot: an element that a passing leader lacks.
They are few, for each gives back the whole set.
"""

from __future__ import annotations

from random import Random

from splitbrain.generator import Draw, Each, Limit, Mix, Phases, Repeat
from splitbrain.plan import Plan
from splitbrain.workloads.workload import Workload, final_phase, main_phase, recovery_phase

READS_PER_S, READ_SHARE_MAX = 2.0, 0.1
UNPACED_RATE = 600.0
"""What is reckoned with where clients go as fast as they can (a plan's rate of 0)."""


def _element(rng: Random, n: int) -> int:
    return n


def _late_element(rng: Random, n: int) -> int:
    return -1 - n


def set_phases(plan: Plan) -> Phases:
    """Adds and a few reads under faults, then adds until one is ok, then reads on every node."""
    # Two reads a node: one that times out while a node catches up is not the last word.
    reads = Each(Limit(Repeat("read"), 2), plan.nodes)
    share = min(READ_SHARE_MAX, READS_PER_S / (plan.rate or UNPACED_RATE))
    mixed = Mix(((1.0 - share, Draw("add", _element)), (share, Repeat("read"))))
    main = main_phase(plan, mixed)
    recovery = recovery_phase(plan, Draw("add", _late_element), "add")
    return Phases((main, recovery, final_phase(plan, reads)))


SET = Workload(
    "set",
    "unique adds and a few reads, then reads on every node; nothing acknowledged may be lost",
    "set",
    set_phases,
)
