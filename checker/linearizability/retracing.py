"""Retraces an order of a register's operations, step by step: a kernel, plain or compiled.

It reads the table's own columns, and shares nothing with what the search prepares.
"""

from __future__ import annotations

from typing import Any

FINE = -1
UNSUITED = -2
"""Lists of two elements occur as values: they are two numbers, which this does not compare."""

_READ, _WRITE, _CAS = 0, 1, 2
_OK, _FAIL, _INFO = 0, 1, 2
_NEVER = 2**63 - 1
_NO_VALUE = -1


def retrace(
    kinds: Any,
    observes: Any,
    nil_asserts: bool,
    f: Any,
    outcome: Any,
    given: Any,
    given2: Any,
    answer: Any,
    answer2: Any,
    error: Any,
    call: Any,
    ret: Any,
    key: Any,
    order: Any,
    starts: Any,
    placed: Any,
) -> int:
    """FINE when ``order`` is a linearization of each key; else where it goes wrong, or UNSUITED.

    ``kinds`` int64: 0 read, 1 write, 2 compare-and-set for each number of a function;
    ``observes`` bool: whether an error says that the value differed; then columns of n rows as
    in ``Table``; ``order`` int64, rows of key k from ``starts[k]`` on; ``placed`` int8[n], all
    zero. A place in the order is given, or its length plus the row of an operation that
    completed and has no place. One pass over the order and one over the rows.
    """
    rows = len(f)
    for k in range(len(starts) - 1):
        state, latest = 0, -1
        for place in range(starts[k], starts[k + 1]):
            row = order[place]
            if row < 0 or row >= rows or placed[row] != 0 or key[row] != k:
                return place
            placed[row] = 1
            # It had returned before something that stands before it began.
            if ret[row] < latest:
                return place
            latest = max(latest, call[row])
            kind, how = kinds[f[row]], outcome[row]
            if kind == _WRITE:
                if given2[row] != _NO_VALUE:
                    return UNSUITED
                if how == _FAIL:
                    return place
                state = given[row]
            elif kind == _READ:
                if answer2[row] != _NO_VALUE:
                    return UNSUITED
                if how != _OK or answer[row] != state or (state == 0 and not nil_asserts):
                    return place
            elif kind == _CAS and how == _FAIL:
                if not observes[error[row]] or state == given[row]:
                    return place
            elif kind == _CAS:
                if state != given[row]:
                    return place
                state = given2[row]
            else:
                return place
    for row in range(rows):
        if placed[row] == 0 and outcome[row] != _INFO and ret[row] != _NEVER:
            kind, failed = kinds[f[row]], outcome[row] == _FAIL
            if kind == _READ:
                if failed or (answer[row] == 0 and answer2[row] == _NO_VALUE and not nil_asserts):
                    continue
            elif failed and not (kind == _CAS and observes[error[row]]):
                continue
            return len(order) + row
    return FINE
