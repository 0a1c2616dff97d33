"""The workloads there are, by name."""

from splitbrain.workloads.counter import COUNTER
from splitbrain.workloads.register import REGISTER
from splitbrain.workloads.set import SET
from splitbrain.workloads.workload import Workload

WORKLOADS: dict[str, Workload] = {w.name: w for w in (REGISTER, SET, COUNTER)}

__all__ = ["WORKLOADS", "Workload"]
