"""Ids: everybody asks for one, and nobody may be given what somebody else was given."""

from __future__ import annotations

from splitbrain.generator import Phases, Repeat
from splitbrain.plan import Plan
from splitbrain.workloads.workload import Workload, main_phase, recovery_phase

GENERATE = "generate"


def _phases(plan: Plan) -> Phases:
    asked = Repeat(GENERATE)
    return Phases((main_phase(plan, asked), recovery_phase(plan, asked, GENERATE)))


IDS = Workload(
    "ids",
    "ids, each asked for by somebody; no two clients may be given the same",
    "unique-ids",
    _phases,
    consistency=("unique-ids",),
)
