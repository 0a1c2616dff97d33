"""A completion that cannot have happened, confirmed as far as possible, and told."""

from __future__ import annotations

from dataclasses import replace

from checker.linearizability.broken import BrokenSearch
from checker.models import MODELS, Model
from checker.online.attempt import Attempt
from checker.online.record import Record
from checker.reading import Reading
from checker.verdict import Verdict, Violation
from checker.wording import describe, show
from histories.event import Operation

CONFIRMATION_SECONDS_MAX = 5.0


def accuse(record: Record, culprit: Attempt, model: Model) -> Violation:
    """The violation in short; ``details["completed_ns"]`` is when the culprit returned."""
    key = record.key if model.by_key else None
    operation = culprit.operation()
    complaint = record.follower.complaint or "fits into no order of the operations before it"
    sentence = f"{describe(operation)} {complaint}"
    return Violation(
        kind="not linearizable",
        sentence=sentence if key is None else f"key {show(key)}: {sentence}",
        operations=(operation.call,),
        culprit=operation.call,
        key=key,
        details={"confirmed": False, "completed_ns": operation.ret_ns},
    )


def confirmed(violation: Violation, record: Record, model: Model, reading: Reading) -> Violation:
    """The violation, judged once more and explained; ``details["confirmed"]`` says whether.

    While all of a key's operations are kept, the search that judges whole histories judges
    them, and finds the few that show why. Raises BrokenSearch when it finds them linearizable.
    """
    if violation.details["confirmed"]:
        return violation
    why = f"of this key only the last {len(record.kept):,} operations were kept"
    if record.whole:
        operations = [attempt.operation() for attempt in record.kept]
        told = _confirmed(operations, model, reading)
        if told is not None:
            details = {**violation.details, **told.details, "confirmed": True}
            return replace(told, key=violation.key, details=details)
        why = "the search did not come to an end"
    return replace(violation, sentence=f"{violation.sentence} (not judged once more: {why})")


def _at_a_glance(operations: list[Operation], model: Model) -> Violation | None:
    """What is wrong with a set or a counter, as the checkers of these tell it."""
    from checker.counters import check_counter
    from checker.sets import check_set

    if model is MODELS["set"]:
        found = check_set(operations).violations
    elif model is MODELS["counter"]:
        found = check_counter(operations).violations
    else:
        return None
    return found[0] if found else None


def _confirmed(operations: list[Operation], model: Model, reading: Reading) -> Violation | None:
    from checker.linearizability.search import linearizable

    told = _at_a_glance(operations, model)
    if told is not None:
        return told
    result = linearizable(operations, model, reading=reading, time_limit_s=CONFIRMATION_SECONDS_MAX)
    if result.verdict is Verdict.VALID:
        raise BrokenSearch(
            f"following the history event by event found key {operations[0].key!r} impossible, but "
            "the search finds it linearizable. This is an error in splitbrain, not in the system "
            "tested; please report it with the history."
        )
    if not result.violations:
        return None
    return result.violations[0]
