"""Takes the steps of an order, one by one in principle, in whole columns where that can be."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from checker.linearizability.workings import working_of
from checker.models.model import Kind, Model
from checker.reading import Reading
from checker.wording import show
from histories.canonical import canonical
from histories.table import FAIL, NO_VALUE, OK, Table
from histories.values import OTHER

Bools = npt.NDArray[np.bool_]
Int8 = npt.NDArray[np.int8]
Int64 = npt.NDArray[np.int64]

NOTHING = -1
"""The kind of an operation that asserts nothing and changes nothing."""


class Misstep(NamedTuple):
    """Where an order goes wrong: the place in it, whether the operation there asserts nothing
    (``idle``), else ``why`` it is impossible: in which state."""

    place: int
    idle: bool
    why: str = ""


def impossible_step(
    table: Table, row: Int64, starts: Int64, model: Model, reading: Reading
) -> tuple[Bools, Misstep | None]:
    """For each row of the table whether it asserts something; the first step that cannot be.

    ``row``: int64, rows of the table in order, part after part; ``starts``: int64[P+1], where
    each part begins. Registers in a dozen passes over columns; other objects step by step with
    ``Model.effect``, asked once for equal operations, and ``Model.step``.
    """
    if model.family == "register":
        kind, expected, new = register_effects(table, reading)
        return kind != NOTHING, _register_misstep(table, row, starts, kind, expected, new)
    return _object_misstep(table, row, starts, model, reading)


def register_effects(table: Table, reading: Reading) -> tuple[Int8, Int64, Int64]:
    """What each row does to a register: kind (NOTHING or of Kind), expected and new value.

    Restates ``checker/models/registers.py`` in columns; a test compares the two. Values are
    numbers that are equal exactly when the values are, nil's is 0.
    """
    codes = {name: number for number, name in enumerate(table.functions)}
    none = len(codes)
    write, read, cas = (table.f == codes.get(name, none) for name in ("write", "read", "cas"))
    ok, failed = table.outcome == OK, table.outcome == FAIL
    observes = np.array([reading.observes_mismatch(error) for error in table.errors], np.bool_)
    kind = np.full(len(table), NOTHING, np.int8)
    expected, new = np.zeros(len(table), np.int64), np.zeros(len(table), np.int64)
    written, seen = table.input.astype(np.int64), table.output.astype(np.int64)
    _merge_pairs(table, write, table.input2, written)
    _merge_pairs(table, read, table.output2, seen)
    kind[write & ~failed] = Kind.WRITE
    asserting = read & ok
    if reading.nil_read == "anything":
        asserting &= seen != 0
    kind[asserting] = Kind.READ
    kind[cas & ~failed] = Kind.CAS
    kind[cas & failed & observes[table.error]] = Kind.DIFFERS
    new[write] = written[write]
    expected[read] = seen[read]
    expected[cas] = table.input[cas]
    new[cas] = table.input2[cas]
    return kind, expected, new


def _merge_pairs(table: Table, where: Bools, second: Any, numbers: Int64) -> None:
    """Give a value that is a list of two, kept as two numbers, the one number it has or gets.

    In a compare-and-set the same list is a value among ``table.values``.
    """
    pairs = (where & (second != NO_VALUE)).nonzero()[0]
    if not len(pairs):
        return
    known = {
        canonical(value): number
        for number, value in enumerate(table.values)
        if table.values.kinds[number] == OTHER
    }
    for row in pairs.tolist():
        value = [table.values[int(numbers[row])], table.values[int(second[row])]]
        # A number beyond those of the table is the same for equal lists in any column.
        first = numbers[row] * len(table.values) + second[row] + len(table.values)
        numbers[row] = known.get(canonical(value), int(first))


def _register_misstep(
    table: Table, row: Int64, starts: Int64, kind: Int8, expected: Int64, new: Int64
) -> Misstep | None:
    kind, expected, new = kind[row], expected[row], new[row]
    place = np.arange(len(row))
    mutates = (kind == Kind.WRITE) | (kind == Kind.CAS)
    # The last mutator before each place, and nil where there is none in its part.
    last = np.maximum.accumulate(np.where(mutates, place, -1))
    last = np.concatenate([np.full(1, -1), last[:-1]]) if len(row) else last
    first = np.repeat(starts[:-1], np.diff(starts))
    state = np.where(last >= first, new[last], 0) if len(row) else new
    idle = kind == NOTHING
    equal = state == expected
    wrong = idle | np.where(kind == Kind.DIFFERS, equal, ~equal & (kind != Kind.WRITE))
    if not wrong.any():
        return None
    where = int(wrong.argmax())
    number = int(state[where])
    shown = table.values[number] if number < len(table.values) else "a list of two"
    return Misstep(where, bool(idle[where]), f"when the state is {show(shown)}")


def _object_misstep(
    table: Table, row: Int64, starts: Int64, model: Model, reading: Reading
) -> tuple[Bools, Misstep | None]:
    numbers, effects = effects_of(table, model, reading)
    asserts = np.array([effect is not None for effect in effects], np.bool_)[numbers]
    order = numbers[row].tolist()
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        problem = _misstep(model, [effects[number] for number in order[start:end]])
        if problem is not None:
            return asserts, problem._replace(place=start + problem.place)
    return asserts, None


def effects_of(table: Table, model: Model, reading: Reading) -> tuple[Int64, list[Any]]:
    """For each row the number of its effect, and the effects; equal rows are asked of once."""
    columns = (
        *(table.f, table.outcome, table.error),
        *(table.input, table.input2, table.output, table.output2),
        *(getattr(table, name) for name in model.depends_on),
    )
    numbers: dict[tuple[int, ...], int] = {}
    known: dict[Any, int] = {}
    effects: list[Any] = []
    of_row = np.empty(len(table), np.int64)
    for row, kind in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        number = numbers.get(kind)
        if number is None:
            effect = model.effect(table.operation(row), reading)
            number = numbers[kind] = known.setdefault(effect, len(effects))
            if number == len(effects):
                effects.append(effect)
        of_row[row] = number
    return of_row, effects


def _misstep(model: Model, effects: Sequence[Any]) -> Misstep | None:
    """The first step of one part that cannot be."""
    for place, effect in enumerate(effects):
        if effect is None:
            return Misstep(place, idle=True)
    working = working_of(model, effects)
    if working is None:
        return _walk(model, effects)
    for place, effect in enumerate(effects):
        if not working.take(effect):
            return Misstep(place, False, f"when the state is {show(working.state())}")
    return None


def _walk(model: Model, effects: Sequence[Any]) -> Misstep | None:
    """By ``Model.step``; where a step may go two ways, either may do."""
    state: Hashable = model.init
    choices: list[tuple[int, Hashable]] = []
    tried: set[tuple[int, Hashable]] = set()
    furthest = Misstep(-1, False)
    place = 0
    while place < len(effects):
        successors = model.step(state, effects[place])
        if len(successors) == 1:
            place, state = place + 1, successors[0]
            continue
        if not successors and place > furthest.place:
            furthest = Misstep(place, False, f"when the state is {show(state)}")
        for other in reversed(successors):
            if (place + 1, other) not in tried:
                tried.add((place + 1, other))
                choices.append((place + 1, other))
        if not choices:
            return furthest
        place, state = choices.pop()
    return None
