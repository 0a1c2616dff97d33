"""Relaxations: changes that never make a linearizable history unlinearizable.

A sub-history proves nothing by itself: ``write 1, write 2, read 1``, concurrent enough
to be valid, shrinks greedily to ``read 1`` alone, which is not. So a witness is reached
by relaxations only, each with *H linearizable => R(H) linearizable*; what is refuted at
the end refutes the history it came from.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import replace
from itertools import accumulate, combinations

from checker.models.model import Effect, Kind, Model
from checker.reading import Reading
from histories.event import Operation, Outcome
from histories.table import NEVER

Refuted = Callable[[Sequence[Operation]], bool]
"""Whether a history is surely not linearizable (an undecided one is not)."""


ONE_BY_ONE_MAX = 64
PAIRS_MAX = 16


class Relaxer:
    """Relaxations of one key's operations under a model and a reading of mismatches."""

    def __init__(self, model: Model, reading: Reading) -> None:
        self._model = model
        self._reading = reading

    def effect(self, operation: Operation) -> Effect | None:
        """What the operation asserts and does."""
        effect: Effect | None = self._model.effect(operation, self._reading)
        return effect

    def prefix(self, operations: Sequence[Operation], end: int) -> list[Operation]:
        """The history up to the event ``end``: what is open then becomes indeterminate.

        Sound: a linearization of all, cut after the last operation that returned by
        ``end``, is one of the prefix; what it holds besides had been called by then or
        can be cut away, for nothing that returned by ``end`` comes after it.
        """
        kept = []
        for operation in operations:
            effect = self.effect(operation)
            if operation.call > end or effect is None:
                continue
            if operation.ret is not None and operation.ret > end:
                if effect.kind in (Kind.READ, Kind.DIFFERS):
                    continue
                operation = replace(
                    operation, ret=None, ret_ns=None, outcome=Outcome.INFO, output=None
                )
            kept.append(operation)
        return kept

    def observer(self, operation: Operation) -> bool:
        """Whether the operation only looks. Dropping one is sound: it changes nothing."""
        effect = self.effect(operation)
        return effect is not None and effect.kind in (Kind.READ, Kind.DIFFERS)

    def without(
        self, operations: Sequence[Operation], unwanted: Collection[int]
    ) -> list[Operation]:
        """``operations`` less those of the ``unwanted`` calls that may soundly be dropped.

        Observers go at once. Mutators go together, as many as nobody who stays can be the
        first to see (``_Sight``); when few are left, also one after the other, for then
        each may be covered by the next to go. O(n log n) a pass.
        """
        kept = [o for o in operations if not (o.call in unwanted and self.observer(o))]
        going = {o.call for o in kept if o.call in unwanted}
        while going:
            sight = self._sight(kept, going)
            unseen = {o.call for o in kept if o.call in going and sight.unseen(o)}
            if unseen == going:
                break
            going = unseen
        kept = [o for o in kept if o.call not in going]
        if len(kept) <= ONE_BY_ONE_MAX:
            for operation in [o for o in kept if o.call in unwanted]:
                if self._sight(kept, (operation.call,)).unseen(operation):
                    kept = [o for o in kept if o is not operation]
        return kept

    def _sight(self, operations: Sequence[Operation], going: Collection[int]) -> _Sight:
        items = [(o, e) for o in operations if (e := self.effect(o)) is not None]
        return _Sight(items, going)


