"""Transactions in flat columns: what every inference reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from histories.table import OK, Int8, Int32, Int64

READ, WRITE, SILENT = 0, 1, 2
"""Kinds of a step: a read that was answered, a write or append, a read that says nothing."""
NOTHING = 0
"""The number of nil among values: what a register holds before anybody wrote to it."""

LIST_APPEND, RW_REGISTER = "list-append", "rw-register"


@dataclass(frozen=True, slots=True, eq=False)
class Transactions:
    """One row a transaction, in order of call, whatever became of it.

    ``call``, ``ret``: int64[n] indexes of events (``ret`` is NEVER when it is not known how it
    ended); ``process`` int64[n]; ``outcome`` int8[n] (OK, FAIL, INFO of a table).

    Steps of transaction t are ``first[t]`` to ``first[t + 1]`` (int64[n+1]) of the columns
    ``kind`` int8[m] (READ, WRITE, SILENT), ``key`` int32[m] into ``keys`` and ``value`` int32[m]
    into ``values``: what a step wrote or appended, and of a register what it read. A read of a
    list saw ``elements[begin[s] : begin[s] + length[s]]`` (int64[m], int32[m]; int32 into
    ``values``), nil being the empty list. ``lists``: this is list-append, and else registers.
    ``groups``: the key of the operation that each of ``keys`` belongs to, most often None.
    """

    lists: bool
    call: Int64
    ret: Int64
    process: Int64
    outcome: Int8
    first: Int64
    kind: Int8
    key: Int32
    value: Int32
    begin: Int64
    length: Int32
    elements: Int32
    keys: list[Any]
    values: list[Any]
    groups: list[Any]

    def __len__(self) -> int:
        return len(self.call)

    @property
    def model(self) -> str:
        """The name of the model."""
        return LIST_APPEND if self.lists else RW_REGISTER

    def steps(self, transaction: int) -> range:
        """The steps of a transaction, by number."""
        return range(int(self.first[transaction]), int(self.first[transaction + 1]))

    def seen(self, step: int) -> list[int]:
        """The numbers of the elements that a read of a list saw."""
        begin = int(self.begin[step])
        return [int(one) for one in self.elements[begin : begin + int(self.length[step])]]

    def happened_surely(self) -> Int8:
        """int8[n]: 1 where the transaction was acknowledged."""
        return np.ascontiguousarray((self.outcome == OK).astype(np.int8))
