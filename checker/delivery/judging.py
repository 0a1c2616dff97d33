"""Judges what went into queues and what came out of them, against what queues promise."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from checker.delivery.again import repeats
from checker.delivery.element import Queue
from checker.delivery.loss import losses
from checker.delivery.shapes import check_shapes, enqueued_twice
from checker.delivery.telling import lost, repeated, unexpected
from checker.verdict import Promised, Result, Verdict, Violation, compose
from checker.wording import plural, show
from histories.canonical import canonical
from histories.event import Operation, Outcome

MODEL = "total-queue"
ALGORITHM = "elements"
AT_LEAST_ONCE, EXACTLY_ONCE = "at-least-once", "exactly-once"
KEPT = (AT_LEAST_ONCE, EXACTLY_ONCE)
"""The promises, each judged by itself: what was delivered once too often was delivered."""


@dataclass(slots=True)
class _Tally:
    """What all queues of a history come to."""

    of_loss: list[Violation] = field(default_factory=list)
    of_repeats: list[Violation] = field(default_factory=list)
    unexpected: list[Violation] = field(default_factory=list)
    open: int = 0
    hidden: int = 0
    explained: int = 0
    delivered: int = 0
    done_with: int = 0
    duplicates: int = 0
    recovered: int = 0
    example: str = ""
    blurred: str = ""


def check_total_queue(operations: Sequence[Operation], promises: Sequence[str] = KEPT) -> Result:
    """Judge a history of operations on queues (``shapes.py``), with a row for each promise.

    *At least once* (``loss.py``): nothing that went in is lost; an element may come out again.
    *Exactly once* by acknowledgement (``again.py``): nothing that is done with comes out again.
    Either is broken by what comes out and never went in. Of loss there is no telling before the
    queue was found empty: UNKNOWN, if nothing is wrong as far as can be seen. VACUOUS when
    nothing was acknowledged as enqueued, or nothing came out, or (exactly once) nobody was done
    with anything. UNKNOWN where an element is enqueued twice: what came out twice cannot be told
    from what went in twice. One violation a kind and queue, told by its first instance;
    ``details["elements"]`` has all. Raises HistoryError for other operations. Linear but for
    sorting.
    """
    began = time.perf_counter()
    # A table makes each anew whenever it is asked.
    operations = list(operations)
    check_shapes(operations)
    by_key: dict[object, list[Operation]] = {}
    for operation in operations:
        by_key.setdefault(canonical(operation.key), []).append(operation)
    tally = _Tally()
    twice = enqueued_twice(operations)
    for own in by_key.values() if twice is None else ():
        _take(tally, Queue(own[0].key, own))
    enqueued = sum(one.f == "enqueue" and one.outcome is Outcome.OK for one in operations)
    acknowledged = sum(one.f == "acknowledge" and one.outcome is Outcome.OK for one in operations)
    empty = None
    if twice is not None:
        tally.blurred = (
            f"{show(twice.input)} was enqueued twice: what came out twice cannot be told from "
            "what went in twice"
        )
    elif not enqueued:
        empty = "no enqueue was ever acknowledged: nothing was tested"
    elif not tally.delivered:
        empty = "nothing ever came out of a queue: nothing was tested"
    seconds = time.perf_counter() - began
    rows = tuple(_row(name, tally, empty, seconds / len(promises)) for name in promises)
    verdict = compose(row.verdict for row in rows)
    deciding = next(row for row in rows if row.verdict is verdict)
    violations = dict.fromkeys(id(one) for row in rows for one in row.violations)
    by_id = {id(one): one for row in rows for one in row.violations}
    return Result(
        verdict=verdict,
        model=MODEL,
        algorithm=ALGORITHM,
        operations=len(operations),
        keys=len(by_key),
        reason=deciding.reason,
        search_seconds=seconds,
        violations=tuple(by_id[name] for name in violations),
        statistics={
            "enqueues_acknowledged": enqueued,
            "elements_delivered": tally.delivered,
            "elements_acknowledged": acknowledged,
            "delivered_again": tally.duplicates,
            "recovered": tally.recovered,
        },
        promises=rows,
    )


def check_at_least_once(operations: Sequence[Operation]) -> Result:
    """The same, of that promise alone."""
    return check_total_queue(operations, (AT_LEAST_ONCE,))


def check_exactly_once(operations: Sequence[Operation]) -> Result:
    """The same, of that promise alone."""
    return check_total_queue(operations, (EXACTLY_ONCE,))


def _take(tally: _Tally, queue: Queue) -> None:
    elements = list(queue.elements.values())
    found = losses(queue)
    tally.of_loss += lost(queue.key, found)
    tally.of_repeats += repeated(
        queue.key, [repeat for element in elements for repeat in repeats(element)]
    )
    tally.unexpected += unexpected(queue.key, elements)
    tally.open += len(found.open)
    tally.hidden += len(found.hidden)
    tally.explained += len(found.explained)
    if not tally.example and (some := [*found.open, *found.hidden]):
        tally.example = show(some[0].value)
    for element in elements:
        out = len(element.handed_out)
        tally.delivered += bool(out)
        tally.done_with += element.done_with
        tally.duplicates += max(0, out - 1)
        doubtful = any(one.outcome is Outcome.INFO for one in element.enqueues)
        tally.recovered += bool(out and doubtful)


def _row(promise: str, tally: _Tally, empty: str | None, seconds: float) -> Promised:
    own = tally.of_loss if promise == AT_LEAST_ONCE else tally.of_repeats
    violations = (*own, *tally.unexpected)
    verdict, reason = Verdict.VALID, None
    if tally.blurred:
        verdict, reason = Verdict.UNKNOWN, tally.blurred
    elif violations:
        verdict, reason = Verdict.INVALID, violations[0].sentence
    elif empty is not None:
        verdict, reason = Verdict.VACUOUS, empty
    elif promise == EXACTLY_ONCE and not tally.done_with:
        verdict, reason = Verdict.VACUOUS, "nobody was ever done with anything: nothing was tested"
    elif promise == AT_LEAST_ONCE and (tally.open or tally.hidden):
        verdict, reason = Verdict.UNKNOWN, _undecided(tally)
    elif promise == AT_LEAST_ONCE and tally.explained:
        reason = (
            f"{plural(tally.explained, 'element')} that nobody got may have gone to dequeues of "
            "unknown outcome"
        )
    return Promised(promise, verdict, reason, ALGORITHM, seconds, violations)


def _undecided(tally: _Tally) -> str:
    count = tally.open or tally.hidden
    what = f"nobody is done with {plural(count, 'element')} that went in (such as {tally.example})"
    if tally.open:
        return (
            f"{what}, and no queue was found empty after that: what is lost cannot be told "
            "without a final drain"
        )
    return f"{what}, which may be handed out still: nobody was told that nothing is left (drained)"
