"""A table of operations to columns of transactions."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

import numpy as np

from checker.transactions.columns import (
    LIST_APPEND,
    READ,
    SILENT,
    WRITE,
    Transactions,
)
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.table import NO_VALUE, OK, Table
from histories.values import Interner, Values

FUNCTIONS = ("txn",)
READS = ("r", "read")
WRITES = {"list-append": ("append",), "rw-register": ("w", "write")}
_ANY = (*READS, *(name for names in WRITES.values() for name in names))


def transactions_of(table: Table, model: str, *, nil_says_nothing: bool = False) -> Transactions:
    """The transactions of ``table``, read as those of ``model``; some 5 µs a step.

    A transaction is a ``txn`` of [f, key, value]. Of one that was acknowledged the completion
    says what it did, of any other the invocation what it would have done, and its reads nothing.
    A read of nil saw nothing written yet; under ``nil_says_nothing`` it is no answer. Lists and
    registers of operations with different keys are different ones.

    Raises HistoryError for what is no transaction of the model, up to twenty of them.
    """
    intake = _Intake(model, nil_says_nothing)
    values = table.values
    problems: list[Problem] = []
    txn = [name in FUNCTIONS for name in table.functions]
    for row in range(len(table)):
        try:
            if not txn[table.f[row]]:
                name = table.functions[table.f[row]]
                raise _Misfit(f"{name!r} is no operation of the model {model!r} (txn).")
            known = table.outcome[row] == OK and table.output[row] != 0
            first, second = (table.output, table.output2) if known else (table.input, table.input2)
            key = int(table.key[row])
            intake.add(_steps(values, int(first[row]), int(second[row])), known, key, table)
        except _Misfit as misfit:
            problems.append(
                Problem(
                    f"event {int(table.call[row])}",
                    str(misfit),
                    f"A txn is a list of [f, key, value]; f is r or {WRITES[model][0]}.",
                )
            )
            if len(problems) >= PROBLEMS_MAX:
                break
    if problems:
        raise HistoryError(problems)
    return intake.columns(table)


class _Misfit(Exception):
    """What is no transaction, in words."""


def _steps(values: Values, first: int, second: int) -> Any:
    return values[first] if second == NO_VALUE else [values[first], values[second]]


class _Intake:
    """Collects columns, one transaction after the other."""

    def __init__(self, model: str, nil_says_nothing: bool) -> None:
        self._model, self._nil = model, nil_says_nothing
        self._lists = model == LIST_APPEND
        self._writes = WRITES[model]
        self._keys: dict[tuple[int, int], int] = {}
        self._names, self._values = Interner(), Interner()
        self._first = array("q", [0])
        self._kind, self._key, self._value = array("b"), array("i"), array("i")
        self._begin, self._length, self._elements = array("q"), array("i"), array("i")

    def add(self, steps: Any, known: bool, group: int, table: Table) -> None:
        """Take the steps of the next transaction."""
        if not isinstance(steps, list):
            raise _Misfit(f"a txn of {steps!r}: a list is expected.")
        for f, name, value in self._checked(steps):
            number = (group, self._names.number(name))
            key = self._keys.setdefault(number, len(self._keys))
            self._key.append(key)
            self._begin.append(len(self._elements))
            if f in self._writes:
                self._step(WRITE, self._values.number(value), 0)
            elif not known or (value is None and self._nil):
                self._step(SILENT, 0, 0)
            elif self._lists:
                for element in value or ():
                    self._elements.append(self._values.number(element))
                self._step(READ, 0, len(value or ()))
            else:
                self._step(READ, self._values.number(value), 0)
        self._first.append(len(self._kind))

    def _step(self, kind: int, value: int, length: int) -> None:
        self._kind.append(kind)
        self._value.append(value)
        self._length.append(length)

    def _checked(self, steps: list[Any]) -> Iterator[list[Any]]:
        for step in steps:
            if not isinstance(step, list) or len(step) not in (2, 3):
                raise _Misfit(f"a txn with {step!r}: [f, key, value] is expected.")
            f = step[0]
            if f not in (*READS, *self._writes):
                known = f"'{f}' is of another model" if f in _ANY else f"{f!r} is not known"
                raise _Misfit(f"a txn with {step!r}: {known}.")
            if len(step) == 2:
                if f not in READS:
                    raise _Misfit(f"a txn with {step!r}: nothing is said of what it wrote.")
                step = [*step, None]
            if f in READS and self._lists and not (step[2] is None or isinstance(step[2], list)):
                raise _Misfit(f"a txn that read {step[2]!r}: a list or nil is expected.")
            if f in self._writes and not self._lists and step[2] is None:
                raise _Misfit("a txn that wrote nil: nil is what nobody wrote.")
        for step in steps:
            yield step if len(step) == 3 else [*step, None]

    def columns(self, table: Table) -> Transactions:
        """What was collected."""
        names, groups = self._names.values(), table.keys
        keys = [names[name] for _, name in self._keys]
        return Transactions(
            self._lists,
            np.ascontiguousarray(table.call),
            np.ascontiguousarray(table.ret),
            np.ascontiguousarray(table.process),
            np.ascontiguousarray(table.outcome),
            np.array(self._first, np.int64),
            np.array(self._kind, np.int8),
            np.array(self._key, np.int32),
            np.array(self._value, np.int32),
            np.array(self._begin, np.int64),
            np.array(self._length, np.int32),
            np.array(self._elements, np.int32),
            keys,
            list(self._values.values()),
            [groups[group] for group, _ in self._keys],
        )
