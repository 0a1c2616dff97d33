"""Operations as numpy columns, the shape in which the checker reads a history."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from histories.canonical import canonical
from histories.event import Operation, Outcome

NEVER = 2**63 - 1
"""The ``ret`` of an operation whose interval never closes."""

OUTCOMES = (Outcome.OK, Outcome.FAIL, Outcome.INFO)


class Columns(NamedTuple):
    """One row an operation, in the order given. ``keys`` and ``functions`` undo the numbering.

    ``call`` and ``ret``: int64 event indexes (``ret`` is NEVER when indeterminate);
    ``process`` int64; ``key`` int32 into ``keys``; ``f`` int16 into ``functions``;
    ``outcome`` int8 into OUTCOMES.
    """

    call: npt.NDArray[np.int64]
    ret: npt.NDArray[np.int64]
    process: npt.NDArray[np.int64]
    key: npt.NDArray[np.int32]
    f: npt.NDArray[np.int16]
    outcome: npt.NDArray[np.int8]
    keys: list[Any]
    functions: list[str]

    def rows_by_key(self) -> list[npt.NDArray[np.int64]]:
        """For each key the rows that touch it, in the order given (a stable sort, n log n)."""
        if not self.keys:
            return []
        order = np.argsort(self.key, kind="stable")
        edges = np.searchsorted(self.key[order], np.arange(1, len(self.keys)))
        return np.split(order, edges)


def columns(operations: Sequence[Operation]) -> Columns:
    """Number keys and functions by first appearance and lay the operations out. Linear."""
    n = len(operations)
    keys: dict[Hashable, int] = {}
    functions: dict[str, int] = {}
    key_values: list[Any] = []
    key_column = np.empty(n, np.int32)
    f_column = np.empty(n, np.int16)
    for row, operation in enumerate(operations):
        name = canonical(operation.key)
        number = keys.get(name)
        if number is None:
            number = keys[name] = len(keys)
            key_values.append(operation.key)
        key_column[row] = number
        f_column[row] = functions.setdefault(operation.f, len(functions))
    codes = {outcome: code for code, outcome in enumerate(OUTCOMES)}
    return Columns(
        call=np.fromiter((o.call for o in operations), np.int64, n),
        ret=np.fromiter((NEVER if o.ret is None else o.ret for o in operations), np.int64, n),
        process=np.fromiter((o.process for o in operations), np.int64, n),
        key=key_column,
        f=f_column,
        outcome=np.fromiter((codes[o.outcome] for o in operations), np.int8, n),
        keys=key_values,
        functions=list(functions),
    )
