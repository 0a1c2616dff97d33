"""Unique ids: whoever asked for one was given one that nobody else was given.

    process 0   |- generate 7 -|
    process 1                     |- generate 8 -|
    process 2                                       |- generate 7 -|     not unique

A ``generate`` that was acknowledged answers an id, anything but nil; ids of different keys are of
different generators. One that failed, or whose outcome is unknown, was given to nobody. The order
of ids means nothing here. After Jepsen's checker ``unique-ids``.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import Any

from checker.verdict import Result, Verdict, Violation
from checker.wording import plural, seconds, show
from histories.canonical import canonical
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.event import Operation, Outcome

MODEL = "unique-ids"
FUNCTION = "generate"
KIND = "duplicate id"
SHOWN_MAX = 1_000
"""Ids that are named; all are counted."""


def check_unique_ids(operations: Sequence[Operation]) -> Result:
    """Judge a history of ``generate``: a violation a key, told by the id that was given first.

    ``details["ids"]`` has all that were given more than once, and how often. VACUOUS when fewer
    than two ids were given. Raises HistoryError for other operations and for an id of nil. Linear.
    """
    began = time.perf_counter()
    _check_fit(operations)
    given: dict[Hashable, dict[Hashable, list[Operation]]] = {}
    for one in sorted(operations, key=lambda operation: operation.call):
        if one.outcome is Outcome.OK:
            own = given.setdefault(canonical(one.key), {})
            own.setdefault(canonical(one.output), []).append(one)
    violations = [found for own in given.values() if (found := _duplicated(own)) is not None]
    acknowledged = sum(len(takers) for own in given.values() for takers in own.values())
    distinct = sum(len(own) for own in given.values())
    if violations:
        verdict, reason = Verdict.INVALID, violations[0].sentence
    elif acknowledged < 2:
        verdict = Verdict.VACUOUS
        reason = f"{plural(acknowledged, 'id')} was given: nothing was tested"
    else:
        verdict, reason = Verdict.VALID, f"{acknowledged:,} ids were given, each of them once"
    return Result(
        verdict,
        MODEL,
        "ids seen",
        len(operations),
        len({canonical(one.key) for one in operations}),
        reason,
        time.perf_counter() - began,
        violations=tuple(violations),
        statistics={
            "attempted": len(operations),
            "acknowledged": acknowledged,
            "distinct": distinct,
        },
    )


def _duplicated(given: dict[Hashable, list[Operation]]) -> Violation | None:
    twice = [takers for takers in given.values() if len(takers) > 1]
    if not twice:
        return None
    takers = min(twice, key=lambda own: own[1].call)
    first, second = takers[0], takers[1]
    times = f"{len(takers)} times, first" if len(takers) > 2 else "twice:"
    sentence = (
        f"the id {show(first.output)} was given {times} to {_taker(first)}, then to "
        f"{_taker(second)}"
    )
    if len(twice) > 1:
        sentence += f" (so it is with {plural(len(twice), 'id')})"
    key = first.key
    told = sentence if key is None else f"key {show(key)}: {sentence}"
    ids: list[Any] = [{"id": own[0].output, "times": len(own)} for own in twice[:SHOWN_MAX]]
    calls = tuple(one.call for one in takers[:8])
    return Violation(KIND, told, calls, second.call, key, {"ids": ids, "duplicated": len(twice)})


def _taker(one: Operation) -> str:
    node = f" on {one.node}" if one.node else ""
    when = seconds(one.ret_ns) if one.ret_ns else f"event {one.ret}"
    return f"process {one.process} at {when}{node}"


def _check_fit(operations: Sequence[Operation]) -> None:
    problems: list[Problem] = []
    for one in operations:
        if one.f != FUNCTION:
            seen = f"'{one.f}' is no operation of the model 'unique-ids' (generate)."
        elif one.outcome is Outcome.OK and one.output is None:
            seen = "a generate that was acknowledged answered nil."
        else:
            continue
        expected = "Ids have 'generate' alone, which answers the id."
        problems.append(Problem(f"event {one.call}", seen, expected))
        if len(problems) >= PROBLEMS_MAX:
            break
    if problems:
        raise HistoryError(problems)
