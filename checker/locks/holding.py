"""Mutual exclusion, as far as leases promise it: nobody is granted a lock that another holds.

A holder is safe in taking the lock for its own for as long as its lease, counted from when it
*asked* (for the lock, or for the latest renewal that was acknowledged): the service's count began
later. So it had it for certain

    holder      |- acquire 1 s -|
                |=============== held for certain ===============|
                      |- renew -|
                      |=============== and now until here ===============|

unless it released it, or may have. Another grant that was acknowledged within that time is one
too many. Times are those of the journal, one clock. The service's are others: it has to allow
for what they may gain on it.
"""

from __future__ import annotations

from checker.locks.found import TWO_HOLDERS, Found, when, who
from checker.locks.shape import Lock, Use
from checker.wording import precise_seconds

NS_PER_MS = 1_000_000


def check_holding(lock: Lock, found: Found, *, timed: bool = True) -> None:
    """Grants that were acknowledged while another token's lease was in force. O(n log n).

    In a history that is not ``timed`` only locks without a lease can be told to be held.
    """
    grants = sorted(lock.grants, key=lambda use: use.token or 0)
    renewals: dict[int | None, list[Use]] = {}
    for use in lock.renewals:
        if use.ok:
            renewals.setdefault(use.token, []).append(use)
    released: dict[int | None, int] = {}
    for use in lock.releases:
        call = use.operation.call
        released[use.token] = min(released.get(use.token, call), call)
    for holder, other in reversed(_pairs(grants)):
        if not timed and holder.operation.input is not None:
            continue
        _check_pair(lock, holder, other, renewals, released, found)


def _pairs(grants: list[Use]) -> list[tuple[Use, Use]]:
    """Each grant with the first acknowledged under a greater token; the last token first."""
    pairs = []
    soonest: Use | None = None
    for use in reversed(grants):
        if soonest is not None and soonest.token != use.token:
            pairs.append((use, soonest))
        if soonest is None or _ret(use) < _ret(soonest):
            soonest = use
    return pairs


def _check_pair(
    lock: Lock,
    holder: Use,
    other: Use,
    renewals: dict[int | None, list[Use]],
    released: dict[int | None, int],
    found: Found,
) -> None:
    granted = _ret(other)
    # One that was granted before is out of order, which is told as that.
    if released.get(holder.token, granted) < granted or granted < holder.operation.call:
        return
    # A renewal that was asked for only then is no business of this grant.
    asked = [holder, *(r for r in renewals.get(holder.token, ()) if r.operation.call < granted)]
    last = max(asked, key=lambda use: use.operation.call)
    one, two = holder.operation, other.operation
    assert two.ret_ns is not None
    lease = "until it let go"
    if one.input is not None:
        began_ns = last.operation.call_ns
        ends_ns = began_ns + one.input * NS_PER_MS
        if two.ret_ns >= ends_ns:
            return
        begins, ends = precise_seconds(began_ns, int(ends_ns))
        lease = f"for {one.input:g} ms from {begins} on, so to {ends} at least"
    renewed = " (renewed)" if last is not holder else ""
    found.add(
        TWO_HOLDERS,
        lock.key,
        f"{who(two)} was granted it under token {other.token} ({when(two)}) while {who(one)} held "
        f"it under token {holder.token}{renewed}, {lease}, and had not released it",
        two,
        one,
        last.operation,
    )


def _ret(use: Use) -> int:
    assert use.operation.ret is not None
    return use.operation.ret
