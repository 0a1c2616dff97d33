"""Registers: which mutators nobody could be the first to see, so that they may be dropped."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Hashable, Sequence
from itertools import accumulate

from checker.models.model import Effect, Kind
from histories.event import Operation
from histories.table import NEVER


class Sight:
    """Who, of those that stay, could be the first to see what a mutator leaves behind.

    Dropping mutators together that none who stays can see is sound. In any linearization
    let z be the first to stay after one or more that go, the last of these being d. z does
    not need the value d leaves behind, nor is it a mismatch on another value: each of those
    returned before d was called, or began after some mutator that stays, which itself
    began after d had returned, and so lies between the two:

        |- d -|   |- cover -|   |- may see it -|

    So z is a write, or there is none, and neither cares what the state was. O(n log n).
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
