"""Relaxations: changes that never make a linearizable history unlinearizable.

A sub-history proves nothing by itself: ``write 1, write 2, read 1``, concurrent enough
to be valid, shrinks greedily to ``read 1`` alone, which is not. So a witness is reached
by relaxations only, each with *H linearizable => R(H) linearizable*; what is refuted at
the end refutes the history it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from checker.models.model import Effect, Kind, Model
from histories.columns import NEVER
from histories.event import Operation, Outcome

Refuted = Callable[[Sequence[Operation]], bool]
"""Whether a history is surely not linearizable (an undecided one is not)."""


class Relaxer:
    """Relaxations of one key's operations under a model and a reading of mismatches."""

    def __init__(self, model: Model, mismatch_observes: bool) -> None:
        self._model = model
        self._mismatch_observes = mismatch_observes

    def effect(self, operation: Operation) -> Effect | None:
        """What the operation asserts and does."""
        return self._model.effect(operation, self._mismatch_observes)

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

    def unseen(self, operation: Operation, operations: Sequence[Operation]) -> bool:
        """Whether no operation can be the first to see what this mutator leaves behind.

        Then dropping it is sound. In any linearization let z follow it directly. z cannot
        be one that needs the value left behind, or a mismatch on another value: each of
        those returned before this was called, or began after some other mutator that
        itself began after this had returned, and so lies between the two:

            |- this -|   |- other -|   |- may see it -|

        So z is a write or there is none, and neither cares what the state was.
        """
        effect = self.effect(operation)
        if effect is None or effect.kind in (Kind.READ, Kind.DIFFERS):
            return False
        covered = NEVER
        if operation.ret is not None:
            for other in operations:
                if (
                    other.ret is not None
                    and other.call > operation.ret
                    and other.ret < covered
                    and not self.observer(other)
                ):
                    covered = other.ret
        for other in operations:
            if other is operation:
                continue
            seen = self.effect(other)
            if seen is None or seen.kind is Kind.WRITE:
                continue
            sees = (seen.expected != effect.new) == (seen.kind is Kind.DIFFERS)
            if sees and not (
                (other.ret is not None and other.ret < operation.call) or other.call > covered
            ):
                return False
        return True

    def without(
        self, operations: Sequence[Operation], unwanted: Collection[int]
    ) -> list[Operation]:
        """``operations`` less those of the ``unwanted`` calls that may soundly be dropped.

        One after the other, for each drop decides which others are sound; observers first.
        """
        kept = [o for o in operations if not (o.call in unwanted and self.observer(o))]
        for operation in [o for o in kept if o.call in unwanted]:
            if self.unseen(operation, kept):
                kept = [o for o in kept if o is not operation]
        return kept


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
            break
    return current
