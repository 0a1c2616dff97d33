"""From a refuted history of thousands of operations to the few that show why.

Most of what makes a history impossible lies close together, in values or in time. So the
culprit's values are tried first, alone and with those of its neighbours; then windows before
the culprit, begun at ever earlier operations that pin the state; and only if none of these is
refuted by itself the whole prefix, by delta debugging (Zeller & Hildebrandt 2002) over values
and then operations. All by relaxations, so that what is refuted at the end refutes it all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from checker.linearizability.aspect import Unsound
from checker.linearizability.columns import rows_that_matter
from checker.linearizability.exhaustive import some_order
from checker.linearizability.relaxation import Cut, Drop, Fold, Only, Relaxation, Relaxer, Start
from histories.canonical import canonical
from histories.event import Operation
from histories.table import NEVER, Operations, Table

Refuted = Callable[[Sequence[Operation]], bool]
"""Whether a history is surely not linearizable (an undecided one is not)."""

QUICK_STEPS = 20_000
QUICK_MAX = 400
"""Operations up to which a candidate is first tried here, before an engine is asked."""
NEIGHBOURS = 12
"""Operations on each side of one that has the culprit's value, whose values are tried with it."""
PARTNERS_MAX = 64
WINDOW_MAX = 2_048
"""Completions before the culprit among which windows begin."""
PINS_TRIED = 8
PAIRS_MAX = 16


class Shrunk(NamedTuple):
    """A refuted history, and the steps that lead to it from the one it shows impossible."""

    operations: list[Operation]
    steps: tuple[Relaxation, ...]


