"""The verdict on a history of locks with fencing tokens, promise by promise."""

from __future__ import annotations

import time
from collections.abc import Sequence

from checker.locks.found import OF_EXCLUSION, Found
from checker.locks.holding import check_holding
from checker.locks.order import check_order
from checker.locks.resource import check_resource
from checker.locks.shape import locks_of
from checker.verdict import Promised, Result, Verdict, Violation, compose
from histories.event import Operation

MODEL = "fenced-lock"
ALGORITHM = "tokens"
MUTUAL_EXCLUSION, FENCING = "mutual-exclusion", "fencing"
KEPT = (MUTUAL_EXCLUSION, FENCING)
"""The promises, each judged by itself: a resource that fences needs no lock that excludes."""


def check_locks(operations: Sequence[Operation], promises: Sequence[str] = KEPT) -> Result:
    """Judge a history of locks (``checker.locks`` says which), with a row for each promise.

    One violation a kind. VACUOUS when no lock was granted, of fencing when no write was
    acknowledged. Raises HistoryError for other operations and shapes. Operations times their
    logarithm.
    """
    began = time.perf_counter()
    # A table makes each anew whenever it is asked.
    locks = locks_of(list(operations))
    found = Found()
    for lock in locks:
        check_order(lock, found)
        check_holding(lock, found)
        check_resource(lock, found)
    violations = found.violations()
    grants = sum(len(lock.grants) for lock in locks)
    writes = sum(use.ok for lock in locks for use in lock.writes)
    fenced = sum(use.operation.error == "fenced" for lock in locks for use in lock.writes)
    empty = {
        MUTUAL_EXCLUSION: None if grants else "no lock was granted: nothing was tested",
        FENCING: None if writes else "no write was acknowledged: nothing was tested",
    }
    seconds = time.perf_counter() - began
    rows = tuple(_row(name, violations, empty[name], seconds / len(promises)) for name in promises)
    verdict = compose(row.verdict for row in rows)
    return Result(
        verdict=verdict,
        model=MODEL,
        algorithm=ALGORITHM,
        operations=len(operations),
        keys=len(locks),
        reason=next(row.reason for row in rows if row.verdict is verdict),
        search_seconds=seconds,
        violations=tuple(one for one in violations if any(one in row.violations for row in rows)),
        statistics={"grants": grants, "writes": writes, "fenced": fenced},
        promises=rows,
    )


def check_mutual_exclusion(operations: Sequence[Operation]) -> Result:
    """The same, of that promise alone."""
    return check_locks(operations, (MUTUAL_EXCLUSION,))


def check_fencing(operations: Sequence[Operation]) -> Result:
    """The same, of that promise alone."""
    return check_locks(operations, (FENCING,))


def _row(name: str, violations: list[Violation], empty: str | None, seconds: float) -> Promised:
    of_exclusion = name == MUTUAL_EXCLUSION
    own = tuple(one for one in violations if (one.kind in OF_EXCLUSION) is of_exclusion)
    if own:
        reason = "; ".join(one.sentence for one in own)
        return Promised(name, Verdict.INVALID, reason, ALGORITHM, seconds, own)
    verdict = Verdict.VACUOUS if empty else Verdict.VALID
    return Promised(name, verdict, empty, ALGORITHM, seconds)
