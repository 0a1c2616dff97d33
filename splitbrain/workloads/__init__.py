"""The workloads there are, by name."""

from splitbrain.workloads.append import APPEND
from splitbrain.workloads.counter import COUNTER
from splitbrain.workloads.list_append import LIST_APPEND
from splitbrain.workloads.lock import LOCK
from splitbrain.workloads.register import REGISTER
from splitbrain.workloads.set import SET
from splitbrain.workloads.watch import WATCH
from splitbrain.workloads.workload import Workload

WORKLOADS: dict[str, Workload] = {
    w.name: w for w in (REGISTER, SET, COUNTER, APPEND, LIST_APPEND, LOCK, WATCH)
}

__all__ = ["WORKLOADS", "Workload"]
