"""One order of all transactions: looked for, and replayed."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.transactions.columns import WRITE, Transactions
from checker.transactions.edges import PROCESS, REALTIME
from checker.transactions.inferred import Inferred
from histories.table import Int64


def replays(columns: Transactions, order: Int64, within: int, kernels: Any) -> bool:
    """Whether the transactions, one after the other in this order, give every answer that was
    given; and whether the order respects sessions, or real time. Linear."""
    done = np.zeros(len(columns), np.int8)
    c = columns
    if columns.lists:
        appends = np.bincount(c.key[c.kind == WRITE], minlength=len(c.keys))
        room = np.append(0, np.cumsum(appends))
        held, state = np.zeros(len(c.keys), np.int32), np.empty(int(room[-1]), np.int32)
        wrong = kernels.replay_lists(
            order, c.first, c.kind, c.key, c.value, c.begin, c.length, c.elements, c.outcome,
            room, held, state, done,
        )  # fmt: skip
    else:
        state = np.zeros(len(c.keys), np.int32)
        wrong = kernels.replay_registers(
            order, c.first, c.kind, c.key, c.value, c.outcome, state, done
        )
    if wrong >= 0:
        return False
    if within == REALTIME:
        return bool(kernels.out_of_time(order, c.call, c.ret) < 0)
    if within == PROCESS:
        by_process = order[np.argsort(c.process[order], kind="stable")]
        one, other = by_process[:-1], by_process[1:]
        same = c.process[one] == c.process[other]
        return not bool((c.call[one][same] > c.call[other][same]).any())
    return True


def topological(inferred: Inferred, ordered: Any) -> Int64:
    """The transactions that happened, in the reverse of the order that ``components`` gives."""
    rows = ordered[::-1].astype(np.int64)
    rows = rows[rows < len(inferred.transactions)]
    return np.ascontiguousarray(rows[inferred.happened[rows] == 1])
