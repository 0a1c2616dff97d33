"""A counter: increments that must count once, however often they were sent."""

from __future__ import annotations

from splitbrain.generator import Each, Limit, Mix, Phases, Repeat
from splitbrain.plan import Plan
from splitbrain.workloads.workload import Workload, final_phase, main_phase, recovery_phase


def _phases(plan: Plan) -> Phases:
    mixed = Mix(((0.8, Repeat("add", value=1)), (0.2, Repeat("read"))))
    reads = Each(Limit(Repeat("read"), 2), plan.nodes)
    recovery = recovery_phase(plan, Repeat("add", value=1), "add")
    return Phases((main_phase(plan, mixed), recovery, final_phase(plan, reads)))


# An increment is not idempotent: resends inside one operation are what the workload is for.
COUNTER = Workload(
    "counter",
    "increments, resent until answered, and reads; no increment may be lost or count twice",
    "counter",
    _phases,
    resend_s=0.3,
)
