"""Which rows of a table concern some values, and what is left of them, without decoding all."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence, Set

import numpy as np
import numpy.typing as npt

from checker.linearizability.aspect import Aspect
from checker.linearizability.relaxation import Cut, Only, Relaxation, Start
from histories.canonical import canonical
from histories.table import NO_VALUE, OK, Table
from histories.values import INTEGER, NIL, OTHER, TEXT, Values

Bools = npt.NDArray[np.bool_]
Int64 = npt.NDArray[np.int64]


def rows_that_matter(table: Table, steps: Sequence[Relaxation], aspect: Aspect) -> Int64:
    """Rows of which ``steps`` may leave something; all others can be left out beforehand.

    A cut and a choice of values treat each operation for itself, and a start drops what had
    returned before its anchor was called; so far, what goes can go at once. It ends at the
    first step of another kind.
    """
    kept = np.ones(len(table), np.bool_)
    for step in steps:
        if isinstance(step, Cut):
            kept &= table.call <= step.end
        elif isinstance(step, Only):
            kept &= rows_with(table, {canonical(value) for value in step.values}, aspect)
        elif isinstance(step, Start):
            return np.flatnonzero(kept & (table.ret >= step.after))
        else:
            break
    return np.flatnonzero(kept)


def rows_with(table: Table, values: Set[Hashable], aspect: Aspect) -> Bools:
    """Rows of which ``Aspect.only`` may leave something among ``values`` (canonical)."""
    kept = np.ones(len(table), np.bool_)
    columns = aspect.columns
    valued = [
        (i, f, getattr(table, columns[f])) for i, f in enumerate(table.functions) if f in columns
    ]
    wanted = _wanted(table, values, [column[table.f == number] for number, _, column in valued])
    for number, f, column in valued:
        # A list of two is kept as its elements: whether it is wanted is seen later.
        second = table.output2 if columns[f] == "output" else table.input2
        gone = (table.f == number) & ~wanted[column]
        if columns[f] != "input2":
            gone &= second == NO_VALUE
        if columns[f] == "output" and f != "read":
            gone &= (table.outcome == OK) & (column != 0)
        kept &= ~gone
    return kept


def rows_naming(table: Table, values: Set[Hashable]) -> Bools:
    """Rows in which one of ``values`` (canonical) occurs at all, or a list of two as a value."""
    columns = (table.input, table.input2, table.output, table.output2)
    wanted = _wanted(table, values, columns)
    cas = np.array([name == "cas" for name in table.functions], np.bool_)[table.f]
    named: Bools = ~cas & ((table.input2 != NO_VALUE) | (table.output2 != NO_VALUE))
    for column in columns:
        named |= wanted[column] & (column != NO_VALUE)
    return named


def _wanted(table: Table, values: Set[Hashable], used: Sequence[npt.NDArray[np.int32]]) -> Bools:
    """For each number of a value whether it is wanted; only those ``used`` are looked at."""
    among = np.zeros(len(table.values) + 1, np.bool_)
    for numbers in used:
        among[numbers] = True
    wanted = np.zeros(len(table.values) + 1, np.bool_)
    wanted[numbers_of_values(table.values, values, among[:-1])] = True
    return wanted


def numbers_of_values(
    values: Values, wanted: Collection[Hashable], among: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """The numbers of those of ``values`` that are among ``wanted`` (canonical).

    ``among``: bool[V], numbers that matter. Of these integers are compared as a column, texts
    are decoded if their length fits, and the rest (lists, floats …) always.
    """
    kinds = values.kinds
    found = [np.flatnonzero((kinds == NIL) & among)] if None in wanted else []
    integers = [
        int(v)
        for v in wanted
        if isinstance(v, (int, float)) and -(2**63) <= v < 2**63 and v % 1 == 0
    ]
    if integers:
        equal = np.isin(values.numbers, np.array(integers, np.int64))
        found.append(np.flatnonzero(equal & (kinds == INTEGER) & among))
    lengths = {len(v.encode("utf-8", "surrogatepass")) for v in wanted if isinstance(v, str)}
    maybe = kinds == OTHER
    if lengths:
        maybe |= (kinds == TEXT) & np.isin(np.diff(values.offsets), list(lengths))
    decoded = np.flatnonzero(maybe & among).tolist()
    found.append(np.array([n for n in decoded if canonical(values[n]) in wanted], np.int64))
    return np.concatenate(found)
