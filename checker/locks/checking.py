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

TIMELESS = "the history has no times: how long a lease was in force cannot be told"


def check_locks(operations: Sequence[Operation], promises: Sequence[str] = KEPT) -> Result:
    """Judge a history of locks (``checker.locks`` says which), with a row for each promise.

    One violation a kind. VACUOUS when no lock was granted, of fencing when no write was
    acknowledged; UNKNOWN where leases would have to be measured and there are no times. Raises
    HistoryError for other operations and shapes. Operations times their logarithm.
    """
    began = time.perf_counter()
    # A table makes each anew whenever it is asked.
    operations = list(operations)
    locks = locks_of(operations)
    found = Found()
    timed = any(one.call_ns or one.ret_ns for one in operations)
    for lock in locks:
        check_order(lock, found)
        check_holding(lock, found, timed=timed)
        check_resource(lock, found)
    leased = any(use.operation.input is not None for lock in locks for use in lock.grants)
    violations = found.violations()
    grants = sum(len(lock.grants) for lock in locks)
    writes = sum(use.ok for lock in locks for use in lock.writes)
    fenced = sum(use.operation.error == "fenced" for lock in locks for use in lock.writes)
    empty = {
        MUTUAL_EXCLUSION: None if grants else "no lock was granted: nothing was tested",
        FENCING: None if writes else "no write was acknowledged: nothing was tested",
    }
    unknown = {MUTUAL_EXCLUSION: TIMELESS} if leased and not timed else {}
    seconds = (time.perf_counter() - began) / len(promises)
    rows = tuple(
        _row(name, violations, empty[name], unknown.get(name), seconds) for name in promises
    )
    verdict = compose(row.verdict for row in rows)
    return Result(
        verdict=verdict,
        model=MODEL,
        algorithm=ALGORITHM,
        operations=len(operations),
        keys=len(locks),
        reason=next(row.reason for row in rows if row.verdict is verdict),
        search_seconds=seconds * len(promises),
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


def _row(
    name: str, violations: list[Violation], empty: str | None, unknown: str | None, seconds: float
) -> Promised:
    of_exclusion = name == MUTUAL_EXCLUSION
    own = tuple(one for one in violations if (one.kind in OF_EXCLUSION) is of_exclusion)
    if own:
        reason = "; ".join(one.sentence for one in own)
        return Promised(name, Verdict.INVALID, reason, ALGORITHM, seconds, own)
    verdict = Verdict.VACUOUS if empty else Verdict.UNKNOWN if unknown else Verdict.VALID
    return Promised(name, verdict, empty or unknown, ALGORITHM, seconds)
