"""Jepsen's independent keys: `[k v]` as the value of every operation on one of many objects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from histories.event import NEMESIS, Event, EventType
from histories.table import NO_VALUE, OK, Int32, Table, pair_numbers
from histories.values import OTHER, Interner, Values, layout


def are_keys(table: Table) -> bool:
    """Whether the values can only be independent keys and their values.

    Every invocation carries a pair whose first element is no list; of the operations that
    succeeded every completion does, with the same first element; and something is invoked
    with `[k nil]`, as reads and dequeues are. So a compare-and-set's [expected, new] or a
    write of a vector is never taken for one: whoever reads invokes with plain nil there.
    """
    if not len(table) or table.key.any() or (table.input2 == NO_VALUE).any():
        return False
    succeeded = table.outcome == OK
    if (table.output2[succeeded] == NO_VALUE).any():
        return False
    if (table.output[succeeded] != table.input[succeeded]).any():
        return False
    firsts = np.unique(table.input)
    nested = table.values.kinds[firsts] == OTHER
    return not nested.any() and bool((table.input2 == 0).any())


def split(table: Table) -> Table:
    """The table with the first element of each pair as the key and the second as the value.

    An operation that has a key, or was invoked with no pair, stays as it is, and so does a
    completion that carries no pair of that key (`:timed-out`). Linear.
    """
    rows = (table.input2 != NO_VALUE) & (table.key == 0)
    keys = Interner()
    for known in table.keys:
        keys.number(known)
    firsts, inverse = np.unique(table.input[rows], return_inverse=True)
    numbers = [keys.number(table.values[int(number)]) for number in firsts]
    key = table.key.copy()
    key[rows] = np.array(numbers, np.int32)[inverse]
    answered = rows & (table.output2 != NO_VALUE) & (table.output == table.input)
    first, second, values = _unpaired(
        table.values, np.union1d(table.input2[rows], table.output2[answered])
    )
    columns: dict[str, Any] = {}
    for name, which in (("input", rows), ("output", answered)):
        one, two = getattr(table, name).copy(), getattr(table, name + "2").copy()
        left = two[which]
        one[which], two[which] = first[left], second[left]
        columns |= {name: one, name + "2": two}
    return replace(table, key=key, keys=keys.values(), values=values, **columns)


def _unpaired(values: Values, used: Int32) -> tuple[Int32, Int32, Values]:
    """How each value number stands in two columns, and the values with what that adds."""
    first = np.arange(len(values), dtype=np.int32)
    second = np.full(len(values), NO_VALUE, np.int32)
    lists = [
        (int(number), value)
        for number in used[values.kinds[used] == OTHER]
        if isinstance(value := values[int(number)], list) and len(value) == 2
    ]
    if lists:
        interner = Interner()
        for value in values:
            interner.number(value)
        for number, value in lists:
            first[number], second[number] = pair_numbers(interner, value)
        values = interner.values()
    return first, second, values


def split_event(event: Event) -> Event:
    """The event with its pair split, as ``split`` does for a table."""
    value: Any = event.value
    if event.key is not None or not isinstance(value, list) or len(value) != 2:
        return event
    return replace(event, key=value[0], value=value[1])


class Suspicion:
    """Follows events whose values may yet turn out to be independent keys and their values.

    ``possible``: no event so far keeps ``are_keys`` from holding of the whole history; once
    False it stays so. ``likely``: something was invoked with `[k nil]`.
    """

    def __init__(self) -> None:
        self.possible = True
        self.likely = False
        self._open: dict[int | str, tuple[int, int, bytes] | None] = {}

    def add(self, event: Event) -> None:
        """Take the next event."""
        if event.process == NEMESIS:
            return
        if event.type is EventType.INVOKE:
            first = _first(event)
            self._open[event.process] = first
            self.possible &= event.key is None and first is not None and first[0] != OTHER
            self.likely |= self.possible and event.value[1] is None
            return
        first = self._open.pop(event.process, None)
        if event.type is EventType.OK:
            self.possible &= _first(event) == first


def _first(event: Event) -> tuple[int, int, bytes] | None:
    """What the first element of a pair is compared by; None when the value is no pair."""
    value: Any = event.value
    return layout(value[0]) if isinstance(value, list) and len(value) == 2 else None