class _Sight:
    """Who, of those that stay, could be the first to see what a mutator leaves behind.

    Dropping mutators together that none who stays can see is sound. In any linearization
    let z be the first to stay after one or more that go, the last of these being d. z does
    not need the value d leaves behind, nor is it a mismatch on another value: each of those
    returned before d was called, or began after some mutator that stays, which itself
    began after d had returned, and so lies between the two:

        |- d -|   |- cover -|   |- may see it -|

    So z is a write, or there is none, and neither cares what the state was.
    """

    def __init__(self, items: Sequence[tuple[Operation, Effect]], going: Collection[int]) -> None:
        self._effects = {operation.call: effect for operation, effect in items}
        staying = [(o, e) for o, e in items if o.call not in going]
        covers = sorted(
            (o.call, o.ret)
            for o, e in staying
            if e.kind in (Kind.WRITE, Kind.CAS) and o.ret is not None
        )
        self._cover_calls = [call for call, _ in covers]
        earliest = list(accumulate((ret for _, ret in reversed(covers)), min, initial=NEVER))
        self._cover_rets = earliest[::-1]
        needs: dict[Hashable, list[tuple[int, int]]] = {}
        differs: dict[Hashable, list[tuple[int, int]]] = {}
        for o, e in staying:
            if e.kind is not Kind.WRITE:
                seers = differs if e.kind is Kind.DIFFERS else needs
                span = (o.call, NEVER if o.ret is None else o.ret)
                seers.setdefault(e.expected, []).append(span)
        self._needs = {value: _by_call(spans) for value, spans in needs.items()}
        self._differs = {value: _by_call(spans) for value, spans in differs.items()}

    def unseen(self, operation: Operation) -> bool:
        """Whether ``operation`` is a mutator that nobody who stays can be the first to see."""
        effect = self._effects.get(operation.call)
        if effect is None or effect.kind in (Kind.READ, Kind.DIFFERS):
            return False
        covered = NEVER
        if operation.ret is not None:
            covered = self._cover_rets[bisect_right(self._cover_calls, operation.ret)]
        seers = [self._needs[effect.new]] if effect.new in self._needs else []
        seers += [spans for value, spans in self._differs.items() if value != effect.new]
        # Of those that began before the cover returned, the latest to return is what counts.
        return all(latest[bisect_right(calls, covered)] < operation.call for calls, latest in seers)


def _by_call(spans: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    """Calls in order, and for each number of them the latest of their returns."""
    spans.sort()
    latest = list(accumulate((ret for _, ret in spans), max, initial=-1))
    return [call for call, _ in spans], latest


def shrink(
    operations: Sequence[Operation],
    relaxer: Relaxer,
    refuted: Refuted,
    protected: Collection[int],
    out_of_time: Callable[[], bool],
) -> list[Operation]:
    """A refuted history with few operations, by sound drops alone; ``protected`` calls stay.

    Delta debugging: drops ever smaller stretches, oldest first, while what is left is still
    refuted. Gives what it has when the time is up. ``operations`` itself must be refuted.
    """
    current = list(operations)
    size = max(len(current) // 2, 1)
    while not out_of_time():
        shorter = False
        start = 0
        # What nobody who is left can see goes first, all at once.
        mutators = {o.call for o in current if not relaxer.observer(o)} - set(protected)
        attempt = relaxer.without(current, mutators)
        if len(attempt) < len(current) and refuted(attempt):
            current, shorter = attempt, True
        while start < len(current) and not out_of_time():
            stretch = {o.call for o in current[start : start + size]} - set(protected)
            attempt = relaxer.without(current, stretch) if stretch else current
            if len(attempt) < len(current) and refuted(attempt):
                current, shorter = attempt, True
            else:
                start += size
        if size > 1:
            size = max(size // 2, 1)
        elif not shorter:
            pair = None
            if len(current) <= PAIRS_MAX:
                pair = _less_a_pair(current, relaxer, refuted, protected, out_of_time)
            if pair is None:
                break
            current = pair
    return current


def _less_a_pair(
    operations: Sequence[Operation],
    relaxer: Relaxer,
    refuted: Refuted,
    protected: Collection[int],
    out_of_time: Callable[[], bool],
) -> list[Operation] | None:
    """The history less two operations that only go together, such as a write and its reader."""
    calls = [operation.call for operation in operations if operation.call not in protected]
    for couple in combinations(calls, 2):
        if out_of_time():
            return None
        attempt = relaxer.without(operations, couple)
        if len(attempt) < len(operations) and refuted(attempt):
            return attempt
    return None
