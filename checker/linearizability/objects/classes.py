"""Operations of a table by what they do: equal effects make one class."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from checker.models.model import Model
from checker.reading import Reading
from histories.table import Table

Int64 = npt.NDArray[np.int64]

NOTHING = -1
"""The class of an operation that asserts nothing."""

_PACKED_MAX = 1 << 62


class Classes(NamedTuple):
    """``of_row``: int64, one a row of the table, the number of its effect or NOTHING."""

    of_row: Int64
    effects: list[Any]


def classes_of(table: Table, model: Model, reading: Reading) -> Classes:
    """The effect of each row; the model is asked once for rows that are alike. n log n."""
    if not len(table):
        return Classes(np.zeros(0, np.int64), [])
    columns = [
        *(table.f, table.outcome, table.error),
        *(table.input, table.input2, table.output, table.output2),
        *(getattr(table, name) for name in model.depends_on),
    ]
    first, kind = _kinds(columns)
    numbers: dict[Any, int] = {}
    class_of_kind = np.full(len(first), NOTHING, np.int64)
    for number, row in enumerate(first.tolist()):
        effect = model.effect(table.operation(row), reading)
        if effect is not None:
            class_of_kind[number] = numbers.setdefault(effect, len(numbers))
    return Classes(class_of_kind[kind], list(numbers))


def _kinds(columns: list[npt.NDArray[Any]]) -> tuple[Int64, Int64]:
    """The first row of each distinct combination of columns, and which each row has."""
    code = np.zeros(len(columns[0]), np.int64)
    size = 1
    for column in columns:
        low, high = int(column.min()), int(column.max())
        if low == high:
            continue
        if size * (high - low + 1) >= _PACKED_MAX:
            distinct, code = np.unique(code, return_inverse=True)
            size = len(distinct)
        code = code * (high - low + 1) + (column.astype(np.int64) - low)
        size *= high - low + 1
    _, first, kind = np.unique(code, return_index=True, return_inverse=True)
    return first.astype(np.int64), kind.astype(np.int64).reshape(-1)
