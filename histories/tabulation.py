"""Events to a table, one at a time: what every careful reader feeds."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from histories.errors import HistoryError, Problem
from histories.event import NEMESIS, Event, EventType
from histories.pairing import Pairing
from histories.places import Places
from histories.table import FAIL, INFO, NEVER, NO_VALUE, OK, Table, pair_numbers
from histories.values import Interner

_CODES = {EventType.OK: OK, EventType.FAIL: FAIL, EventType.INFO: INFO}
_COLUMNS: dict[str, type[np.signedinteger[Any]]] = {
    "call": np.int64,
    "ret": np.int64,
    "process": np.int64,
    "key": np.int32,
    "f": np.int16,
    "outcome": np.int8,
    "input": np.int32,
    "input2": np.int32,
    "output": np.int32,
    "output2": np.int32,
    "error": np.int32,
    "node": np.int32,
    "call_ns": np.int64,
    "ret_ns": np.int64,
}
_TYPECODES = {np.int64: "q", np.int32: "i", np.int16: "h", np.int8: "b"}
FUNCTIONS_MAX = 2**15 - 1
"""As many as the column of functions can number."""


class Tabulation:
    """Collects a history's table from its events in order; some 5 µs an event.

    Values, keys, functions, nodes and errors are numbered as they first appear in the events
    of clients. ``where`` names a line. Problems of pairing are kept until ``table``.
    """

    def __init__(self, where: Callable[[int], str]) -> None:
        self.places = Places()
        self._where = where
        self._pairing = Pairing(where)
        self._columns = {name: array(_TYPECODES[kind]) for name, kind in _COLUMNS.items()}
        self._keys, self._values = Interner(), Interner()
        self._functions: dict[str, int] = {}
        self._errors: dict[str | None, int] = {None: 0}
        self._nodes: dict[str | None, int] = {None: 0}

    @property
    def problems(self) -> list[Problem]:
        """What did not pair, so far."""
        return self._pairing.problems

    def add(self, event: Event, line: int) -> None:
        """Take the next event, which stood in this line."""
        self.places.add(event.index, line)
        if event.process == NEMESIS or self._pairing.full:
            return
        if event.type is EventType.INVOKE:
            self._pairing.invoke(event, line)
            self._begin(event, line)
        elif (call := self._pairing.complete(event, line)) is not None:
            self._end(event, call.row)

    def table(self) -> Table:
        """The table of what was added. Raises HistoryError with every misfit (up to twenty)."""
        if self._pairing.problems:
            raise HistoryError(self._pairing.problems)
        columns: dict[str, npt.NDArray[Any]] = {
            name: np.array(self._columns[name], kind) for name, kind in _COLUMNS.items()
        }
        return Table(
            **columns,
            keys=self._keys.values(),
            functions=list(self._functions),
            values=self._values.values(),
            errors=list(self._errors),
            nodes=list(self._nodes),
        )

    def _begin(self, event: Event, line: int) -> None:
        function = self._functions.setdefault(event.f, len(self._functions))
        if function > FUNCTIONS_MAX:
            seen = f"{function + 1:,} different functions up to here."
            self.problems.append(
                Problem(self._where(line), seen, f"At most {FUNCTIONS_MAX:,} are told apart.")
            )
            self._functions.popitem()
            function = 0
        first, second = pair_numbers(self._values, event.value)
        columns = self._columns
        columns["call"].append(event.index)
        columns["ret"].append(NEVER)
        columns["process"].append(int(event.process))
        columns["key"].append(self._keys.number(event.key))
        columns["f"].append(function)
        columns["outcome"].append(INFO)
        columns["input"].append(first)
        columns["input2"].append(second)
        columns["output"].append(0)
        columns["output2"].append(NO_VALUE)
        columns["error"].append(0)
        columns["node"].append(self._nodes.setdefault(event.node, len(self._nodes)))
        columns["call_ns"].append(event.time)
        columns["ret_ns"].append(NEVER)

    def _end(self, event: Event, row: int) -> None:
        first, second = pair_numbers(self._values, event.value)
        columns = self._columns
        columns["outcome"][row] = code = _CODES[event.type]
        if code != INFO:
            columns["ret"][row] = event.index
            columns["ret_ns"][row] = event.time
        columns["output"][row] = first
        columns["output2"][row] = second
        columns["error"][row] = self._errors.setdefault(event.error, len(self._errors))
