"""The workloads there are, by name."""

from splitbrain.workloads.append import APPEND
from splitbrain.workloads.bank import BANK
from splitbrain.workloads.causal import CAUSAL
from splitbrain.workloads.counter import COUNTER
from splitbrain.workloads.fenced_lock import FENCED_LOCK
from splitbrain.workloads.ids import IDS
from splitbrain.workloads.lock import LOCK
from splitbrain.workloads.long_fork import LONG_FORK
from splitbrain.workloads.queue import FIFO_QUEUE, QUEUE
from splitbrain.workloads.register import REGISTER
from splitbrain.workloads.set import SET
from splitbrain.workloads.transactions import LIST_APPEND, RW_REGISTER
from splitbrain.workloads.watch import WATCH
from splitbrain.workloads.workload import Workload

WORKLOADS: dict[str, Workload] = {
    w.name: w
    for w in (
        *(REGISTER, SET, COUNTER, IDS, CAUSAL, APPEND, LIST_APPEND, RW_REGISTER),
        *(BANK, LONG_FORK, LOCK, FENCED_LOCK, QUEUE, FIFO_QUEUE, WATCH),
    )
}

__all__ = ["WORKLOADS", "Workload"]
