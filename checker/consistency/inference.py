"""The two rules by which something must come before something, for one register, in columns.

Where read r saw write w, another write v of that register is not between the two:

    v before r   ⇒   v before w              w before v   ⇒   r before v

Of the writes of one session that come before something the last says it of the others; of those
that come after something, the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]
Edges = list[tuple[int, int, int]]
"""(before, after, due): the two, and the read or write that it is due to."""
CELLS_MAX = 4_000_000
"""Entries of a matrix that is made at once: of readers by writes of a key."""
MATRIX_MAX = 100_000
"""Readers times writes up to which a matrix is quicker than going through sessions."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """``clock[v, s]``: the last place in session s of a step that comes before v, or is v; -1:
    there is none. ``session`` and ``place`` of each step.
    """

    clock: Int32
    session: Int64
    place: Int32

    def reaches(self, one: int, other: int) -> bool:
        """Whether a step is known to come before another, or is it."""
        return bool(self.clock[other, self.session[one]] >= self.place[one])


@dataclass(frozen=True, slots=True)
class Register:
    """A key: its writes, session by session in their order, and its readers.

    ``saw[r]``: where among the writes the one is that reader r saw. ``last``: whether a write is
    the last of its session; ``starts``: where each session's writes begin, and where they end.
    """

    writes: Int64
    readers: Int64
    saw: Int64
    last: Bool
    starts: Int64

    @classmethod
    def of(cls, writes: list[int], pairs: list[tuple[int, int]], session: Int64) -> Register:
        """The register of some writes, and of readers with the place of what each saw."""
        numbers = np.array(writes, np.int64)
        changes = np.flatnonzero(np.diff(session[numbers])) + 1
        last = np.zeros(len(writes), np.bool_)
        last[[*(changes - 1), len(writes) - 1]] = True
        readers, saw = np.array(pairs, np.int64).reshape(-1, 2).T
        starts = np.array([0, *changes, len(writes)], np.int64)
        return cls(numbers, readers, saw, last, starts)

    def all(self, clocks: Clocks) -> Edges:
        """What both rules say that is not known yet."""
        if not len(self.readers):
            return []
        if len(self.readers) * len(self.writes) > MATRIX_MAX:
            return [*self._past_by_session(clocks), *self._future_by_session(clocks)]
        readers, writes = np.arange(len(self.readers)), np.arange(len(self.writes))
        return [*self._past(clocks, readers), *self._future(clocks, readers, writes)]

    def moved(self, clocks: Clocks, steps: set[int]) -> Iterator[tuple[int, int]]:
        """What both rules say now that the clocks of some steps have moved."""
        readers = np.array([r for r, one in enumerate(self.readers.tolist()) if one in steps])
        writes = np.array([i for i, one in enumerate(self.writes.tolist()) if one in steps])
        if len(readers):
            for portion in _portions(len(readers), len(self.writes)):
                yield from ((u, v) for u, v, _ in self._past(clocks, readers[portion]))
        if len(writes):
            for portion in _portions(len(self.readers), len(writes)):
                yield from ((u, v) for u, v, _ in self._future(clocks, portion, writes))

    def _past(self, clocks: Clocks, chosen: Int64) -> Edges:
        """v before r ⇒ v before w: for some readers, as (v, w, r)."""
        clock, writes, place = clocks.clock, self.writes, clocks.place
        readers, seen = self.readers[chosen], self.writes[self.saw[chosen]]
        session = clocks.session[writes]
        # [r, i]: write i comes before r; write i comes before the one that r saw.
        past = clock[readers[:, None], session] >= place[writes]
        older = clock[seen[:, None], session] >= place[writes]
        new = past & (readers[:, None] != writes) & ~older
        new[:, :-1] &= ~new[:, 1:] | self.last[:-1]
        r, i = new.nonzero()
        return _edges(writes[i], seen[r], readers[r])

    def _future(self, clocks: Clocks, chosen: Int64, columns: Int64) -> Edges:
        """w before v ⇒ r before v: for some readers and some v, as (r, v, w)."""
        clock, session, place = clocks.clock, clocks.session, clocks.place
        writes = self.writes[columns]
        readers, seen = self.readers[chosen], self.writes[self.saw[chosen]]
        # [r, i]: the write that r saw comes before write i; r comes before write i.
        newer = clock[writes, session[seen][:, None]] >= place[seen][:, None]
        later = clock[writes, session[readers][:, None]] >= place[readers][:, None]
        new = newer & (seen[:, None] != writes) & (readers[:, None] != writes) & ~later
        if len(columns) == len(self.writes):
            new[:, 1:] &= ~new[:, :-1] | self.last[:-1]
        r, i = new.nonzero()
        return _edges(readers[r], writes[i], seen[r])

    def _past_by_session(self, clocks: Clocks) -> Edges:
        """As ``_past``, of all readers: one search a session, for places ascend."""
        clock, place = clocks.clock, clocks.place
        readers, seen = self.readers, self.writes[self.saw]
        edges: Edges = []
        for session, writes in self._by_session(clocks):
            # Not itself, where it is a compare-and-set.
            bound = clock[readers, session] - (clocks.session[readers] == session)
            at = np.searchsorted(place[writes], bound, side="right") - 1
            latest = writes[np.maximum(at, 0)]
            new = (at >= 0) & (latest != seen) & (clock[seen, session] < place[latest])
            edges += _edges(latest[new], seen[new], readers[new])
        return edges

    def _future_by_session(self, clocks: Clocks) -> Edges:
        """As ``_future``: one search a pair of sessions, for what is known before one write of a
        session is known before the next."""
        clock, place = clocks.clock, clocks.place
        readers, seen = self.readers, self.writes[self.saw]
        whose = clocks.session[seen]
        edges: Edges = []
        for number in np.unique(whose).tolist():
            own = np.flatnonzero(whose == number)
            r, w = readers[own], seen[own]
            for session, writes in self._by_session(clocks):
                side = "right" if session == number else "left"
                at = np.searchsorted(clock[writes, number], place[w], side=side)  # type: ignore[call-overload]
                first = writes[np.minimum(at, len(writes) - 1)]
                later = clock[first, clocks.session[r]] >= place[r]
                new = (at < len(writes)) & (first != r) & ~later
                edges += _edges(r[new], first[new], w[new])
        return edges

    def _by_session(self, clocks: Clocks) -> Iterator[tuple[int, Int64]]:
        for begin, end in zip(self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True):
            yield int(clocks.session[self.writes[begin]]), self.writes[begin:end]


def _portions(rows: int, width: int) -> Iterator[Int64]:
    """Numbers of rows, so many at a time that a matrix of them is not too large."""
    span = max(1, CELLS_MAX // max(1, width))
    return (np.arange(begin, min(begin + span, rows)) for begin in range(0, rows, span))


def _edges(*columns: Int64) -> Edges:
    return list(zip(*(column.tolist() for column in columns), strict=True))
