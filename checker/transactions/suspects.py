"""Anomalies that single reads and versions show, without any cycle."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.transactions.anomalies import (
    DIRTY_UPDATE,
    DUPLICATE_ELEMENTS,
    G1A,
    G1B,
    GARBAGE_READ,
    INCOMPATIBLE_ORDER,
    INTERNAL,
    LOST_UPDATE,
    REFUTES,
    REORDERED_APPENDS,
    Anomaly,
)
from checker.transactions.columns import READ, WRITE
from checker.transactions.edges import (
    ABORTED,
    DUPLICATE,
    GARBAGE,
    INCOMPATIBLE,
    INTERMEDIATE,
    UNREPEATABLE,
)
from checker.transactions.edges import INTERNAL as INTERNAL_BIT
from checker.transactions.inferred import Inferred
from histories.table import FAIL

_READS = (
    (GARBAGE_READ, GARBAGE),
    (DUPLICATE_ELEMENTS, DUPLICATE),
    (G1A, ABORTED),
    (G1B, INTERMEDIATE),
    (INCOMPATIBLE_ORDER, INCOMPATIBLE),
    (INTERNAL, INTERNAL_BIT | UNREPEATABLE),
)


def suspects(inferred: Inferred) -> list[Anomaly]:
    """One anomaly of each kind that there is; ``found`` says of how many."""
    found = []
    for name, bit in _READS:
        steps = np.flatnonzero(inferred.flags & bit)
        if len(steps):
            found.append(_of_read(inferred, name, int(steps[0]), len(steps)))
    if len(inferred.torn):
        found.append(_torn(inferred, int(inferred.torn[0]), len(inferred.torn)))
    dirty = np.flatnonzero(inferred.dirty >= 0)
    if len(dirty):
        found.append(_dirty(inferred, int(dirty[0]), len(dirty)))
    lost = np.flatnonzero(inferred.lost[:, 0] >= 0)
    if len(lost):
        key = int(lost[0])
        reads = tuple(int(one) for one in inferred.lost[key])
        rows = tuple(int(inferred.owner[one]) for one in reads)
        found.append(Anomaly(LOST_UPDATE, rows, REFUTES[LOST_UPDATE], (), key, reads, len(lost)))
    return found


def _of_read(inferred: Inferred, name: str, step: int, many: int) -> Anomaly:
    """The anomaly of one read; what else shows it comes before it."""
    columns, owner = inferred.transactions, inferred.owner
    key = int(columns.key[step])
    others: list[int] = []
    if name == G1A:
        others = [_writer(inferred, key, value, failed=True) for value in _values(inferred, step)]
        others = [one for one in others if one >= 0][:1]
    elif name == G1B:
        others = [_writer(inferred, key, _values(inferred, step)[-1])]
    elif name == INCOMPATIBLE_ORDER:
        others = [_other_order(inferred, step)]
    elif name == INTERNAL and inferred.flags[step] & UNREPEATABLE:
        others = [_earlier(inferred, step)]
    steps = (*(one for one in others if one >= 0), step)
    rows = tuple(dict.fromkeys(int(owner[one]) for one in steps))
    return Anomaly(name, rows, REFUTES[name], (), key, steps, many)


def _values(inferred: Inferred, step: int) -> list[int]:
    """What a read saw, the transaction's own appends left out."""
    columns = inferred.transactions
    if not columns.lists:
        return [int(columns.value[step])]
    seen = columns.seen(step)
    for one in columns.steps(int(inferred.owner[step])):
        if one < step and columns.kind[one] == WRITE and columns.key[one] == columns.key[step]:
            seen = [value for value in seen if value != columns.value[one]]
    return seen


def _writer(inferred: Inferred, key: int, value: int, *, failed: bool = False) -> int:
    """The step that wrote a value, of a transaction that failed or of one that did not; or -1."""
    columns = inferred.transactions
    steps = np.flatnonzero(
        (columns.kind == WRITE) & (columns.key == key) & (columns.value == value)
    )
    for one in steps:
        if (columns.outcome[inferred.owner[one]] == FAIL) == failed:
            return int(one)
    return -1


def _other_order(inferred: Inferred, step: int) -> int:
    """A read of the same list that neither begins with this one nor is its beginning."""
    columns = inferred.transactions
    own = columns.seen(step)
    reads = np.flatnonzero((columns.kind == READ) & (columns.key == columns.key[step]))
    for one in sorted(reads.tolist(), key=lambda one: -int(columns.length[one])):
        other = columns.seen(one)
        many = min(len(own), len(other))
        if own[:many] != other[:many]:
            return int(one)
    return -1


def _earlier(inferred: Inferred, step: int) -> int:
    """The read before it, of the same transaction and key."""
    columns = inferred.transactions
    for one in range(step - 1, int(columns.first[inferred.owner[step]]) - 1, -1):
        if columns.kind[one] == READ and columns.key[one] == columns.key[step]:
            return one
    return -1


def _torn(inferred: Inferred, step: int, many: int) -> Anomaly:
    """An append, and the one before it that is missing or behind."""
    columns = inferred.transactions
    row, key = int(inferred.owner[step]), int(columns.key[step])
    earlier = next(
        s for s in range(step - 1, -1, -1) if columns.kind[s] == WRITE and columns.key[s] == key
    )
    rows = (row, int(inferred.owner[inferred.spine[key]]))
    steps = (earlier, step)
    return Anomaly(REORDERED_APPENDS, rows, REFUTES[REORDERED_APPENDS], (), key, steps, many)


def _dirty(inferred: Inferred, key: int, many: int) -> Anomaly:
    """What failed, and the first that came after it and did not."""
    columns, owner = inferred.transactions, inferred.owner
    order = inferred.by[inferred.at[key] : inferred.at[key + 1]]
    at = int(inferred.dirty[key])
    later: Any = next(one for one in order[at:] if one >= 0 and columns.outcome[owner[one]] != FAIL)
    steps = (int(order[at]), int(later))
    rows = (int(owner[steps[0]]), int(owner[steps[1]]))
    return Anomaly(DIRTY_UPDATE, rows, REFUTES[DIRTY_UPDATE], (), key, steps, many)
