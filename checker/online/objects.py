"""Any object, followed event by event: a frontier over its model's steps, in plain Python.

A configuration is a state, the open operations that are not placed yet (one bit a slot) and
how many crashed operations of each kind are placed. The rules, none of which looks ahead:

1. *Observers early.* An operation that never changes a state is placed as soon as it can be.
2. *Only what must be.* At the return of t, sequences of other operations that end in t are
   tried; what need not come before t can come after it, for it is open still.
3. *Cause.* An operation just placed before t must be followed, t included, by one that it
   is not independent of and that is possible yet (``Model.independent``, ``Model.doom``):
   else it can be moved behind t, where it is tried later.
4. *Alike.* Of open operations with the same effect the first to return is used, open before
   crashed ones; an exchange shows that this loses nothing.
5. *Dominance.* At equal state, a configuration with the same mutators pending, no observer
   pending that the other has not, and no crashed operation more in use, does for both.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from checker.models import Model
from checker.online.attempt import Attempt
from checker.online.limits import Limits
from checker.online.window import Window
from checker.reading import Reading

Used = tuple[int, ...]


class Configuration(NamedTuple):
    """``pending``: one bit a slot; ``used``: crashed operations placed, one count a kind."""

    state: Hashable
    pending: int
    used: Used


class _Frontier:
    """Configurations none of which does for another (rule 5)."""

    def __init__(self, observers: int) -> None:
        self.observers = observers
        self.count = 0
        self._buckets: dict[tuple[Hashable, int], list[Configuration]] = {}

    def add(self, one: Configuration) -> bool:
        """Add it, unless another does for it."""
        name = one.state, one.pending & ~self.observers
        bucket = self._buckets.setdefault(name, [])
        for other in bucket:
            if not other.pending & ~one.pending and _no_more(other.used, one.used):
                return False
        kept = [
            other
            for other in bucket
            if one.pending & ~other.pending or not _no_more(one.used, other.used)
        ]
        self.count += 1 + len(kept) - len(bucket)
        kept.append(one)
        self._buckets[name] = kept
        return True

    def rows(self) -> list[Configuration]:
        """All of them."""
        return [one for bucket in self._buckets.values() for one in bucket]


def _no_more(a: Used, b: Used) -> bool:
    return all(x <= y for x, y in zip(a, b, strict=True))


class ObjectKey:
    """Follows one object of any model (``follower.py``)."""

    exact = True
    complaint: str | None = None

    def __init__(self, model: Model, reading: Reading, limits: Limits) -> None:
        self.model = model
        self.reading = reading
        self.limits = limits
        self.window = Window()
        self.culprit: Attempt | None = None
        self.trouble: str | None = None
        self._rows = [Configuration(model.init, 0, ())]
        self._slot: dict[int, int] = {}
        self._effects: list[Any] = []
        self._returns: list[int] = []
        self._free: list[int] = []
        self._observers = 0
        self._crashed: list[Any] = []
        self._counts: list[int] = []

    def call(self, attempt: Attempt) -> None:
        """An operation is invoked."""
        self.window.add(attempt)

    def complete(self, attempt: Attempt) -> None:
        """It ended; ``attempt.outcome`` is set."""
        if attempt.ret is not None:
            self.window.add(attempt)
        for one, returns in self.window.settled():
            self._take(one, returns)

    def probe(self) -> Attempt | None:
        """The culprit if what is open were open for ever; changes nothing."""
        if self.culprit is not None or self.trouble is not None or not len(self.window):
            return self.culprit
        other = self._copy()
        for attempt, returns in self.window.ahead():
            other._take(attempt, returns)
        return other.culprit

    def waiting(self) -> int:
        """Events in the window."""
        return len(self.window)

    def give_up_on_first(self) -> Attempt:
        """Decide on without the end of what holds up the window."""
        attempt = self.window.give_up_on_first()
        for one, returns in self.window.settled():
            self._take(one, returns)
        return attempt

    def rest(self) -> None:
        """It holds no more than it must."""

    def configurations(self) -> int:
        """Configurations in the frontier."""
        return len(self._rows)

    # -- what is settled ---------------------------------------------------------------

    def _take(self, attempt: Attempt, returns: bool) -> None:
        if self.culprit is not None or self.trouble is not None:
            return
        if returns:
            slot = self._slot.pop(attempt.call, None)
            if slot is not None:
                self._return(attempt, slot)
            return
        effect = self.model.effect(attempt.operation(), self.reading)
        if effect is None:
            return
        observes = self.model.observes(effect)
        if attempt.ret is None:
            if not observes:
                self._crash(effect)
            return
        slot = self._free.pop() if self._free else len(self._effects)
        if slot == len(self._effects):
            self._effects.append(None)
            self._returns.append(0)
        self._slot[attempt.call] = slot
        self._effects[slot], self._returns[slot] = effect, attempt.ret
        bit = 1 << slot
        if observes:
            self._observers |= bit
        step = self.model.step
        self._rows = [
            row if observes and step(row.state, effect) else row._replace(pending=row.pending | bit)
            for row in self._rows
        ]

    def _crash(self, effect: Any) -> None:
        if effect in self._crashed:
            self._counts[self._crashed.index(effect)] += 1
            return
        self._forget_spent()
        if len(self._crashed) >= self.limits.kinds_max:
            self.trouble = (
                f"more than {self.limits.kinds_max} kinds of indeterminate operations may still "
                "take effect"
            )
            return
        self._crashed.append(effect)
        self._counts.append(1)
        self._rows = [row._replace(used=(*row.used, 0)) for row in self._rows]

    def _forget_spent(self) -> None:
        """What every configuration has placed might as well never have been open."""
        least = [min(counts) for counts in zip(*(row.used for row in self._rows), strict=True)]
        kept = [k for k, spent in enumerate(least) if spent < self._counts[k]]
        self._crashed = [self._crashed[k] for k in kept]
        self._counts = [self._counts[k] - least[k] for k in kept]
        self._rows = [
            row._replace(used=tuple(row.used[k] - least[k] for k in kept)) for row in self._rows
        ]

    # -- a return ----------------------------------------------------------------------

    def _return(self, attempt: Attempt, slot: int) -> None:
        bit = 1 << slot
        if any(row.pending & bit for row in self._rows):
            frontier = _Frontier(self._observers & ~bit)
            for row in self._rows:
                if not row.pending & bit:
                    frontier.add(row)
            todo = [row for row in self._rows if row.pending & bit]
            if not self._place(slot, todo, frontier):
                self.trouble = (
                    f"more than {self.limits.object_rows_max:,} configurations are possible at "
                    "one return"
                )
                return
            self._rows = frontier.rows()
        if not self._rows:
            self.culprit = attempt
        self._observers &= ~bit
        self._effects[slot] = None
        self._free.append(slot)

    def _place(self, target: int, todo: list[Configuration], frontier: _Frontier) -> bool:
        """Every way to place the target, from each of ``todo``, into ``frontier``.

        False when there are too many.
        """
        doomed = self._doomed()
        # For good, but for what resets the state; of that only what is open can come in time.
        given_up = None if self._may_reset() else doomed
        reached = _Frontier(self._observers)
        for row in todo:
            reached.add(row)
        todo = reached.rows()
        effect = self._effects[target]
        bit = 1 << target
        while todo:
            row = todo.pop()
            if given_up is not None and given_up(row.state, effect):
                continue
            for slot, kind in self._candidates(row):
                placed = effect if slot == target else self._effects[slot] if slot >= 0 else None
                placed = self._crashed[kind] if slot < 0 else placed
                pending = row.pending & ~(1 << slot) if slot >= 0 else row.pending
                used = row.used
                if slot < 0:
                    used = (*used[:kind], used[kind] + 1, *used[kind + 1 :])
                for state in self.model.step(row.state, placed):
                    after = self._settled(Configuration(state, pending, used))
                    if not after.pending & bit:
                        frontier.add(after)
                    elif (
                        after.pending != pending or self._matters(placed, after, doomed)
                    ) and reached.add(after):
                        todo.append(after)
            if frontier.count + reached.count > self.limits.object_rows_max:
                return False
        return True

    def _doomed(self) -> Callable[[Any, Any], bool] | None:
        if self.model.doom is None:
            return None
        effects = [effect for effect in self._effects if effect is not None]
        return self.model.doom([*effects, *self._crashed])

    def _may_reset(self) -> bool:
        """Whether something open, or crashed, can make the state forget what it was."""
        resets = self.model.resets
        if resets is None:
            return False
        return any(e is not None and resets(e) for e in (*self._effects, *self._crashed))

    def _candidates(self, row: Configuration) -> list[tuple[int, int]]:
        """(slot, -1) of open operations, (-1, kind) of crashed ones, one of each like (rule 4)."""
        best: dict[Any, int] = {}
        pending, slot = row.pending, 0
        while pending:
            if pending & 1:
                effect = self._effects[slot]
                other = best.get(effect)
                if other is None or self._returns[slot] < self._returns[other]:
                    best[effect] = slot
            pending >>= 1
            slot += 1
        found = [(slot, -1) for slot in best.values()]
        for kind, effect in enumerate(self._crashed):
            if row.used[kind] < self._counts[kind] and effect not in best:
                found.append((-1, kind))
        return found

    def _settled(self, row: Configuration) -> Configuration:
        """With the observers placed that are possible now (rule 1)."""
        pending = row.pending
        left, slot = pending & self._observers, 0
        while left:
            if left & 1 and self.model.step(row.state, self._effects[slot]):
                pending &= ~(1 << slot)
            left >>= 1
            slot += 1
        return row._replace(pending=pending)

    def _matters(
        self,
        placed: Any,
        after: Configuration,
        doomed: Callable[[Any, Any], bool] | None,
    ) -> bool:
        """Whether something can follow that ``placed`` makes a difference to (rule 3)."""
        independent = self.model.independent
        if independent is None:
            return True
        pending, slot = after.pending, 0
        while pending:
            if pending & 1:
                effect = self._effects[slot]
                if not independent(placed, effect) and not (
                    doomed is not None
                    and self._observers & (1 << slot)
                    and doomed(after.state, effect)
                ):
                    return True
            pending >>= 1
            slot += 1
        return any(
            after.used[kind] < self._counts[kind] and not independent(placed, effect)
            for kind, effect in enumerate(self._crashed)
        )

    def _copy(self) -> ObjectKey:
        other = ObjectKey(self.model, self.reading, self.limits)
        other._rows = self._rows
        other._slot = self._slot.copy()
        other._effects, other._returns = self._effects.copy(), self._returns.copy()
        other._free, other._observers = self._free.copy(), self._observers
        other._crashed, other._counts = self._crashed.copy(), self._counts.copy()
        return other
