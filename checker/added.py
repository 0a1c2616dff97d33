"""What the checkers of things that are added and read (sets, counters) have in common."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from checker.substance import Substance
from checker.verdict import Result, Verdict, Violation
from histories.event import Operation, Outcome
from histories.table import table_of


def judge_added(
    operations: Sequence[Operation],
    violations_of: Callable[[Any, list[Operation]], Sequence[Violation]],
    *,
    model: str,
    algorithm: str,
) -> Result:
    """Judge key by key; ``violations_of(key, its operations)`` finds what cannot have happened.

    VACUOUS when no read succeeded, or when no add was acknowledged and every read came back
    empty (``substance.py``).
    """
    started = time.perf_counter()
    operations = sorted(operations, key=lambda operation: operation.call)
    table = table_of(operations)
    violations: list[Violation] = []
    used = [one for one in zip(table.keys, table.rows_by_key(), strict=True) if len(one[1])]
    for key, rows in used:
        violations += violations_of(key, [operations[row] for row in rows.tolist()])
    acknowledged = sum(o.f == "add" and o.outcome is Outcome.OK for o in operations)
    reads = sum(o.f == "read" and o.outcome is Outcome.OK for o in operations)
    reason = Substance.of(table, model).lacking()
    if violations:
        verdict, reason = Verdict.INVALID, violations[0].sentence
    else:
        verdict = Verdict.VALID if reason is None else Verdict.VACUOUS
    return Result(
        verdict=verdict,
        model=model,
        algorithm=algorithm,
        operations=len(operations),
        keys=len(used),
        reason=reason,
        search_seconds=time.perf_counter() - started,
        violations=tuple(violations),
        statistics={"adds_acknowledged": acknowledged, "reads": reads},
    )
