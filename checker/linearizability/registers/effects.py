"""What each row of a table asserts of a register, or does to it, as three columns."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from checker.linearizability.registers.layout import NOTHING, READ, WRITE
from checker.models import Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.table import NO_VALUE, Table


class Effects(NamedTuple):
    """``kind``: int8[n] of Kind or NOTHING; ``expected``, ``new``: int32[n], value numbers.

    ``values`` is one more than the greatest number: those of the table, and beyond them numbers
    for lists of two elements, which a table keeps as their elements. Number 0 is nil.
    """

    kind: npt.NDArray[np.int8]
    expected: npt.NDArray[np.int32]
    new: npt.NDArray[np.int32]
    values: int


def effects_of(table: Table, model: Model, reading: Reading, functions: Any) -> Effects:
    """The effects of all rows, as ``model.effect`` gives them one at a time; linear.

    ``functions`` has the kernel ``fill_effects``, plain or compiled.
    """
    n = len(table)
    effects = Effects(
        np.empty(n, np.int8), np.empty(n, np.int32), np.empty(n, np.int32), len(table.values)
    )
    pairs = functions.fill_effects(
        kinds_of(tuple(table.functions), len(model.functions)),
        observed_of(tuple(table.errors), reading),
        reading.nil_read == "nil",
        table.f,
        table.outcome,
        table.input,
        table.input2,
        table.output,
        table.output2,
        table.error,
        *effects[:3],
    )
    if pairs:
        return effects._replace(values=_number_pairs(table, effects))
    return effects


@lru_cache(maxsize=16)
def kinds_of(functions: tuple[str, ...], known: int) -> npt.NDArray[np.int64]:
    """The kind of each function; kept, for small histories are many and much alike."""
    names = {name: kind for kind, name in enumerate(("read", "write", "cas")[:known])}
    return np.array([names.get(name, NOTHING) for name in functions] or [NOTHING], np.int64)


@lru_cache(maxsize=16)
def observed_of(errors: tuple[str | None, ...], reading: Reading) -> npt.NDArray[np.bool_]:
    """Whether a failure with each error means that another value was seen."""
    return np.array([reading.observes_mismatch(error) for error in errors], np.bool_)


def _number_pairs(table: Table, effects: Effects) -> int:
    """Give every list of two elements a number; how many numbers there are then.

    Inside another list (what a compare-and-set expects) such a list is a value of the table,
    so equal ones must get its number.
    """
    count = len(table.values)
    numbers = {canonical(value): number for number, value in enumerate(table.values)}
    for kind, column, first, second in (
        (READ, effects.expected, table.output, table.output2),
        (WRITE, effects.new, table.input, table.input2),
    ):
        rows = np.flatnonzero((effects.kind == kind) & (second != NO_VALUE))
        codes = first[rows].astype(np.int64) << 32 | second[rows]
        distinct, places = np.unique(codes, return_inverse=True)
        known = np.empty(len(distinct), np.int32)
        for place, code in enumerate(distinct.tolist()):
            pair = [table.values[code >> 32], table.values[code & 0xFFFFFFFF]]
            name = canonical(pair)
            if name not in numbers:
                numbers[name] = count
                count += 1
            known[place] = numbers[name]
        column[rows] = known[places]
    return count
