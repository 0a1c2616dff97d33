"""Watches of a store with revisions: every change once, in order, without a gap.

A ``put`` (key, value) that was acknowledged tells the revision at which it happened: its
value is ``[value, revision]``. A ``read`` tells all changes of a stretch of revisions:

    {"from": 8, "to": 12, "events": [[8, "x", 3], [12, "y", 4]]}

All of them speak of one sequence of changes, so together they must agree:

    travel back in time   an event is not later than the one before it, in one read
    gap                   a read leaves out a change that an acknowledgement or another read
                          puts into its stretch
    disagreement          two tell different changes of one revision
    duplicate             one put happened at two revisions
    unexpected            an event tells what nobody had put by then
    resurrected           an event tells a put that failed definitely
    out of order          a put that began when another had been acknowledged has an earlier
                          revision

A put of unknown outcome may be told or not. What nobody tells of is not asked for. Values are
put to a key once each; else duplicates cannot be told apart, and the history is refused.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checker.verdict import Result, Verdict, Violation
from checker.wording import seconds, show, show_name
from histories.canonical import canonical
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.event import Operation, Outcome

MODEL = "watch"
FUNCTIONS = ("put", "read")
ORDER = (
    *("travel back in time", "gap", "disagreement", "duplicate"),
    *("resurrected", "unexpected", "out of order"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """What one operation tells of one revision."""

    revision: int
    key: Any
    value: Any
    source: Operation

    @property
    def put(self) -> tuple[Any, Any]:
        """Key and value, comparable."""
        return canonical(self.key), canonical(self.value)


def check_watches(operations: Sequence[Operation]) -> Result:
    """Judge a history of ``put`` and ``read``; one violation a kind, told by its first instance.

    VACUOUS when no put was acknowledged or no event was seen. Raises HistoryError for other
    operations and shapes. Events times the logarithm of revisions.
    """
    started = time.perf_counter()
    _check_fit(operations)
    violations = _Watches(operations).violations()
    done = [one for one in operations if one.outcome is Outcome.OK]
    puts = sum(one.f == "put" for one in done)
    events = sum(len(one.output["events"]) for one in done if one.f == "read")
    reason = None
    if violations:
        verdict, reason = Verdict.INVALID, violations[0].sentence
    elif puts and events:
        verdict = Verdict.VALID
    else:
        verdict = Verdict.VACUOUS
        reason = "no put was acknowledged" if not puts else "no watch ever told an event"
    return Result(
        verdict=verdict,
        model=MODEL,
        algorithm="revisions",
        operations=len(operations),
        keys=1 if operations else 0,
        reason=reason,
        search_seconds=time.perf_counter() - started,
        violations=tuple(violations),
        statistics={"puts_acknowledged": puts, "events": events},
    )


class _Watches:
    """All that is told, by revision."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        ordered = sorted(operations, key=lambda operation: operation.call)
        self.puts = {
            (canonical(one.key), canonical(one.input)): one for one in ordered if one.f == "put"
        }
        done = [one for one in ordered if one.outcome is Outcome.OK]
        self.reads = [one for one in done if one.f == "read"]
        self.acknowledged = [
            Change(one.output[1], one.key, one.output[0], one) for one in done if one.f == "put"
        ]
        self.told = [
            Change(revision, key, value, read)
            for read in self.reads
            for revision, key, value in read.output["events"]
        ]
        self.found: dict[str, Violation] = {}

    def violations(self) -> list[Violation]:
        self._order_within_reads()
        self._agreement()
        self._gaps()
        self._origins()
        self._order_of_puts()
        return [self.found[kind] for kind in ORDER if kind in self.found]

    def _add(self, kind: str, sentence: str, culprit: Operation, *others: Operation) -> None:
        calls = tuple(sorted({culprit.call, *(other.call for other in others)}))
        if kind not in self.found:
            self.found[kind] = Violation(kind, sentence, calls, culprit.call, culprit.key)

    def _order_within_reads(self) -> None:
        for read in self.reads:
            last = read.output["from"] - 1
            for revision, key, value in read.output["events"]:
                if revision <= last:
                    self._add(
                        "travel back in time",
                        f"{_watch(read)} told {_change(key, value)} at revision {revision}, after "
                        f"it had told of revision {last}",
                        read,
                    )
                last = max(last, revision)

    def _agreement(self) -> None:
        """One change a revision, one revision a put."""
        at: dict[int, Change] = {}
        when: dict[tuple[Any, Any], Change] = {}
        for change in (*self.acknowledged, *self.told):
            first = at.setdefault(change.revision, change)
            if first.put != change.put:
                self._add(
                    "disagreement",
                    f"{_teller(first)} has {_change(first.key, first.value)} at revision "
                    f"{first.revision}, {_teller(change)} {_change(change.key, change.value)}",
                    change.source,
                    first.source,
                )
            once = when.setdefault(change.put, change)
            if once.revision != change.revision:
                self._add(
                    "duplicate",
                    f"{_change(change.key, change.value)} was put once, but {_teller(once)} has it "
                    f"at revision {once.revision} and {_teller(change)} at {change.revision}",
                    change.source,
                    once.source,
                )

    def _gaps(self) -> None:
        known = {change.revision: change for change in (*self.told, *self.acknowledged)}
        revisions = sorted(known)
        for read in self.reads:
            first, last = read.output["from"], read.output["to"]
            own = {event[0] for event in read.output["events"]}
            stretch = revisions[bisect_left(revisions, first) : bisect_right(revisions, last)]
            missing = next((revision for revision in stretch if revision not in own), None)
            if missing is not None:
                left_out = known[missing]
                self._add(
                    "gap",
                    f"{_watch(read)} told all of revisions {first} to {last} without "
                    f"{_change(left_out.key, left_out.value)} at {missing}, which "
                    f"{_teller(left_out)} has",
                    read,
                    left_out.source,
                )

    def _origins(self) -> None:
        for change in self.told:
            put, read = self.puts.get(change.put), change.source
            what = f"{_watch(read)} told {_change(change.key, change.value)}"
            if put is None or (read.ret is not None and put.call > read.ret):
                self._add("unexpected", f"{what}, which nobody had put by then", read)
            elif put.outcome is Outcome.FAIL:
                why = f", whose put by process {put.process} had failed ({put.error})"
                self._add("resurrected", what + why, read, put)

    def _order_of_puts(self) -> None:
        """The highest revision acknowledged before a put began is below its own."""
        ends = sorted(self.acknowledged, key=lambda change: change.source.ret or 0)
        position, highest = 0, None
        for change in self.acknowledged:
            while position < len(ends) and (ends[position].source.ret or 0) < change.source.call:
                if highest is None or ends[position].revision > highest.revision:
                    highest = ends[position]
                position += 1
            if highest is not None and highest.revision > change.revision:
                self._add(
                    "out of order",
                    f"{_teller(change)} has revision {change.revision}, but began when "
                    f"{_teller(highest)} had been acknowledged with {highest.revision}",
                    change.source,
                    highest.source,
                )


