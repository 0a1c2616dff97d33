"""Judges a whole history by the model it names, or by the one asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from checker.counters import check_counter
from checker.linearizability.search import linearizable
from checker.models import MODELS
from checker.reading import SPLITBRAIN, Reading
from checker.sets import check_set
from checker.verdict import Result, Verdict
from histories.errors import HistoryError, Problem
from histories.event import Operation, Outcome
from histories.history import History

JUDGED = (*MODELS, "set", "counter")
"""Every model ``judge`` knows."""


def judge(
    history: History,
    model: str | None = None,
    *,
    reading: Reading = SPLITBRAIN,
    time_limit_s: float | None = None,
    max_configurations: int | None = None,
) -> Result:
    """The verdict on ``history`` under ``model`` (default: the one its header names).

    The keyword arguments are those of ``linearizable``. VACUOUS, with the reason, when
    too little succeeded to mean anything. Raises HistoryError when no model is named,
    the model is unknown, or an operation does not belong to it; it names file and line.
    """
    name = model or history.model
    place = str(history.path) if history.path else "history"
    if name not in JUDGED:
        seen = "no model is named." if name is None else f"the model {name!r} is not known."
        raise HistoryError([Problem(place, seen, f"Name one of: {', '.join(JUDGED)}.")])
    try:
        if name == "set":
            return check_set(history.operations)
        if name == "counter":
            return check_counter(history.operations)
        result = linearizable(
            history.operations,
            name,
            reading=reading,
            time_limit_s=time_limit_s,
            max_configurations=max_configurations,
        )
    except HistoryError as error:
        raise HistoryError([_placed(problem, history) for problem in error.problems]) from None
    reason = _vacuous(history.operations)
    if result.verdict is Verdict.VALID and reason is not None:
        return replace(result, verdict=Verdict.VACUOUS, reason=reason)
    return result


def _vacuous(operations: Sequence[Operation]) -> str | None:
    """Why a history of registers tests nothing, if it does."""
    succeeded = [o for o in operations if o.outcome is Outcome.OK]
    if not succeeded:
        return f"none of {len(operations)} operations succeeded: nothing was tested"
    saw = any((o.f == "read" and o.output is not None) or o.f == "cas" for o in succeeded)
    if not saw:
        return f"no read ever saw a write, in {len(succeeded)} operations that succeeded"
    return None


def _placed(problem: Problem, history: History) -> Problem:
    """The problem with its event's file and line in place of the event's index."""
    match = re.fullmatch(r"event (\d+)", problem.where)
    return replace(problem, where=history.where(int(match[1]))) if match else problem
