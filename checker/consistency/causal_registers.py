"""Causal consistency of registers whose writes can be told apart: exact, with what breaks it.

What a session has done, and what it has seen, directly or by way of others, is its past
(``causality.py``). A history is causal iff

* no step is in its own past, and what is read was written;
* a read of what a register holds at first has no write to that register in its past;
* the writes of each register have one order, the same for everybody, in which each comes after
  those in its past, and each read sees the latest of those in the reader's.

That is causal consistency with convergence by key (causal+: Lloyd et al., COPS, SOSP 2011, section
3.1); with one order for all registers together it would be causal convergence (Bouajjani et al.,
POPL 2017, section 2.3, whose relation CF is what ``_edges`` collects). It implies all four session
guarantees, and is implied by sequential consistency. Real time plays no part.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from checker.consistency.causality import Causality
from checker.consistency.causes import Causes
from checker.consistency.guarantees import Older
from checker.consistency.kept import Kept
from checker.consistency.session_registers import (
    VIOLATIONS_MAX,
    cycle_through,
    stuck_values,
    undecided_because,
)
from checker.consistency.writes import INITIAL, NOWHERE, Writes
from checker.models.model import Kind
from checker.verdict import Violation

TOO_MUCH = "pasts of so many operations of so many processes take too much memory"


def causal_by_registers(writes: Writes) -> Kept:
    """Whether a history is causal. Some 50 µs an operation and ten sessions."""

    def seen(step: int) -> tuple[int, ...]:
        source = writes.source[step]
        return (source,) if source is not None and source >= 0 else ()

    causality = Causality.of(writes.sessions, writes.taken, seen)
    if causality is None:
        return Kept((), TOO_MUCH)
    causes = Causes(causality, writes)
    odd = [step for step in writes.taken if writes.source[step] == NOWHERE]
    violations = [causes.from_nowhere(step) for step in odd[:VIOLATIONS_MAX]]
    if causality.torn:
        violations.append(causes.cyclic())
        return Kept(tuple(violations), None, len(odd) + 1)
    newer = _Newer(writes, causality)
    bad = list(newer.contradicted())
    violations += [causes.stale(step, one) for step, one in bad[: VIOLATIONS_MAX - len(violations)]]
    if violations:
        return Kept(tuple(violations), None, len(odd) + len(bad))
    diverging = newer.diverging(causes)
    if diverging:
        return Kept(tuple(diverging[:VIOLATIONS_MAX]), None, len(diverging))
    undecided = undecided_because(writes, writes.sessions.table.keys, [])
    return Kept((), undecided or newer.unsure())


@dataclass(slots=True)
class _OfKey:
    """The writes of one key: by session their places and steps; and what is older than what."""

    places: dict[int, list[int]]
    steps: dict[int, list[int]]
    known: list[Older]
    """What a write had in its past."""
    asked: list[Older]
    """What is older because somebody read the other, and had it in his past."""


class _Newer:
    """What must be newer than what, of each key's writes."""

    def __init__(self, writes: Writes, causality: Causality) -> None:
        self.writes = writes
        self.causality = causality
        self.keys: dict[int, _OfKey] = {}
        sessions = writes.sessions
        for step in writes.taken:
            of = self.keys.setdefault(sessions.key[step], _OfKey({}, {}, [], []))
            if writes.writes(step):
                session = sessions.session[step]
                of.places.setdefault(session, []).append(sessions.place[step])
                of.steps.setdefault(session, []).append(step)
        self.bad: list[tuple[int, int]] = []
        self._collect()

    def latest(self, step: int, since: int | None = None) -> Iterator[int]:
        """Of each session the last write to the step's key in its past; itself is not in it.

        ``since``: an earlier step of its session; then of those of which more is known now.
        """
        sessions, past = self.writes.sessions, self.causality.past
        of = self.keys[sessions.key[step]]
        before = 0 if since is None else past[since]
        for session in np.flatnonzero(past[step] != before).tolist():
            places = of.places.get(session)
            if places is None:
                continue
            own = session == sessions.session[step]
            at = bisect_left(places, sessions.place[step] if own else int(past[step, session]))
            if at:
                yield of.steps[session][at - 1]

    def _collect(self) -> None:
        """Edges of all keys, and the reads whose value is older than what they knew.

        What a session knew at its last step of a key was no newer than what that saw or wrote: so
        this stands for all of it.
        """
        writes, sessions = self.writes, self.writes.sessions
        said: set[tuple[int, int]] = set()
        last: dict[tuple[int, int], tuple[int, int]] = {}
        for step in writes.taken:
            source, overwrites = writes.source[step], writes.writes(step)
            if source is None and not overwrites:
                continue
            of = self.keys[sessions.key[step]]
            place = sessions.session[step], sessions.key[step]
            since, held = last.get(place, (None, INITIAL))
            worst = None
            known = [] if held < 0 else [held]
            for one in (*known, *self.latest(step, since)):
                if overwrites:
                    of.known.append(Older(one, step, (step, step)))
                if source is None or one == source or source == NOWHERE:
                    continue
                if source == INITIAL or self.causality.knew(one, source):
                    worst = one
                elif not self.causality.knew(source, one) and (one, source) not in said:
                    said.add((one, source))
                    of.asked.append(Older(one, source, (step, step)))
            if worst is not None:
                self.bad.append((step, worst))
            if overwrites:
                last[place] = step, step
            elif source is not None and source >= 0:
                last[place] = step, source

    def contradicted(self) -> Iterator[tuple[int, int]]:
        """Each step that saw what it had to know was old, and what it knew in its place."""
        yield from self.bad

    def diverging(self, causes: Causes) -> list[Violation]:
        """A violation for each key whose writes have no order that goes with all reads."""
        found = []
        for of in self.keys.values():
            if not of.asked:
                continue
            stuck = stuck_values([*of.known, *of.asked])
            begins = [e for e in of.asked if e.one in stuck and e.other in stuck]
            if begins:
                cycle = cycle_through(begins, [*of.known, *of.asked])
                if cycle:
                    found.append(causes.diverging(cycle))
        return found

    def unsure(self) -> str | None:
        """Why it is not known, though no read is wrong: a mismatch may need an order of its own."""
        sessions = self.writes.sessions
        differing = [
            step for step in self.writes.taken if sessions.effect[step].kind == Kind.DIFFERS
        ]
        if not differing:
            return None
        init = sessions.model.init
        writer = {
            (sessions.key[step], sessions.effect[step].new): step
            for step in self.writes.taken
            if self.writes.writes(step)
        }
        places: dict[int, dict[int, int]] = {}
        for step in differing:
            key, unwanted = sessions.key[step], sessions.effect[step].expected
            past = list(self.latest(step))
            if unwanted == init:
                agrees = bool(past)
            else:
                one = writer.get((key, unwanted))
                order = places.setdefault(key, self._order(key))
                agrees = one is None or max(past, key=lambda w: order[w], default=None) != one
            if not agrees:
                return (
                    "a compare-and-set that found another value need not have found one that is "
                    "known"
                )
        return None

    def _order(self, key: int) -> dict[int, int]:
        """One order of a key's writes that goes with all that is known: each write's place."""
        of = self.keys[key]
        after: dict[int, list[int]] = {}
        waits = {step: 0 for steps in of.steps.values() for step in steps}
        for edge in {(e.one, e.other) for e in (*of.known, *of.asked)}:
            after.setdefault(edge[0], []).append(edge[1])
            waits[edge[1]] += 1
        ready = [step for step, count in waits.items() if not count]
        place: dict[int, int] = {}
        while ready:
            step = ready.pop()
            place[step] = len(place)
            for other in after.get(step, ()):
                waits[other] -= 1
                if not waits[other]:
                    ready.append(other)
        return place
