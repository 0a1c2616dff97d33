"""Histories of real registers under simulated concurrency, drawn straight into columns."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from deciding.clients import Schedule, busy
from histories.table import FAIL, INFO, NO_VALUE, OK, Table
from histories.values import INTEGER, NIL, Values

READ, WRITE, CAS = 0, 1, 2
FUNCTIONS = ["read", "write", "cas"]
ERRORS = [None, "mismatch"]
SMALL = 5
"""How many different values there are where values are small."""
EVENT_NS = 10_000
"""Nanoseconds between two events."""

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Int16 = npt.NDArray[np.int16]
Int8 = npt.NDArray[np.int8]


def register_history(
    seed: int,
    operations: int,
    clients: int,
    *,
    values: Literal["small", "unique"] = "small",
    crashed: int = 0,
    keys: int = 0,
    rare: bool = False,
) -> Table:
    """Reads and writes, half each, of a register, or of ``keys`` registers, that start at nil.

    Valid by construction: the registers perform the operations in order of their points
    (``clients.busy``). ``values``: SMALL different ones, or each written once. ``rare``: one
    more value is written, once, by an operation that returns, for ``planting`` to use. Crashed
    operations are writes. About 1 µs an operation.
    """
    rng = np.random.default_rng(seed)
    schedule = busy(rng, operations, clients, crashed)
    f = rng.integers(READ, WRITE + 1, operations, dtype=np.int16)
    f[schedule.crashed] = WRITE
    key = rng.integers(1, keys + 1, operations, dtype=np.int32) if keys else _zeros(operations)
    writes = np.flatnonzero(f == WRITE)
    written = _zeros(operations)
    count = SMALL
    if values == "unique":
        count = len(writes)
        written[writes] = np.arange(1, count + 1, dtype=np.int32)
    else:
        written[writes] = rng.integers(1, count + 1, len(writes), dtype=np.int32)
    if rare:
        count += 1
        written[_middle(rng, writes[~schedule.crashed[writes]])] = count
    answer = _last_written(schedule.order, key, f, written)
    answer[schedule.crashed] = 0
    return _table(schedule, f, key, written, None, answer, np.zeros(operations, np.int8), count)


def cas_register_history(
    seed: int,
    operations: int,
    clients: int,
    *,
    values: int = SMALL,
    crashed: int = 0,
    rare: bool = False,
    pause: float | None = None,
) -> Table:
    """Reads, writes and compare-and-sets, a third each, of one register that starts at nil.

    Valid by construction, as ``register_history``. A compare-and-set that finds another value
    fails with ``mismatch``. Crashed operations are writes and compare-and-sets. About 2 µs an
    operation: the object is a loop in plain Python.
    """
    rng = np.random.default_rng(seed)
    schedule = busy(
        rng, operations, clients, crashed, **({} if pause is None else {"pause": pause})
    )
    f = rng.integers(READ, CAS + 1, operations, dtype=np.int16)
    f[schedule.crashed] = rng.integers(WRITE, CAS + 1, crashed, dtype=np.int16)
    first = rng.integers(1, values + 1, operations, dtype=np.int32)
    second = rng.integers(1, values + 1, operations, dtype=np.int32)
    first[f == READ] = 0
    second[f != CAS] = NO_VALUE
    if rare:
        values += 1
        first[_middle(rng, np.flatnonzero((f == WRITE) & ~schedule.crashed))] = values
    answer = first.copy()
    outcome = np.full(operations, OK, np.int8)
    state = 0
    kinds, expected, new = f.tolist(), first.tolist(), second.tolist()
    for row in schedule.order.tolist():
        if kinds[row] == WRITE:
            state = expected[row]
        elif kinds[row] == READ:
            answer[row] = state
        elif expected[row] == state:
            state = new[row]
        else:
            outcome[row] = FAIL
    return _table(schedule, f, _zeros(operations), first, second, answer, outcome, values)


def _zeros(n: int) -> Int32:
    return np.zeros(n, np.int32)


def _middle(rng: np.random.Generator, rows: Int64) -> int:
    """One of ``rows``, from the middle half of them."""
    return int(rows[rng.integers(len(rows) // 4, max(len(rows) // 4 + 1, 3 * len(rows) // 4))])


def _last_written(order: Int64, key: Int32, f: Int16, written: Int32) -> Int32:
    """What each operation's register holds when it is performed; a write its own value."""
    if key.any():
        order = order[np.argsort(key[order], kind="stable")]
    last = np.maximum.accumulate(np.where(f[order] == WRITE, np.arange(len(order)), -1))
    writer = order[np.maximum(last, 0)]
    held = np.where((last >= 0) & (key[writer] == key[order]), written[writer], 0)
    answer = _zeros(len(f))
    answer[order] = held
    return answer


def _table(
    schedule: Schedule,
    f: Int16,
    key: Int32,
    first: Int32,
    second: Int32 | None,
    answer: Int32,
    outcome: Int8,
    values: int,
) -> Table:
    """The columns of a history whose value number v is the integer v - 1."""
    n = len(schedule)
    outcome[schedule.crashed] = INFO
    output2 = np.full(n, NO_VALUE, np.int32) if second is None else second.copy()
    silent = schedule.crashed
    answer[silent] = 0
    output2[silent] = NO_VALUE
    return Table(
        call=schedule.call,
        ret=schedule.ret,
        process=schedule.process,
        key=key,
        f=f,
        outcome=outcome,
        input=first,
        input2=np.full(n, NO_VALUE, np.int32) if second is None else second,
        output=answer,
        output2=output2,
        error=(outcome == FAIL).astype(np.int32),
        node=_zeros(n),
        call_ns=schedule.call * EVENT_NS,
        ret_ns=np.where(silent, schedule.ret, schedule.ret * EVENT_NS),
        keys=integers(int(key.max(initial=0))),
        functions=FUNCTIONS,
        values=integers(values),
        errors=list(ERRORS),
        nodes=[None],
    )


def integers(count: int) -> Values:
    """nil and the integers from 0 to ``count`` - 1, numbered from 1."""
    kinds = np.full(count + 1, INTEGER, np.int8)
    kinds[0] = NIL
    numbers = np.arange(-1, count, dtype=np.int64)
    numbers[0] = 0
    return Values(kinds, numbers, np.zeros(count + 2, np.int64), np.zeros(0, np.uint8))
