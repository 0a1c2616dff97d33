"""The verdict on a history of locks with fencing tokens."""

from __future__ import annotations

import time
from collections.abc import Sequence

from checker.locks.found import Found
from checker.locks.holding import check_holding
from checker.locks.order import check_order
from checker.locks.resource import check_resource
from checker.locks.shape import locks_of
from checker.verdict import Result, Verdict
from histories.event import Operation

MODEL = "fenced-lock"


def check_locks(operations: Sequence[Operation]) -> Result:
    """Judge a history of locks (``checker.locks`` says which); one violation a kind.

    VACUOUS when no lock was granted, or no write acknowledged. Raises HistoryError for other
    operations and shapes. Operations times their logarithm.
    """
    started = time.perf_counter()
    locks = locks_of(operations)
    found = Found()
    for lock in locks:
        check_order(lock, found)
        check_holding(lock, found)
        check_resource(lock, found)
    violations = found.violations()
    grants = sum(len(lock.grants) for lock in locks)
    writes = sum(use.ok for lock in locks for use in lock.writes)
    fenced = sum(use.operation.error == "fenced" for lock in locks for use in lock.writes)
    reason = None
    if violations:
        verdict = Verdict.INVALID
        reason = "; ".join(violation.sentence for violation in violations)
    elif grants and writes:
        verdict = Verdict.VALID
    else:
        verdict = Verdict.VACUOUS
        reason = "no lock was granted" if not grants else "no write was acknowledged"
    return Result(
        verdict=verdict,
        model=MODEL,
        algorithm="tokens",
        operations=len(operations),
        keys=len(locks),
        reason=reason,
        search_seconds=time.perf_counter() - started,
        violations=tuple(violations),
        statistics={"grants": grants, "writes": writes, "fenced": fenced, "found": found.times},
    )
