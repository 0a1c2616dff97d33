"""Judges a whole history by the model it names, or by the one asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from checker.counters import check_counter
from checker.linearizability.search import linearizable
from checker.models import MODELS, Model
from checker.reading import READINGS, Reading
from checker.sets import check_set
from checker.substance import Substance
from checker.verdict import Result, Verdict
from histories.errors import HistoryError, Problem
from histories.history import History
from histories.table import table_of

JUDGED = tuple(MODELS)
"""Every model ``judge`` knows by name."""

_AT_A_GLANCE = {"set": check_set, "counter": check_counter}
"""What is wrong with most bad histories of these is seen without a search, and told better."""


def judge(
    history: History,
    model: str | Model | None = None,
    *,
    reading: Reading | None = None,
    time_limit_s: float | None = None,
    memory_limit_mb: float | None = None,
    max_configurations: int | None = None,
    jobs: int = 1,
    tick: Callable[[int, int, int], None] | None = None,
    explained: bool = True,
) -> Result:
    """The verdict on ``history`` under ``model`` (default: the one its header names).

    ``reading``: default is that of the tool the file comes from. The other arguments are those
    of ``linearizable``. VACUOUS, with the reason, when too little of one of our own journals
    succeeded to mean anything; a file from elsewhere is VALID then, with the same reason, if
    there is anything in it (``substance.py``).
    Raises HistoryError when no model is named, the model is unknown, or an operation does not
    belong to it; it names file and line.
    """
    chosen = model or history.model
    place = str(history.path) if history.path else "history"
    if not isinstance(chosen, Model) and chosen not in MODELS:
        seen = "no model is named." if chosen is None else f"the model {chosen!r} is not known."
        raise HistoryError([Problem(place, seen, f"Name one of: {', '.join(JUDGED)}.")])
    try:
        result = _judged(
            history,
            chosen,
            reading=reading or READINGS[history.reading],
            time_limit_s=time_limit_s,
            memory_limit_mb=memory_limit_mb,
            max_configurations=max_configurations,
            jobs=jobs,
            tick=tick,
            explained=explained,
        )
    except HistoryError as error:
        raise HistoryError([_placed(problem, history) for problem in error.problems]) from None
    if result.certificate is None or history.independent is None:
        return result
    # What it proves, it proves of the history as it was read.
    proof = replace(result.certificate, independent=history.independent)
    return replace(result, certificate=proof)


def _judged(history: History, model: str | Model, **options: Any) -> Result:
    glance = _AT_A_GLANCE.get(model) if isinstance(model, str) else None
    if glance is not None:
        seen = glance(history.operations)
        if seen.verdict is Verdict.INVALID:
            proof = linearizable(table_of(history.operations), model, **options).certificate
            return replace(seen, certificate=proof)
        if seen.verdict is not Verdict.VALID:
            return seen
    table = table_of(history.operations)
    result = linearizable(table, model, **options)
    if result.verdict is not Verdict.VALID:
        return result
    ours = history.reading == "splitbrain"
    verdict, reason = Substance.of(table, result.model).verdict(ours=ours)
    return replace(result, verdict=verdict, reason=reason)


def _placed(problem: Problem, history: History) -> Problem:
    """The problem with its event's file and line in place of the event's index."""
    match = re.fullmatch(r"event (\d+)", problem.where)
    return replace(problem, where=history.where(int(match[1]))) if match else problem