def _watch(read: Operation) -> str:
    where = f" on {read.node}" if read.node else ""
    return f"process {read.process}'s watch{where} (to {seconds(read.ret_ns or 0)})"


def _change(key: Any, value: Any) -> str:
    return f"{show_name(key)} = {show(value)}"


def _teller(change: Change) -> str:
    source = change.source
    if source.f == "put":
        return f"process {source.process}'s put of {_change(source.key, source.input)}"
    return _watch(source)


def _check_fit(operations: Sequence[Operation]) -> None:
    problems: list[Problem] = []
    seen: set[tuple[Any, Any]] = set()
    for operation in operations:
        if len(problems) >= PROBLEMS_MAX:
            break
        what = _misfit(operation)
        if what is None and operation.f == "put":
            put = canonical(operation.key), canonical(operation.input)
            if put in seen:
                what = f"{_change(operation.key, operation.input)} is put a second time."
            seen.add(put)
        if what is not None:
            problems.append(
                Problem(
                    f"event {operation.call}",
                    what,
                    'Expected: put, ok with [value, revision]; read, ok with {"from": revision, '
                    '"to": revision, "events": [[revision, key, value], …]}; values unique.',
                )
            )
    if problems:
        raise HistoryError(problems)


def _misfit(operation: Operation) -> str | None:
    if operation.f not in FUNCTIONS:
        return f"'{operation.f}' is no operation of the model 'watch' (put, read)."
    if operation.outcome is not Outcome.OK:
        return None
    output = operation.output
    if operation.f == "put":
        fits = isinstance(output, list) and len(output) == 2 and type(output[1]) is int
    else:
        fits = (
            isinstance(output, dict)
            and type(output.get("from")) is int
            and type(output.get("to")) is int
            and isinstance(output.get("events"), list)
            and all(
                isinstance(event, list) and len(event) == 3 and type(event[0]) is int
                for event in output["events"]
            )
        )
    return None if fits else f"the {operation.f} answered {show(output)}."
