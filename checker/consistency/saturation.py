"""What must come before what in any one order of all operations, as far as it can be inferred.

Registers, every value written once. Given in any case: a process's steps come in their order;
a read comes after the write it saw. And where read r saw write w, another write v of that
register is not between the two:

    v before r   ⇒   v before w              w before v   ⇒   r before v

(``inference.py``). Taken to the end, that gives an order with a cycle, and then no order of all
operations exists; or one without, and then most often one does (``weaving.py`` looks for it). It
cannot decide all: the question is NP-complete with reads told apart too (Gibbons & Korach, Testing
Shared Memories, SIAM J. Comput. 1997). Such rules are those of TSOtool (Hangal et al., ISCA 2004).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence

import numpy as np

from checker.consistency.inference import Clocks, Int32, Register
from checker.consistency.sessions import Sessions
from checker.consistency.writes import Writes

MEMORY_BYTES_MAX = 1 << 30
"""What clocks, 4 bytes a step and session, may take unless a limit is given."""
Derived = dict[tuple[int, int], tuple[int, int]]
"""(before, after) to the round in which it was inferred, and the read or write it is due to."""


class Saturation:
    """What is known to come before what among the steps of ``writes``, all of them taken.

    ``before[v]``: steps that come before v, as far as they are not implied. ``cycle``: steps
    each of which would have to come before the next, and the last before the first; empty if
    there are none. ``order``: steps in an order that respects all that was inferred; shorter
    than the history when there is a cycle. ``finished``: nothing more can be inferred;
    ``too_large``: nothing was, for it would have taken more than ``memory_bytes``.
    """

    def __init__(
        self,
        writes: Writes,
        *,
        deadline: float | None = None,
        memory_bytes: int = MEMORY_BYTES_MAX,
    ) -> None:
        self.writes = writes
        self.sessions: Sessions = writes.sessions
        n = len(self.sessions)
        self.before: list[list[int]] = [[] for _ in range(n)]
        self.after: list[list[int]] = [[] for _ in range(n)]
        self._trail: list[tuple[int, Int32 | None]] = []
        self.derived: Derived = {}
        self.cycle: list[int] = []
        self.order: list[int] = []
        self.finished = False
        self.rounds = 0
        self._session = np.array(self.sessions.session, np.int64)
        self._place = np.array(self.sessions.place, np.int32)
        width = len(self.sessions.steps)
        self._clock: Int32 = np.full((0, 0), -1, np.int32)
        self._given()
        self.too_large = 4 * n * width > memory_bytes
        if self.too_large:
            return
        self._clock = np.full((n, width), -1, np.int32)
        self._clocks = Clocks(self._clock, self._session, self._place)
        self._keys = list(self._registers())
        while self._timed():
            self.rounds += 1
            found = False
            for key in self._keys:
                found |= self._infer(key)
            if not found:
                self.finished = True
                return
            if deadline is not None and time.perf_counter() > deadline:
                return

    def suppose(self, before: int, after: int) -> bool:
        """Take it that a step comes before another, and infer what follows from that.

        False when something would have to come before itself: then all of it is taken back.
        """
        mark = self.mark()
        todo = [(before, after)]
        while todo:
            changed: set[int] = set()
            for one, other in todo:
                if self.reaches(other, one):
                    self.take_back(mark)
                    return False
                if not self.reaches(one, other):
                    self._link(one, other, changed)
            todo = [edge for key in self._keys for edge in key.moved(self._clocks, changed)]
        return True

    def mark(self) -> int:
        """What ``take_back`` comes back to."""
        return len(self._trail)

    def take_back(self, mark: int) -> None:
        """Forget all that was supposed since the mark was made."""
        while len(self._trail) > mark:
            step, row = self._trail.pop()
            if row is None:
                self.after[self.before[step].pop()].pop()
            else:
                self._clock[step] = row

    def reaches(self, one: int, other: int) -> bool:
        """Whether a step is known to come before another, or is it."""
        return self._clocks.reaches(one, other)

    def _given(self) -> None:
        writes, sessions = self.writes, self.sessions
        for own in sessions.steps:
            for one, other in itertools.pairwise(own):
                self.before[other].append(one)
        first: dict[int, dict[int, int]] = {}
        for step in range(len(sessions)):
            source = writes.source[step]
            if source is not None and source >= 0:
                self.before[step].append(source)
            if writes.writes(step):
                first.setdefault(sessions.key[step], {}).setdefault(sessions.session[step], step)
        for key, readers in writes.initial.items():
            for reader in readers:
                for write in first.get(key, {}).values():
                    if write != reader:
                        self.before[write].append(reader)

    def _registers(self) -> Iterator[Register]:
        of_key: dict[int, list[int]] = {}
        for own in self.sessions.steps:
            for step in own:
                if self.writes.writes(step):
                    of_key.setdefault(self.sessions.key[step], []).append(step)
        for writes in of_key.values():
            place = {write: at for at, write in enumerate(writes)}
            pairs = [(r, place[w]) for w in writes for r in self.writes.readers.get(w, ())]
            yield Register.of(writes, pairs, self._session)

    def _timed(self) -> bool:
        """Set the clocks, in an order that respects all that is known; False: there is none."""
        n = len(self.before)
        after: list[list[int]] = [[] for _ in range(n)]
        self.after = after
        waits = [0] * n
        for step, earlier in enumerate(self.before):
            waits[step] = len(earlier)
            for one in earlier:
                after[one].append(step)
        clock, maximum = self._clock, np.maximum
        session, place = self.sessions.session, self.sessions.place
        order = [step for step in range(n) if not waits[step]]
        for step in order:
            mine = clock[step]
            earlier = self.before[step]
            if not earlier:
                mine.fill(-1)
            elif len(earlier) == 1:
                mine[:] = clock[earlier[0]]
            else:
                maximum(clock[earlier[0]], clock[earlier[1]], out=mine)
                for one in earlier[2:]:
                    maximum(mine, clock[one], out=mine)
            mine[session[step]] = place[step]
            for other in after[step]:
                waits[other] -= 1
                if not waits[other]:
                    order.append(other)
        self.order = order
        if len(order) < n:
            self.cycle = self._cycle({step for step in range(n) if waits[step]})
        return not self.cycle

    def _cycle(self, stuck: set[int]) -> list[int]:
        """A cycle among steps each of which waits for another of them."""
        step = min(stuck)
        seen: dict[int, int] = {}
        path: list[int] = []
        while step not in seen:
            seen[step] = len(path)
            path.append(step)
            step = next(one for one in self.before[step] if one in stuck)
        return path[seen[step] :][::-1]

    def _link(self, one: int, other: int, changed: set[int]) -> None:
        """Let one step come before another; notes whose clocks that moves."""
        self.before[other].append(one)
        self.after[one].append(other)
        self._trail.append((other, None))
        clock = self._clock
        todo = [(one, other)]
        while todo:
            earlier, step = todo.pop()
            moved = np.maximum(clock[earlier], clock[step])
            if (moved == clock[step]).all():
                continue
            self._trail.append((step, clock[step].copy()))
            clock[step] = moved
            changed.add(step)
            todo += [(step, later) for later in self.after[step]]

    def _infer(self, key: Register) -> bool:
        """Both rules, for one register; whether anything new came of them."""
        count = len(self.derived)
        for before, after, due in key.all(self._clocks):
            self._derive(before, after, due)
        return len(self.derived) > count

    def _derive(self, before: int, after: int, due: int) -> None:
        if (before, after) not in self.derived:
            self.derived[before, after] = (self.rounds, due)
            self.before[after].append(before)

    def behind_cycle(self) -> set[int]:
        """The steps of the cycle, and all that what it rests on was inferred from.

        Closed under what reads saw. These steps alone have no order either.
        """
        found: set[int] = set()
        todo = list(zip(self.cycle, [*self.cycle[1:], self.cycle[0]], strict=True))
        known: set[tuple[int, int]] = set()
        while todo:
            edge = todo.pop()
            found |= set(edge)
            if edge in known or edge not in self.derived:
                continue
            known.add(edge)
            age, due = self.derived[edge]
            found.add(due)
            one, other = edge
            # v before w, for r saw w and v comes before r; r before v, for w comes before v.
            path = (
                self._path(one, due, age)
                if self.writes.writes(other) and (self.writes.source[due] == other)
                else self._path(due, other, age)
            )
            todo += itertools.pairwise(path)
        return self.writes.closed(found)

    def _path(self, one: int, other: int, age: int) -> list[int]:
        """Steps from one to another, each known to come before the next when ``age`` began."""
        after: dict[int, int] = {other: other}
        layer = [other]
        while layer and one not in after:
            following = []
            for step in layer:
                for earlier in self.before[step]:
                    if earlier in after:
                        continue
                    if self.derived.get((earlier, step), (0, 0))[0] < age:
                        after[earlier] = step
                        following.append(earlier)
            layer = following
        path = [one]
        while path[-1] != other:
            path.append(after[path[-1]])
        return self._straight(path)

    def _straight(self, path: Sequence[int]) -> list[int]:
        """The path without the steps between two of one session that follow each other."""
        session, place = self.sessions.session, self.sessions.place
        kept = [path[0]]
        for at, step in enumerate(path[1:], start=1):
            following = path[at + 1] if at + 1 < len(path) else None
            runs_on = (
                following is not None
                and session[kept[-1]] == session[step] == session[following]
                and place[kept[-1]] < place[step] < place[following]
                and (step, following) not in self.derived
                and (path[at - 1], step) not in self.derived
            )
            if not runs_on:
                kept.append(step)
        return kept