class Shrinker:
    """Shrinks one key's history, of which the prefix up to the culprit's return is refuted.

    ``table`` has the operations of that key, ``search`` decides by an engine; when
    ``out_of_time``, what there is by then is given. ``telling``: calls of operations that stay
    if they can: that a value was overwritten can be proved without the write, but not told.
    """

    def __init__(
        self,
        table: Table,
        culprit: Operation,
        relaxer: Relaxer,
        search: Refuted,
        out_of_time: Callable[[], bool],
        telling: Collection[int] = (),
    ) -> None:
        assert culprit.ret is not None
        self.table = table
        self.culprit = culprit
        self.cut = Cut(culprit.ret)
        self.relaxer = relaxer
        self.search = search
        self.out_of_time = out_of_time
        self.telling = {culprit.call, *telling}

    def shrunk(self, hints: Collection[int] = ()) -> Shrunk:
        """The smallest found. ``hints``: calls of operations that are likely to matter."""
        found = self._by_values({*hints, *self.telling}) or self._by_window()
        if found is None:
            whole = self._taken((self.cut,))
            assert whole is not None
            found = self._fewer_values(whole)
        return self._fewer(found)

    def refuted(self, operations: Sequence[Operation]) -> bool:
        """Whether these are refuted: by trying the orders if few, else by search."""
        if len(operations) <= QUICK_MAX:
            answer = some_order(operations, self.relaxer.model, self.relaxer.reading, QUICK_STEPS)
            if answer is not None:
                return not answer
        return self.search(operations)

    def _taken(self, steps: tuple[Relaxation, ...]) -> Shrunk | None:
        """The history after ``steps``; None when a step is not possible."""
        rows = rows_that_matter(self.table, steps, self.relaxer.aspect)
        try:
            return Shrunk(self.relaxer.relaxed(Operations(self.table.take(rows)), steps), steps)
        except Unsound:
            return None

    def _next(self, before: Shrunk, step: Relaxation) -> Shrunk | None:
        """One step more, if it is possible, leaves less, and what it leaves is refuted.

        The operations that tell stay.
        """
        try:
            left = step.apply(before.operations, self.relaxer)
        except Unsound:
            return None
        if {o.call for o in before.operations} & self.telling - {o.call for o in left}:
            return None
        size, narrower = len(before.operations), isinstance(step, Only)
        if len(left) > size or (len(left) == size and not narrower):
            return None
        if self.out_of_time() or not self.refuted(left):
            return None
        steps = before.steps
        if isinstance(step, Only) and isinstance(steps[-1], Only):
            steps = steps[:-1]
        return Shrunk(left, (*steps, step))

    def _by_values(self, hints: Collection[int]) -> Shrunk | None:
        """The culprit's values alone, or with those of a neighbour or of all the hints."""
        own = self._values([self.culprit])
        columns = self.relaxer.aspect.columns
        if columns and self.culprit.f not in columns:
            # It answered a whole collection; what others say it lacks, or has, is the matter.
            own = self._values(self._adding(hints))
        if not own:
            return None
        sets = [own]
        hinted = list(Operations(self.table.take(self._rows_at(hints))))
        if len(hinted) > 1 and self.culprit.f in columns:
            sets.insert(0, own | self._values(hinted))
        sets += [own | {name: value} for name, value in self._partners(own).items()]
        for values in sets:
            if self.out_of_time():
                return None
            only = Only(tuple(values.values()))
            found = self._taken((self.cut, only))
            if found is not None and self.refuted(found.operations):
                return found
        return None

    def _adding(self, calls: Collection[int]) -> list[Operation]:
        columns = self.relaxer.aspect.columns
        return [o for o in Operations(self.table.take(self._rows_at(calls))) if o.f in columns]

    def _values(self, operations: Iterable[Operation]) -> dict[Hashable, Any]:
        found: dict[Hashable, Any] = {}
        for operation in operations:
            for value in self.relaxer.aspect.values(operation):
                found.setdefault(canonical(value), value)
        return found

    def _partners(self, own: dict[Hashable, Any]) -> dict[Hashable, Any]:
        """Other values of operations near those that concern the culprit's."""
        if not self.relaxer.aspect.columns:
            return {}
        near: set[int] = set()
        only = Only(tuple(own.values()))
        rows = rows_that_matter(self.table, (self.cut, only), self.relaxer.aspect)
        for row in rows[-PARTNERS_MAX:].tolist():
            near.update(range(row - NEIGHBOURS, row + NEIGHBOURS))
        inside = [row for row in sorted(near) if 0 <= row < len(self.table)]
        found = self._values(self.table.operation(row) for row in inside)
        others = [(name, value) for name, value in found.items() if name not in own]
        return dict(others[-PARTNERS_MAX:])

    def _rows_at(self, calls: Collection[int]) -> Any:
        return np.flatnonzero(np.isin(self.table.call, list(calls)))

    def _by_window(self) -> Shrunk | None:
        """What happened since some operation pinned the state, for ever earlier ones."""
        before = np.flatnonzero((self.table.ret < self.culprit.call) & (self.table.ret != NEVER))
        order = np.argsort(-self.table.ret[before], kind="stable")[:WINDOW_MAX]
        candidates = before[order].tolist()
        own = self._values([self.culprit])
        position = 0
        while position < len(candidates) and not self.out_of_time():
            anchor = self._pin(candidates[position : position + PINS_TRIED])
            if anchor is not None:
                found = self._since(anchor, own | self._values([anchor]) if own else {})
                if found is not None:
                    return found
            position = 2 * position + 1
        return None

    def _pin(self, rows: Sequence[int]) -> Operation | None:
        """The first of these rows after which the state is known."""
        for row in rows:
            operation = self.table.operation(row)
            pins = self.relaxer.aspect.founding(operation, ()) is not None
            if pins and self.relaxer.effect(operation) is not None:
                return operation
        return None

    def _since(self, anchor: Operation, values: dict[Hashable, Any]) -> Shrunk | None:
        ways: list[tuple[Relaxation, ...]] = [(self.cut, Start(anchor.call))]
        if values:
            ways.insert(0, (self.cut, Only(tuple(values.values())), Start(anchor.call)))
        for steps in ways:
            found = self._taken(steps)
            if found is not None and self.refuted(found.operations):
                return found
        return None

    def _fewer_values(self, found: Shrunk) -> Shrunk:
        """Leaves out ever fewer values at a time, while what is left is still refuted."""
        values = self._values(found.operations)
        size = len(values) // 2
        while size and not self.out_of_time():
            names = list(values)
            for start in range(0, len(names), size):
                gone = set(names[start : start + size])
                left = {name: value for name, value in values.items() if name not in gone}
                if (less := self._next(found, Only(tuple(left.values())))) is not None:
                    found, values = less, left
            size //= 2
        return found

    def _fewer(self, found: Shrunk) -> Shrunk:
        """Leaves out values and operations until neither one, nor two together, can go."""
        while not self.out_of_time():
            before = found
            found = self._fewer_operations(self._fewer_values(found))
            found = self._next(found, Fold()) or found
            if len(found.operations) == len(before.operations):
                pair = self._less_a_pair(found)
                if pair is None:
                    break
                found = pair
        return found

    def _fewer_operations(self, found: Shrunk) -> Shrunk:
        """What nobody can see, all at once; then ever smaller stretches, the oldest first."""
        stays = self._protected(found)
        observer = self.relaxer.observer
        found = self._less(found, {o.call for o in found.operations if not observer(o)} - stays)
        size = max(len(found.operations) // 2, 1)
        while not self.out_of_time():
            start, shorter = 0, False
            while start < len(found.operations):
                stretch = {o.call for o in found.operations[start : start + size]} - stays
                less = self._less(found, stretch)
                shorter |= less is not found
                start += size if less is found else 0
                found = less
            if size == 1 and not shorter:
                break
            size = max(size // 2, 1)
        return found

    def _protected(self, found: Shrunk) -> set[int]:
        """What tells, and what the history begins with: without them nobody would understand."""
        founders = {o.call for o in found.operations if o.process < 0}
        anchors = {step.after for step in found.steps if isinstance(step, Start)}
        return self.telling | (founders or anchors)

    def _less(self, found: Shrunk, unwanted: Collection[int]) -> Shrunk:
        """Without as many of ``unwanted`` as may go, if that is still refuted."""
        going = self.relaxer.droppable(found.operations, unwanted) if unwanted else set()
        if not going:
            return found
        return self._next(found, Drop(frozenset(going))) or found

    def _less_a_pair(self, found: Shrunk) -> Shrunk | None:
        """Less two operations that only go together, such as a write and its reader."""
        stays = self._protected(found)
        calls = [o.call for o in found.operations if o.call not in stays]
        if len(calls) > PAIRS_MAX:
            return None
        for couple in combinations(calls, 2):
            if self.out_of_time():
                break
            if set(couple) == self.relaxer.droppable(found.operations, couple):
                less = self._next(found, Drop(frozenset(couple)))
                if less is not None:
                    return less
        return None
