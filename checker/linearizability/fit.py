"""Whether a history's operations are ones its model has, told before anything is decided."""

from __future__ import annotations

import numpy as np

from checker.models.model import Model
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.table import NO_VALUE, Int32, Int64, Table
from histories.values import OTHER, Values

_VALUES = ("input", "input2", "output", "output2")
_SPAN_MAX = 1 << 62


def check_fit(table: Table, model: Model) -> None:
    """Raise HistoryError, with up to twenty problems, for operations the model does not have.

    Operations that differ only in what the model does not look at are looked at once, registers
    as whole columns: a million operations take some milliseconds.
    """
    if model.family == "register" and _registers_fit(table, model):
        return
    problems = []
    for row in _representatives(table, model):
        operation = table.operation(row)
        if (misfit := model.misfit(operation)) is not None:
            problems.append(
                Problem(
                    f"event {operation.call}",
                    f"{misfit}.",
                    f"The model {model.name!r} has {', '.join(model.functions)}; "
                    "name another model, or mend the history.",
                )
            )
            if len(problems) >= PROBLEMS_MAX:
                break
    if problems:
        raise HistoryError(problems)


def _registers_fit(table: Table, model: Model) -> bool:
    """Whether every operation is surely a register's: a known function, pairs for a cas."""
    for number, name in enumerate(table.functions):
        if name not in model.functions:
            return False
        if name == "cas" and ((table.f == number) & (table.input2 == NO_VALUE)).any():
            return False
    return True


def _representatives(table: Table, model: Model) -> list[int]:
    """The first row of each kind of operation, in order: n log n, in whole columns."""
    if not len(table):
        return []
    kinds, span = np.zeros(len(table), np.int64), 1
    for column in (
        *(table.f, table.outcome, table.error),
        *(_shapes(table.values, getattr(table, name)) for name in _VALUES),
        *(getattr(table, name) for name in model.depends_on),
    ):
        low, high = int(column.min()), int(column.max())
        if low == high:
            continue
        numbers, width = column - low, high - low + 1
        # Mixed radix, so that one sort at the end does; renumbered where that would overflow.
        if span * width >= _SPAN_MAX:
            kinds, span = _renumbered(kinds)
            numbers, width = _renumbered(numbers)
        kinds = kinds * width + numbers
        span *= width
    _, first = np.unique(kinds, return_index=True)
    rows: list[int] = np.sort(first).tolist()
    return rows


def _renumbered(column: Int64) -> tuple[Int64, int]:
    """The column with its distinct values numbered from 0 on, and how many they are."""
    distinct, numbers = np.unique(column, return_inverse=True)
    return numbers, len(distinct)


def _shapes(values: Values, numbers: Int32) -> Int64:
    """What a misfit may depend on of values: the kind alone of nil, integers and texts."""
    kinds = values.kinds[numbers]
    shapes: Int64 = np.where(kinds == OTHER, numbers.astype(np.int64) + OTHER, kinds)
    return np.where(numbers == NO_VALUE, NO_VALUE, shapes)
