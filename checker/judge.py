"""Judges a whole history by the model it names, or by the one asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from checker.bank import unknown_beginning
from checker.consistency.promise import EVERY, LINEARIZABLE, RULED, misfits, promises_of
from checker.counters import check_counter
from checker.delivery.judging import check_total_queue
from checker.linearizability.fit import check_fit
from checker.linearizability.search import linearizable
from checker.locks import check_locks
from checker.models import BANK, MODELS, Model
from checker.reading import READINGS, Reading
from checker.sets import check_set
from checker.substance import Substance
from checker.unique_ids import check_unique_ids
from checker.verdict import Result, Verdict
from checker.watches import check_watches
from histories.errors import HistoryError, Problem
from histories.history import History
from histories.table import Table, table_of

_OF_THEIR_OWN = {
    "watch": check_watches,
    "unique-ids": check_unique_ids,
    "total-queue": check_total_queue,
    "fenced-lock": check_locks,
}
"""Models that are no objects with states: their histories are judged without a search."""

ISOLATED = ("list-append", "rw-register")
"""Models of transactions, of which levels of isolation are judged."""

JUDGED = (*MODELS, "rw-register", *_OF_THEIR_OWN)
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
    promises: Sequence[str] = (LINEARIZABLE,),
    level: str | None = None,
) -> Result:
    """The verdict on ``history`` under ``model`` (default: the one its header names).

    ``promises``: what is asked of it (``checker/consistency``). With others than
    linearizability alone the result has a row for each, and is that of all together; ``all``
    stands for those that fit the model.
    ``level``: of a model of transactions the level of isolation that is asked for
    (``checker/transactions/levels.py``), strict serializability by default.
    ``reading``: default is that of the tool the file comes from. The other arguments are those
    of ``linearizable``. VACUOUS, with the reason, when too little of one of our own journals
    succeeded to mean anything; a file from elsewhere is VALID then, with the same reason, if
    there is anything in it (``substance.py``).
    Raises HistoryError when no model is named, the model is unknown, or an operation does not
    belong to it, or a promise does not; it names file and line. KeyError for a promise that is
    not known.
    """
    chosen = model or history.model
    place = str(history.path) if history.path else "history"
    if not isinstance(chosen, Model) and chosen not in JUDGED:
        seen = "no model is named." if chosen is None else f"the model {chosen!r} is not known."
        raise HistoryError([Problem(place, seen, f"Name one of: {', '.join(JUDGED)}.")])
    read_as = reading or READINGS[history.reading]
    isolated = isinstance(chosen, str) and chosen in ISOLATED
    if level is not None and not isolated:
        seen = f"the model {_named(chosen)!r} has no levels of isolation."
        raise HistoryError([Problem(place, seen, f"Those that have: {', '.join(ISOLATED)}.")])
    if tuple(promises) == (EVERY,):
        promises = promises_of(_named(chosen)) or (LINEARIZABLE,)
    if tuple(promises) != (LINEARIZABLE,) and (odd := misfits(promises, _named(chosen))):
        raise HistoryError([Problem(place, one, "Leave it out of --consistency.") for one in odd])
    try:
        if isinstance(chosen, str) and isolated and tuple(promises) == (LINEARIZABLE,):
            # A read of nil is taken for what was there at first, as Elle takes it, unless asked.
            result = _isolated(
                history,
                chosen,
                level,
                reading=reading,
                explained=explained,
                time_limit_s=time_limit_s,
                memory_limit_mb=memory_limit_mb,
                max_configurations=max_configurations,
                jobs=jobs,
                tick=tick,
            )
            return _as_read(result, history)
        if isinstance(chosen, str) and chosen in RULED:
            return _as_read(_ruled(history, chosen, promises, explained=explained), history)
        result = _promised(
            history,
            chosen,
            promises,
            reading=read_as,
            time_limit_s=time_limit_s,
            memory_limit_mb=memory_limit_mb,
            max_configurations=max_configurations,
            jobs=jobs,
            tick=tick,
            explained=explained,
        )
    except HistoryError as error:
        raise HistoryError([_placed(problem, history) for problem in error.problems]) from None
    return _as_read(result, history)


def _isolated(history: History, model: str, level: str | None, **options: Any) -> Result:
    """The verdict on a level of isolation. Few ask for it, and it takes a while to load."""
    from checker.transactions.isolation import judge_isolation
    from checker.transactions.levels import STRICT_SERIALIZABLE

    table = table_of(history.operations)
    result = judge_isolation(table, model, level or STRICT_SERIALIZABLE, **options)
    if result.verdict is not Verdict.VALID:
        return result
    verdict, reason = _substance(history, table, model)
    return replace(result, verdict=verdict, reason=reason)


def _named(model: str | Model) -> str:
    return model if isinstance(model, str) else model.name


def _as_read(result: Result, history: History) -> Result:
    """The result, which says how keys were read."""
    if history.independent is None:
        return result
    # What it proves, it proves of the history as it was read.
    return replace(
        result,
        certificate=_of_reading(result.certificate, history.independent),
        promises=tuple(
            replace(row, certificate=_of_reading(row.certificate, history.independent))
            for row in result.promises
        ),
    )


def _of_reading(proof: Any, independent: bool) -> Any:
    return None if proof is None else replace(proof, independent=independent)


def _promised(
    history: History, model: str | Model, promises: Sequence[str], **options: Any
) -> Result:
    if tuple(promises) == (LINEARIZABLE,):
        return _judged(history, model, **options)
    # Few ask for it, and it takes a while to load.
    from checker.consistency.judging import Case, judge_promises, together

    definition = MODELS[model] if isinstance(model, str) else model
    table = table_of(history.operations)
    check_fit(table, definition)
    asked = LINEARIZABLE in promises
    linear = _judged(history, model, **options) if asked else None
    case = Case(
        table,
        definition,
        options["reading"],
        linear,
        options["time_limit_s"],
        options["memory_limit_mb"],
        options["explained"],
        _unknowable(definition, table),
    )
    rows = judge_promises(case, promises)
    worth, why = _substance(history, table, definition.name)
    if worth is Verdict.VACUOUS:
        rows = [
            replace(row, verdict=worth, reason=why) if row.verdict is Verdict.VALID else row
            for row in rows
        ]
    return together(rows, linear or _bare(history, definition.name))


def _ruled(
    history: History, model: str, promises: Sequence[str], *, explained: bool = True
) -> Result:
    """The verdict on a history of what is no object with states, or on promises made of it."""
    if tuple(promises) == (LINEARIZABLE,):
        return _OF_THEIR_OWN[model](history.operations)
    from checker.consistency.judging import together
    from checker.consistency.ruled import ruled

    rows = [ruled(name, history.operations, explained=explained) for name in promises]
    return together(rows, _bare(history, model))


def _bare(history: History, model: str) -> Result:
    """What there is to judge, before it is."""
    table = table_of(history.operations)
    keys = int(np.count_nonzero(np.bincount(table.key, minlength=1)))
    return Result(Verdict.UNKNOWN, model, "", len(table), keys)


def _substance(history: History, table: Table, model: str) -> tuple[Verdict, str | None]:
    return Substance.of(table, model).verdict(ours=history.reading == "splitbrain")


def _unknowable(model: Model, table: Table) -> str | None:
    """Why no order of all operations can be told from others, if that is so."""
    return unknown_beginning(table) if model is BANK else None


def _judged(history: History, model: str | Model, **options: Any) -> Result:
    definition = MODELS[model] if isinstance(model, str) else model
    if (why := _unknowable(definition, table_of(history.operations))) is not None:
        return replace(_bare(history, definition.name), reason=why)
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
    verdict, reason = _substance(history, table, result.model)
    return replace(result, verdict=verdict, reason=reason)


def _placed(problem: Problem, history: History) -> Problem:
    """The problem with its event's file and line in place of the event's index."""
    match = re.fullmatch(r"event (\d+)", problem.where)
    return replace(problem, where=history.where(int(match[1]))) if match else problem
