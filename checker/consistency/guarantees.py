"""What each session may rely on, of registers whose writes can be told apart.

Terry et al. (PDIS 1994, section 3) define the four guarantees over the sets of writes that
servers hold; a client sees values. Here they speak of what it can see. The writes of a key have
one order, the same for everybody, which nobody knows; but a session's write comes after all that
the session had written to that key or read from it before: so one write is **older** than another.
The guarantees ask more of that order:

* read your writes: what a session reads is not older than what it wrote to that key before;
* monotonic reads: … than what it read from that key before;
* monotonic writes: … than what a process wrote to that key before a write that the session has
  seen by then, of any key;
* writes follow reads: … than what a process had read from that key before such a write.

A guarantee is kept iff all it asks can be true of some order; else something would be older than
itself. Real time plays no part, as in sequential consistency, which implies all four. A
compare-and-set read what it replaced; one that failed says nothing here.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from checker.consistency.promise import (
    MONOTONIC_READS,
    MONOTONIC_WRITES,
    READ_YOUR_WRITES,
)
from checker.consistency.writes import INITIAL, Writes


@dataclass(frozen=True, slots=True)
class Older:
    """A value is not newer than another, that of write ``one`` than that of write ``other``.

    ``because``: steps of one session, the earlier one first: it had read or written the value of
    the first, and then (a) wrote the other, or (b) read it. ``via``: the write of another
    session, seen before by who read the other (monotonic writes, writes follow reads).
    INITIAL stands for the write of what a register holds at first.
    """

    one: int
    other: int
    because: tuple[int, int]
    via: tuple[int, int] | None = None


def base(writes: Writes) -> Iterator[Older]:
    """Older in any case: what a session had written or read when it wrote to the key again."""
    sessions = writes.sessions
    taken = set(writes.taken)
    for own in sessions.steps:
        known: dict[int, dict[int, int]] = {}
        for step in own:
            if step not in taken:
                continue
            key, source = sessions.key[step], writes.source[step]
            values = known.setdefault(key, {})
            if source is not None and source >= INITIAL:
                values.setdefault(source, step)
            if writes.writes(step):
                for value, when in values.items():
                    yield Older(value, step, (when, step))
                # What came before this write is older than this; no need to say it again.
                known[key] = {step: step}


def asked(writes: Writes, promise: str) -> Iterator[Older]:
    """What one of the first three asks of the order of each key's writes."""
    if promise in (READ_YOUR_WRITES, MONOTONIC_READS):
        yield from _of_own(writes, promise == READ_YOUR_WRITES)
    else:
        assert promise == MONOTONIC_WRITES
        yield from _of_others(writes)


def _reads(writes: Writes) -> Iterator[tuple[int, list[int]]]:
    """Each session's number, and its taken steps."""
    taken = set(writes.taken)
    for number, own in enumerate(writes.sessions.steps):
        yield number, [step for step in own if step in taken]


def _of_own(writes: Writes, wrote: bool) -> Iterator[Older]:
    key_of = writes.sessions.key
    for _, own in _reads(writes):
        latest: dict[int, tuple[int, int]] = {}
        for step in own:
            key, source = key_of[step], writes.source[step]
            if source is not None and source >= INITIAL:
                before = latest.get(key)
                if before is not None and before[0] != source:
                    yield Older(before[0], source, (before[1], step))
                if not wrote:
                    latest[key] = (source, step)
            if wrote and writes.writes(step):
                latest[key] = (step, step)


@dataclass(slots=True)
class Known:
    """What a session had written to a key, or read from it, by each of its places."""

    places: list[int]
    values: list[int]
    steps: list[int]


def _written(writes: Writes) -> dict[int, dict[int, Known]]:
    """By key and session, its writes. The last of them stands for all."""
    found: dict[int, dict[int, Known]] = {}
    for number, own in _reads(writes):
        for step in own:
            if writes.writes(step):
                of_key = found.setdefault(writes.sessions.key[step], {})
                known = of_key.setdefault(number, Known([], [], []))
                known.places.append(writes.sessions.place[step])
                known.values.append(step)
                known.steps.append(step)
    return found


def _read(writes: Writes) -> dict[int, dict[int, Known]]:
    """By key and session, what it read, each value once."""
    found: dict[int, dict[int, Known]] = {}
    for number, own in _reads(writes):
        for step in own:
            source = writes.source[step]
            if source is None or source < 0:
                continue
            of_key = found.setdefault(writes.sessions.key[step], {})
            known = of_key.setdefault(number, Known([], [], []))
            if source not in known.values[-8:]:
                known.places.append(writes.sessions.place[step])
                known.values.append(source)
                known.steps.append(step)
    return found


def _of_others(writes: Writes) -> Iterator[Older]:
    """Of each other session the last that it had written before what was seen of it."""
    said: set[tuple[int, int]] = set()
    for seen in _seen(writes, _written(writes)):
        at = bisect_left(seen.known.places, seen.place) - 1
        if at < 0:
            continue
        value = seen.known.values[at]
        if value != seen.source and (value, seen.source) not in said:
            said.add((value, seen.source))
            because = (seen.reader, seen.step)
            yield Older(value, seen.source, because, (seen.known.steps[at], seen.write))


@dataclass(frozen=True, slots=True)
class Demand:
    """Step ``step`` read the value of ``source``, which is to be as new as the first ``end``
    values of ``known``: read by a session before its ``write``, which ``reader`` had seen.
    """

    known: Known
    end: int
    source: int
    reader: int
    step: int
    write: int

    def older(self, at: int) -> Older:
        """What is asked of the value at one place."""
        because = (self.reader, self.step)
        return Older(
            self.known.values[at], self.source, because, (self.known.steps[at], self.write)
        )


def demands(writes: Writes) -> dict[int, list[Demand]]:
    """What writes that follow reads ask for, by key: of long histories too much to spell out."""
    found: dict[int, list[Demand]] = {}
    said: set[tuple[int, int, int]] = set()
    for seen in _seen(writes, _read(writes)):
        end = bisect_right(seen.known.places, seen.place)
        name = (id(seen.known), end, seen.source)
        if end and name not in said:
            said.add(name)
            demand = Demand(seen.known, end, seen.source, seen.reader, seen.step, seen.write)
            found.setdefault(writes.sessions.key[seen.step], []).append(demand)
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """A read, and the last write of another session that its own had seen by then: ``place`` in
    that session; ``known`` is what that session knew of the key that is read.
    """

    known: Known
    source: int
    step: int
    place: int
    write: int
    reader: int


def _seen(writes: Writes, known: dict[int, dict[int, Known]]) -> Iterator[_Seen]:
    sessions = writes.sessions
    for _, own in _reads(writes):
        # Of each other session: the last of its writes that was seen, and by which read.
        seen: dict[int, tuple[int, int, int]] = {}
        for step in own:
            source = writes.source[step]
            if source is None or source < INITIAL:
                continue
            if source >= 0:
                whose, place = sessions.session[source], sessions.place[source]
                if place > seen.get(whose, (-1, 0, 0))[0]:
                    seen[whose] = (place, source, step)
            for other, values in known.get(sessions.key[step], {}).items():
                if other in seen:
                    yield _Seen(values, source, step, *seen[other])
