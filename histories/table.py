"""Operations as numpy columns: the shape in which a history is read, kept and judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from histories.event import Operation, Outcome
from histories.values import Interner, Values

NEVER = 2**63 - 1
"""The ``ret`` of an operation whose interval never closes."""

NO_VALUE = -1
"""In a second column of values: the value is not a pair."""

OUTCOMES = (Outcome.OK, Outcome.FAIL, Outcome.INFO)
OK, FAIL, INFO = 0, 1, 2
"""Codes of the outcomes in a table."""

Int8 = npt.NDArray[np.int8]
Int16 = npt.NDArray[np.int16]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One row an operation, in order of call; every column is a contiguous array of length n.

    ``call``, ``ret``: int64 event indexes (``ret`` is NEVER when indeterminate); ``process``
    int64; ``key`` int32 into ``keys``; ``f`` int16 into ``functions``; ``outcome`` int8 (OK,
    FAIL, INFO); ``error`` int32 into ``errors`` and ``node`` int32 into ``nodes`` (number 0
    is None in both); ``call_ns``, ``ret_ns`` int64 (NEVER when indeterminate).

    ``input`` and ``output`` are int32 into ``values``. A value that is a list of exactly two
    elements is kept as its two elements, the second in ``input2`` (``output2``), which is
    NO_VALUE for every other value: so a compare-and-set's [expected, new] needs no decoding,
    however many different ones there are.
    """

    call: Int64
    ret: Int64
    process: Int64
    key: Int32
    f: Int16
    outcome: Int8
    input: Int32
    input2: Int32
    output: Int32
    output2: Int32
    error: Int32
    node: Int32
    call_ns: Int64
    ret_ns: Int64
    keys: Values
    functions: list[str]
    values: Values
    errors: list[str | None]
    nodes: list[str | None]

    def __len__(self) -> int:
        return len(self.call)

    def rows_by_key(self) -> list[Int64]:
        """For each key number the rows that touch it, in order of call (a stable sort, n log n).

        Number 0 is nil, which most histories use either for every operation or for none, so
        some entries may be empty.
        """
        order = np.argsort(self.key, kind="stable")
        edges = np.searchsorted(self.key[order], np.arange(1, len(self.keys)))
        return np.split(order, edges)

    def take(self, rows: Int64) -> Table:
        """The table of some rows only; values, keys and names are shared."""
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return replace(self, **columns)

    def operation(self, row: int) -> Operation:
        """The operation of a row, as an object."""
        ret, ret_ns = int(self.ret[row]), int(self.ret_ns[row])
        return Operation(
            call=int(self.call[row]),
            ret=None if ret == NEVER else ret,
            process=int(self.process[row]),
            f=self.functions[self.f[row]],
            key=self.keys[int(self.key[row])],
            input=_value(self.values, int(self.input[row]), int(self.input2[row])),
            output=_value(self.values, int(self.output[row]), int(self.output2[row])),
            outcome=OUTCOMES[self.outcome[row]],
            call_ns=int(self.call_ns[row]),
            ret_ns=None if ret_ns == NEVER else ret_ns,
            node=self.nodes[self.node[row]],
            error=self.errors[self.error[row]],
        )


_COLUMNS = (
    *("call", "ret", "process", "key", "f", "outcome", "input", "input2", "output", "output2"),
    *("error", "node", "call_ns", "ret_ns"),
)


class Operations(Sequence[Operation]):
    """A table seen as a sequence of operations, each made when it is asked for."""

    __slots__ = ("table",)

    def __init__(self, table: Table) -> None:
        self.table = table

    def __len__(self) -> int:
        return len(self.table)

    @overload
    def __getitem__(self, row: int) -> Operation: ...

    @overload
    def __getitem__(self, row: slice) -> list[Operation]: ...

    def __getitem__(self, row: int | slice) -> Operation | list[Operation]:
        if isinstance(row, slice):
            return [self.table.operation(one) for one in range(*row.indices(len(self)))]
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        return self.table.operation(row if row >= 0 else row + len(self))

    def __iter__(self) -> Iterator[Operation]:
        return map(self.table.operation, range(len(self)))


def table_of(operations: Sequence[Operation] | Table) -> Table:
    """The table of some operations, sorted by call; a table or a view of one costs nothing.

    About 3 µs an operation.
    """
    if isinstance(operations, Table):
        return operations
    if isinstance(operations, Operations):
        return operations.table
    ordered = sorted(operations, key=lambda operation: operation.call)
    n = len(ordered)
    keys, values = Interner(), Interner()
    functions: dict[str, int] = {}
    errors: dict[str | None, int] = {None: 0}
    nodes: dict[str | None, int] = {None: 0}
    codes = {outcome: code for code, outcome in enumerate(OUTCOMES)}
    inputs = [pair_numbers(values, o.input) for o in ordered]
    outputs = [pair_numbers(values, o.output) for o in ordered]
    both = np.array(inputs, np.int32).reshape(n, 2), np.array(outputs, np.int32).reshape(n, 2)
    return Table(
        call=np.fromiter((o.call for o in ordered), np.int64, n),
        ret=np.fromiter((NEVER if o.ret is None else o.ret for o in ordered), np.int64, n),
        process=np.fromiter((o.process for o in ordered), np.int64, n),
        key=np.fromiter((keys.number(o.key) for o in ordered), np.int32, n),
        f=np.fromiter((functions.setdefault(o.f, len(functions)) for o in ordered), np.int16, n),
        outcome=np.fromiter((codes[o.outcome] for o in ordered), np.int8, n),
        input=np.ascontiguousarray(both[0][:, 0]),
        input2=np.ascontiguousarray(both[0][:, 1]),
        output=np.ascontiguousarray(both[1][:, 0]),
        output2=np.ascontiguousarray(both[1][:, 1]),
        error=np.fromiter((errors.setdefault(o.error, len(errors)) for o in ordered), np.int32, n),
        node=np.fromiter((nodes.setdefault(o.node, len(nodes)) for o in ordered), np.int32, n),
        call_ns=np.fromiter((o.call_ns for o in ordered), np.int64, n),
        ret_ns=np.fromiter((NEVER if o.ret_ns is None else o.ret_ns for o in ordered), np.int64, n),
        keys=keys.values(),
        functions=list(functions),
        values=values.values(),
        errors=list(errors),
        nodes=list(nodes),
    )


def pair_numbers(values: Interner, value: Any) -> tuple[int, int]:
    """The numbers of a value as the columns keep it: those of two elements, or one and NO_VALUE."""
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return values.number(value[0]), values.number(value[1])
    return values.number(value), NO_VALUE


def _value(values: Values, first: int, second: int) -> Any:
    return values[first] if second == NO_VALUE else [values[first], values[second]]
