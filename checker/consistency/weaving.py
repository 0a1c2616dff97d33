"""Looks for one order of all operations that keeps what must come before what, and is legal.

Registers, every value written once. One step after the other is taken, among those whose time
has come: a read at once, a write only when all that saw the value it replaces have been taken,
the one that was called first first. So every step is legal; but it may come to a point where
nothing can be taken, for a write was taken too early:

    key x: a ··· read of a          the write of b waits for the read of a, which waits for the
    key y: c ··· read of c          read of d; the write of d waits for the read of c, which waits
                                    for the read of b: so b goes before a, or d before c

Then one of these is supposed, with all that follows from it (``saturation.py``), and it starts
again; where it contradicts itself, the other is.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterator
from dataclasses import dataclass

from checker.consistency.saturation import Saturation
from checker.consistency.writes import INITIAL, Writes
from checker.models.model import Kind

REPAIRS_MAX = 2_000


@dataclass(frozen=True, slots=True)
class Spare:
    """A write that may have taken effect, and that nobody saw: its step, where that is named.

    It comes after step ``after`` (-1: after nothing); a compare-and-set finds ``expected``.
    """

    name: int
    after: int
    new: object
    expected: object
    compares: bool


@dataclass(frozen=True, slots=True)
class _Supposed:
    """``before`` comes before ``after``: supposed when the saturation was at ``mark``."""

    before: int
    after: int
    mark: int
    turned: bool


class Weaving:
    """``order``: steps in a legal order (a spare one as -1 - its name); None: not found.

    ``furthest``: steps of the longest order found. ``repairs``: how often it began again. What is
    supposed stays in the saturation.
    """

    def __init__(
        self,
        saturation: Saturation,
        spare: dict[int, list[Spare]] | None = None,
        *,
        deadline: float | None = None,
    ) -> None:
        self.saturation = saturation
        self.order: list[int] | None = None
        self.furthest = 0
        self.repairs = 0
        self._stack: list[_Supposed] = []
        writes = saturation.writes
        writing = [writes.writes(step) for step in range(len(writes.sessions))]
        while self.repairs <= REPAIRS_MAX:
            attempt = _Attempt(saturation, spare or {}, writing)
            attempt.run()
            self.furthest = max(self.furthest, attempt.count)
            if attempt.done:
                self.order = attempt.taken
                return
            if deadline is not None and time.perf_counter() > deadline:
                return
            if not self._repair(attempt):
                return
            self.repairs += 1

    def _repair(self, attempt: _Attempt) -> bool:
        """Let something that is blocked go before what blocks it; whether there is a way on."""
        when = {step: at for at, step in enumerate(attempt.taken)}
        ways = [
            (when.get(held, INITIAL), *way)
            for step, held in attempt.blocked()
            if (way := self._way(attempt, step, held)) is not None
        ]
        if not ways:
            # A mismatch found what it did not expect to find, and no one write is to blame.
            return self._turn_back()
        _, late, early = max(ways)
        return self._suppose(late, early, turned=False) or self._turn(late, early)

    def _way(self, attempt: _Attempt, step: int, held: int) -> tuple[int, int] | None:
        """What to suppose first, so that a blocked step can be taken: (before, after)."""
        reaches = self.saturation.reaches
        if held == INITIAL:
            # A mismatch that expected what was there at first: some write comes before it.
            near = attempt.writes_near(step)
            some = (w for w in near if not reaches(step, w) and not reaches(w, step))
            return next(((write, step) for write in some), None)
        if not reaches(held, step):
            return step, held
        # A mismatch after the write of what it did not find: another write is in between.
        for write in attempt.writes_near(step):
            if write != held and not reaches(step, write) and not reaches(write, held):
                return (write, step) if reaches(held, write) else (held, write)
        return None

    def _suppose(self, before: int, after: int, *, turned: bool) -> bool:
        mark = self.saturation.mark()
        if not self.saturation.suppose(before, after):
            return False
        self._stack.append(_Supposed(before, after, mark, turned))
        return True

    def _turn(self, late: int, early: int) -> bool:
        return self._suppose(early, late, turned=True) or self._turn_back()

    def _turn_back(self) -> bool:
        """Take the last supposition back that has not been turned yet, and turn it."""
        while self._stack:
            last = self._stack.pop()
            self.saturation.take_back(last.mark)
            if not last.turned and self._suppose(last.after, last.before, turned=True):
                return True
        return False


class _Attempt:
    """One walk: ``taken`` so far (``count`` of the steps), ``done`` when nothing is left."""

    def __init__(
        self, saturation: Saturation, spare: dict[int, list[Spare]], writing: list[bool]
    ) -> None:
        self.writes: Writes = saturation.writes
        self._writing = writing
        self.sessions = saturation.sessions
        n = len(self.sessions)
        self.taken: list[int] = []
        self.count = 0
        self._is_taken = [False] * n
        self._waits = [len(earlier) for earlier in saturation.before]
        self._after = saturation.after
        self._spare = {key: list(ones) for key, ones in spare.items()}
        # Of each key: its value, the write of it, and who has still to see that value.
        self._value: dict[int, object] = {}
        self._held: dict[int, int] = {}
        self._left: dict[int, int] = {key: len(r) for key, r in self.writes.initial.items()}
        self._waiting: dict[int, list[int]] = {}
        self._differing: dict[int, list[int]] = {}
        self._writable: list[int] = []
        self._now: list[int] = []

    @property
    def done(self) -> bool:
        return self.count == len(self._is_taken)

    def run(self) -> None:
        """Take steps until none is left, or none can be taken."""
        for step, waits in enumerate(self._waits):
            if not waits:
                self._ready(step)
        while True:
            while self._now:
                self._take(self._now.pop())
            if self._writable:
                step = heapq.heappop(self._writable)
                if self._may_write(step):
                    self._take(step)
                else:
                    self._waiting.setdefault(self.sessions.key[step], []).append(step)
            elif not self._takes_spare():
                return

    def blocked(self) -> Iterator[tuple[int, int]]:
        """(step, write): the step cannot be taken while its key holds what that write wrote."""
        for waiting in (self._waiting, self._differing):
            for key, steps in waiting.items():
                held = self._held.get(key, INITIAL)
                # That reads of the first value come before every write is known from the start.
                if held != INITIAL or waiting is self._differing:
                    yield from ((step, held) for step in steps if not self._is_taken[step])

    def writes_near(self, step: int) -> list[int]:
        """The writes of a step's key, the one called nearest to it first."""
        key = self.sessions.key[step]
        ones = (one for one in range(len(self._is_taken)) if self.sessions.key[one] == key)
        return sorted((w for w in ones if self._writing[w]), key=lambda w: abs(w - step))

    def _ready(self, step: int) -> None:
        kind = self.sessions.effect[step].kind
        if kind is Kind.READ:
            self._now.append(step)
        elif kind is Kind.DIFFERS:
            self._differ(step)
        else:
            heapq.heappush(self._writable, step)

    def _differ(self, step: int) -> None:
        key = self.sessions.key[step]
        if self._holds(key) != self.sessions.effect[step].expected:
            self._now.append(step)
        else:
            self._differing.setdefault(key, []).append(step)

    def _holds(self, key: int) -> object:
        return self._value.get(key, self.sessions.model.init)

    def _may_write(self, step: int) -> bool:
        left = self._left.get(self.sessions.key[step], 0)
        # A compare-and-set sees what it replaces, and must be the last to.
        return left == (0 if self.writes.source[step] is None else 1)

    def _take(self, step: int) -> None:
        self.taken.append(step)
        self.count += 1
        self._is_taken[step] = True
        key = self.sessions.key[step]
        if self.writes.source[step] is not None:
            self._left[key] -= 1
        if self._writing[step]:
            self._held[key] = step
            self._left[key] = len(self.writes.readers.get(step, ()))
            self._now_holds(key, self.sessions.effect[step].new)
        if key in self._waiting and self._left.get(key, 0) <= 1:
            for one in self._waiting.pop(key):
                heapq.heappush(self._writable, one)
        waits = self._waits
        for one in self._after[step]:
            waits[one] -= 1
            if not waits[one]:
                self._ready(one)

    def _now_holds(self, key: int, value: object) -> None:
        self._value[key] = value
        for one in self._differing.pop(key, ()):
            self._differ(one)

    def _takes_spare(self) -> bool:
        """Let a write that nobody saw take effect, where a mismatch waits for another value."""
        for key in [*self._differing]:
            if self._left.get(key, 0):
                continue
            for spare in self._spare.get(key, ()):
                timely = spare.after < 0 or self._is_taken[spare.after]
                if timely and (not spare.compares or spare.expected == self._holds(key)):
                    self._spare[key].remove(spare)
                    self.taken.append(-1 - spare.name)
                    self._now_holds(key, spare.new)
                    return True
        return False
