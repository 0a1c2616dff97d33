"""Judges one history against several promises: a row for each, and what they come to together."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from checker.consistency.order import SequentialOrder
from checker.consistency.promise import (
    CAUSAL,
    GUARANTEES,
    LINEARIZABLE,
    PROMISES,
    SEQUENTIAL,
)
from checker.consistency.ruled import ruled
from checker.consistency.sequential import Sequential, decide_sequential, woven
from checker.consistency.sessions import NoSessions, Sessions
from checker.consistency.violated import guarantee
from checker.linearizability.certificate import Certificate
from checker.linearizability.search import linearizable
from checker.models.model import Model
from checker.reading import Reading
from checker.verdict import Promised, Result, Verdict, Violation, compose
from checker.wording import plural
from histories.table import Operations, Table

FOLLOWS = "follows from an order of all operations"
ASIDE_SECONDS_MAX = 5.0
"""What a linearization may take that nobody asked for, but that would settle everything."""


@dataclass(frozen=True, slots=True)
class Case:
    """A history to judge. ``linear``: what is known of its linearizability, if it was asked.

    ``unknowable``: why no order of its operations can be looked for, if none can.
    """

    table: Table
    model: Model
    reading: Reading
    linear: Result | None
    time_limit_s: float | None
    memory_limit_mb: float | None
    explained: bool
    unknowable: str | None = None


def judge_promises(case: Case, promises: Sequence[str]) -> list[Promised]:
    """What becomes of each promise, in the order asked. Raises KeyError for an unknown one.

    What holds wherever another one does is not decided again: a linearization is an order of
    all operations, and that keeps every session's guarantees. So such an order is looked for
    also where nobody asked for it, if nothing else decides. And what implies something that is
    broken is broken. ``time_limit_s`` bounds each search.
    """
    for name in promises:
        PROMISES[name]
    rows: dict[str, Promised] = {}
    if LINEARIZABLE in promises:
        assert case.linear is not None
        rows[LINEARIZABLE] = _linear(case.linear)
    for name in promises:
        if PROMISES[name].rule:
            rows[name] = ruled(name, Operations(case.table), explained=case.explained)
        elif case.unknowable is not None:
            rows.setdefault(name, Promised(name, Verdict.UNKNOWN, case.unknowable))
    if rows.keys() >= set(promises):
        return [_implied(rows[name], rows.values()) for name in promises]
    try:
        sessions = Sessions.of(case.table, case.model, case.reading)
    except NoSessions as error:
        for name in promises:
            rows.setdefault(name, Promised(name, Verdict.UNKNOWN, str(error)))
        return [rows[name] for name in promises]
    whole = _Whole(case, sessions)
    if SEQUENTIAL in promises:
        rows[SEQUENTIAL] = whole.row()
    for name in promises:
        if name in (CAUSAL, *GUARANTEES):
            rows[name] = _guarantee(case, sessions, name, whole)
    return [_implied(rows[name], rows.values()) for name in promises]


class _Whole:
    """Whether there is one order of all operations: decided once, when somebody asks."""

    def __init__(self, case: Case, sessions: Sessions) -> None:
        self._case = case
        self._sessions = sessions
        self._row: Promised | None = None
        self._aside_seconds = 0.0

    def row(self) -> Promised:
        """What became of it."""
        if self._row is None:
            began = time.perf_counter()
            found = self._found()
            took = time.perf_counter() - began + self._aside_seconds
            self._row = Promised(
                SEQUENTIAL,
                found.verdict,
                found.reason,
                found.algorithm,
                took,
                found.violations if self._case.explained else (),
                found.certificate,
            )
        return self._row

    def _found(self) -> Sequential:
        order = self._certificate(self._case.linear)
        if order is not None:
            return woven(self._sessions, order)
        return decide_sequential(
            self._sessions,
            time_limit_s=self._case.time_limit_s,
            memory_limit_mb=self._case.memory_limit_mb,
            linearized=self._aside,
        )

    def _certificate(self, linear: Result | None) -> SequentialOrder | None:
        if linear is None or not isinstance(linear.certificate, Certificate):
            return None
        return SequentialOrder.of_linearization(self._case.table, linear.certificate)

    def _aside(self) -> SequentialOrder | None:
        """An order by way of a linearization that nobody asked for."""
        case = self._case
        if case.linear is not None:
            return None
        began = time.perf_counter()
        limit = ASIDE_SECONDS_MAX
        linear = linearizable(
            case.table,
            case.model,
            reading=case.reading,
            time_limit_s=limit if case.time_limit_s is None else min(limit, case.time_limit_s),
            memory_limit_mb=case.memory_limit_mb,
            explained=False,
        )
        # What compiling took is no part of the search.
        self._aside_seconds = linear.search_seconds - (time.perf_counter() - began)
        return self._certificate(linear)


def together(rows: Sequence[Promised], base: Result) -> Result:
    """The result of all rows; ``base`` tells of model, keys and operations."""
    verdict = compose(row.verdict for row in rows)
    deciding = next(row for row in rows if row.verdict is verdict)
    reason = deciding.reason
    if reason is not None and len(rows) > 1:
        reason = f"{deciding.promise}: {reason}"
    algorithms = dict.fromkeys(row.algorithm for row in rows if row.algorithm)
    return replace(
        base,
        verdict=verdict,
        reason=reason,
        algorithm=", ".join(algorithms),
        search_seconds=sum(row.seconds for row in rows),
        violations=_each_once(rows),
        certificate=deciding.certificate,
        promises=tuple(rows),
    )


def headline(rows: Sequence[Promised]) -> str | None:
    """What the rows say in a few words, where some promises are kept and others are not.

    Of promises with a rule of their own nothing: their names are nothing that one can be.

    >>> from checker.verdict import Promised, Verdict
    >>> headline([Promised("linearizable", Verdict.INVALID), Promised("sequential", Verdict.VALID)])
    'not linearizable, yet sequential'
    """
    rows = [row for row in rows if not PROMISES[row.promise].rule]
    broken = [row.promise for row in rows if row.verdict is Verdict.INVALID]
    kept = [row.promise for row in rows if row.verdict is Verdict.VALID]
    # What follows from something stronger need not be said.
    kept = [one for one in kept if not any(one in PROMISES[other].implies for other in kept)]
    if not broken or not kept:
        return None
    # What breaks something weaker breaks what is stronger, too: that is said of the weakest.
    worst = [one for one in broken if not any(o in PROMISES[one].implies for o in broken)]
    lost = f"not {worst[0]}" if len(worst) == 1 else f"neither {_listed(worst, 'nor')}"
    return f"{lost}, yet {_listed(kept, 'and')}"


def _listed(names: Sequence[str], last: str) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def _implied(row: Promised, rows: Iterable[Promised]) -> Promised:
    """The row, which is of INVALID where it was undecided and something that it implies is."""
    if row.verdict is not Verdict.UNKNOWN:
        return row
    implies = PROMISES[row.promise].implies
    for other in rows:
        if other.promise in implies and other.verdict is Verdict.INVALID:
            reason = f"it implies {other.promise}, which is broken: {other.reason}"
            return replace(row, verdict=Verdict.INVALID, reason=reason, algorithm=other.algorithm)
    return row


def _linear(result: Result) -> Promised:
    return Promised(
        LINEARIZABLE,
        result.verdict,
        result.reason,
        result.algorithm,
        result.search_seconds,
        result.violations,
        result.certificate,
    )


def _guarantee(case: Case, sessions: Sessions, name: str, whole: _Whole) -> Promised:
    if case.linear is not None and isinstance(case.linear.certificate, Certificate):
        return Promised(name, Verdict.VALID, None, FOLLOWS)
    began = time.perf_counter()
    kept = guarantee(sessions, name)
    seconds = time.perf_counter() - began
    verdict, reason, algorithm = Verdict.VALID, kept.only_if, "order of writes"
    if name == CAUSAL:
        algorithm = "pasts and order of writes"
    if kept.violations:
        verdict, reason = Verdict.INVALID, kept.violations[0].sentence
        if kept.found > 1:
            reason += f" ({plural(kept.found, 'violation')} in all)"
    elif kept.undecided is not None and whole.row().verdict is Verdict.VALID:
        algorithm = FOLLOWS
    elif kept.undecided is not None:
        verdict, reason = Verdict.UNKNOWN, kept.undecided
    violations = kept.violations if case.explained else ()
    return Promised(name, verdict, reason, algorithm, seconds, violations)


def _each_once(rows: Sequence[Promised]) -> tuple[Violation, ...]:
    """All violations, those that break several promises once; ``breaks`` names all of them."""
    told: dict[tuple[str, tuple[int, ...]], Violation] = {}
    for row in rows:
        for one in row.violations:
            name = (one.sentence, one.operations)
            before = told.get(name, one)
            breaks = [*before.details.get("breaks", ()), row.promise]
            told[name] = replace(before, details={**before.details, "breaks": breaks})
    return tuple(told.values())
