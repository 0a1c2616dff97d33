"""Checks a certificate against a history, sharing nothing with the search that made it.

Four questions, asked of all parts at once in whole columns:

* is every operation of the order one of its key, there once, and one that asserts something?
* is every completed operation that asserts something there?
* does none come after one that began only after it had returned?
* can one copy of the object, used by one client, take every step?

The answer to all four is yes exactly when the order is a linearization (Herlihy & Wing
1990, section 2). Linear but for the numbering of calls: a million operations of a
register take a fraction of a second, other objects about 2 µs an operation.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from checker.linearizability.certificate import Certificate, CertificateError
from checker.linearizability.replaying import impossible_step
from checker.models import MODELS
from checker.models.model import Model
from checker.reading import SPLITBRAIN, Reading
from histories.canonical import canonical
from histories.event import Operation
from histories.table import INFO, NEVER, Table, table_of

Int64 = npt.NDArray[np.int64]


def verify(
    operations: Sequence[Operation] | Table,
    model: str | Model,
    certificate: Certificate | Mapping[str, Any],
    *,
    reading: Reading = SPLITBRAIN,
) -> str | None:
    """None if the certificate shows ``operations`` linearizable; else a sentence why not.

    ``certificate`` may be what ``Certificate.to_json`` gave, read back from a file. Never
    raises on a malformed one. Raises KeyError for a model that is not known by its name.
    """
    definition = MODELS[model] if isinstance(model, str) else model
    if not isinstance(certificate, Certificate):
        try:
            certificate = Certificate.from_json(certificate)
        except CertificateError as error:
            return str(error)
    for member, seen, expected in (
        ("model", certificate.model, definition.name),
        ("reading", certificate.reading, reading.name),
    ):
        if seen != expected:
            return f"the certificate's {member} is {seen!r}, not {expected!r}"
    table = table_of(operations)
    if (np.diff(table.call) <= 0).any():
        return "the history has two operations with the same call index, so no order names them"
    return _Case(table, definition, reading, certificate).problem()


class _Case:
    """A history, and an order of its operations: rows, the part of each, and what it asserts."""

    def __init__(
        self, table: Table, model: Model, reading: Reading, certificate: Certificate
    ) -> None:
        self.table = table
        self.model = model
        self.reading = reading
        self.certificate = certificate
        self.part = np.repeat(np.arange(len(certificate)), np.diff(certificate.starts))
        self.known, self.row = _rows(table, certificate.order)

    def problem(self) -> str | None:
        return self._parts() or self._places() or self._real_time() or self._steps()

    def _parts(self) -> str | None:
        """Parts and the keys of the history belong to each other, one to one."""
        if not self.model.by_key:
            if len(self.certificate) != 1:
                return f"the model {self.model.name!r} is not by key: one part is expected"
            self.key = np.zeros(1, np.int64)
            return None
        numbers = _key_numbers(self.table, self.certificate)
        unknown = (numbers < 0).nonzero()[0]
        used = np.bincount(self.table.key, minlength=len(self.table.keys))
        parts = np.bincount(numbers[numbers >= 0], minlength=len(used))
        odd = (parts != (used > 0)).nonzero()[0]
        if len(unknown):
            return f"key {self._name(int(unknown[0]))!r} is not in the history"
        if len(odd):
            key, count = self.table.keys[int(odd[0])], parts[odd[0]]
            if count == 0:
                return f"key {key!r} has no part in the certificate"
            return f"key {key!r} is not in the history, or occurs twice"
        self.key = numbers
        return None

    def _places(self) -> str | None:
        """Every row of the order is of its key, and there once."""
        strange = ~self.known
        if self.model.by_key:
            strange |= self.table.key[self.row] != self.key[self.part]
        if strange.any():
            return self._at(strange, "operation {call} is not of this key")
        times = np.bincount(self.row, minlength=len(self.table))
        if (times > 1).any():
            return self._at(times[self.row] > 1, "operation {call} occurs twice")
        self.placed = times > 0
        return None

    def _real_time(self) -> str | None:
        """None comes after one that began only after it had returned.

        Rows are in order of call, so the latest call so far is the greatest row so far; parts
        are kept apart by counting each from a multiple of n.
        """
        n = len(self.table)
        latest = np.maximum.accumulate(self.part * n + self.row) - self.part * n
        late = self.table.ret[self.row] < self.table.call[latest]
        if late.any():
            place = int(late.argmax())
            began = self.table.call[latest[place]]
            return self._at(late, f"operation {{call}} had returned before operation {began} began")
        return None

    def _steps(self) -> str | None:
        """The model takes every step, and what had to take place did."""
        asserts, problem = impossible_step(
            self.table, self.row, self.certificate.starts, self.model, self.reading
        )
        if problem is not None and problem.idle:
            return self._told(
                problem.place, "operation {call} asserts nothing and has no place in an order"
            )
        if problem is not None:
            # A state may be shown in braces, as sets are.
            why = problem.why.replace("{", "{{").replace("}", "}}")
            return self._told(problem.place, f"operation {{call}} ({{f}}) is impossible {why}")
        completed = (self.table.outcome != INFO) & (self.table.ret != NEVER)
        absent = asserts & completed & ~self.placed
        if absent.any():
            row = int(absent.argmax())
            key = self.table.keys[int(self.table.key[row])] if self.model.by_key else None
            call = self.table.call[row]
            return f"key {key!r}: operation {call} completed but is not in the order"
        return None

    def _name(self, part: int) -> Any:
        return self.certificate.part(part)[0]

    def _at(self, wrong: npt.NDArray[np.bool_], sentence: str) -> str:
        return self._told(int(wrong.argmax()), sentence)

    def _told(self, place: int, sentence: str) -> str:
        name = self._name(int(self.part[place]))
        f = self.table.functions[self.table.f[self.row[place]]] if len(self.table) else ""
        return f"key {name!r}: " + sentence.format(call=self.certificate.order[place], f=f)


def _rows(table: Table, calls: Int64) -> tuple[npt.NDArray[np.bool_], Int64]:
    """For each call whether an operation has it, and its row (0 where none has)."""
    if not len(table):
        return np.zeros(len(calls), np.bool_), np.zeros(len(calls), np.int64)
    low, span = int(table.call[0]), int(table.call[-1]) - int(table.call[0]) + 1
    if span <= 8 * len(table):
        row_at = np.full(span, -1, np.int64)
        row_at[table.call - low] = np.arange(len(table))
        inside = (calls >= low) & (calls <= table.call[-1])
        row = np.where(inside, row_at[np.where(inside, calls - low, 0)], -1)
        return row >= 0, np.maximum(row, 0)
    row = np.minimum(np.searchsorted(table.call, calls), len(table) - 1)
    return table.call[row] == calls, row


def _key_numbers(table: Table, certificate: Certificate) -> Int64:
    """The table's number of each part's key, -1 for one it does not have."""
    if certificate.keys is table.keys:
        return certificate.numbers
    numbers: dict[Hashable, int] = {canonical(key): i for i, key in enumerate(table.keys)}
    keys = (certificate.keys[int(number)] for number in certificate.numbers)
    return np.array([numbers.get(canonical(key), -1) for key in keys], np.int64)
