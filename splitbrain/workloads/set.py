"""A set: unique elements are added under faults, and read back when all is calm again."""

from __future__ import annotations

from random import Random

from splitbrain.generator import Draw, Each, Limit, Phases, Repeat
from splitbrain.plan import Plan
from splitbrain.workloads.workload import Workload, final_phase, main_phase, recovery_phase


def _element(rng: Random, n: int) -> int:
    return n


def _late_element(rng: Random, n: int) -> int:
    return -1 - n


def _phases(plan: Plan) -> Phases:
    # Two reads a node: one that times out while a node catches up is not the last word.
    reads = Each(Limit(Repeat("read"), 2), plan.nodes)
    main = main_phase(plan, Draw("add", _element))
    recovery = recovery_phase(plan, Draw("add", _late_element), "add")
    return Phases((main, recovery, final_phase(plan, reads)))


SET = Workload(
    "set",
    "unique adds, then final reads on every node; nothing acknowledged may be lost",
    "set",
    _phases,
)
