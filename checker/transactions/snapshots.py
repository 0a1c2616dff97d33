"""Orders of begins and commits: what shows that transactions over registers read snapshots."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.transactions.columns import Transactions
from checker.transactions.edges import PROCESS, REALTIME
from checker.transactions.exact import State, TooMany, find_order, run, written, wrote
from checker.transactions.inferred import Inferred
from checker.transactions.supposing import seek_loosely, smallest
from histories.table import FAIL, OK, Int64


def snapshot_order(
    inferred: Inferred, within: int, kernels: Any
) -> tuple[Int64 | None, tuple[int, ...]]:
    """An order of begins and commits in which every transaction reads what had committed when it
    began, and no two that write one key overlap; each row is in it twice. Or else rows that have
    none whatever the others do, of which every order was tried. Neither: it is not known.

    That is snapshot isolation (Berenson et al., SIGMOD 1995).
    """
    columns = inferred.transactions
    sought = seek_loosely(inferred, within, kernels, snapshots=True)
    if sought.order is not None:
        order = np.flatnonzero(inferred.happened == 1)[sought.order]
        return (order if replays_snapshots(columns, order, within) else None), ()
    if not sought.contradicting:
        return None, ()
    few = smallest(inferred, sought.contradicting, within, kernels, snapshots=True)
    try:
        none = find_order(columns, within, among=few, snapshots=True) is None
    except TooMany:
        none = False
    return None, few if none else ()


def prefix_order(inferred: Inferred, within: int, kernels: Any) -> Int64 | None:
    """Such an order where those that write one key may overlap: whoever sees a transaction sees
    all that had committed before it, so the history is causal."""
    sought = seek_loosely(inferred, within, kernels, snapshots=True, overlaps=True)
    if sought.order is None:
        return None
    order = np.flatnonzero(inferred.happened == 1)[sought.order]
    return order if replays_snapshots(inferred.transactions, order, within, overlaps=True) else None


def commit_places(columns: Transactions, order: Int64) -> Int64:
    """int64[n]: where in an order of begins and commits each row commits, -1 where it does not."""
    places = np.full(len(columns), -1, np.int64)
    places[order] = np.arange(len(order))  # the last of the two stays
    return places


def replays_snapshots(
    columns: Transactions, order: Int64, within: int, *, overlaps: bool = False
) -> bool:
    """Whether an order of begins and commits gives every answer; and whether sessions, or real
    time, are kept: who was over before another was asked for commits before that begins. Some
    5 µs a step."""
    state: State = {}
    begun: dict[int, bool] = {}
    writing: dict[int, int] = {}
    latest: dict[int, int] = {}
    for t in order.tolist():
        if columns.outcome[t] == FAIL or begun.get(t):
            return False
        whose = int(columns.process[t]) if within == PROCESS else 0
        keys = {key for key, _ in written(columns, [t])}
        if t not in begun:
            begun[t] = False
            read = {int(columns.key[s]) for s in columns.steps(t)}
            if run(columns, t, {k: state[k] for k in read if k in state}) is None:
                return False
            if any(writing.setdefault(key, t) != t for key in keys) and not overlaps:
                return False
            latest[whose] = max(latest.get(whose, -1), int(columns.call[t]))
            continue
        begun[t] = True
        if within in (PROCESS, REALTIME) and columns.ret[t] < latest[whose]:
            return False
        for key in keys:
            writing.pop(key, None)
        state.update(wrote(columns, t, {k: state[k] for k in keys if k in state}))
    return all(begun.get(int(t)) for t in np.flatnonzero(columns.outcome == OK))
