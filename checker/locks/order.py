"""The order of tokens: grants by token, and each token's renewals and release in between.

A lock's lease may run out at any moment, so what is granted, renewed and released has an order
exactly when it has this one:

    grant 1, renewals of 1, release of 1, grant 2, renewals of 2, …

with one release a token at most. Levels are (token, 0 grant, 1 renewal, 2 release).
"""

from __future__ import annotations

from checker.locks.found import (
    STALE_RELEASE,
    STALE_RENEWAL,
    TOKEN_REUSED,
    TOKEN_WENT_BACK,
    UNGRANTED,
    Found,
    when,
    who,
)
from checker.locks.levels import inversions
from checker.locks.shape import Lock, Use
from histories.event import Operation

GRANT, RENEWAL, RELEASE = range(3)


def check_order(lock: Lock, found: Found) -> None:
    """What is wrong with the tokens of one lock."""
    granted = _granted(lock, found)
    _check_granted(lock, granted, found)
    levels = [((token, GRANT), use.operation) for token, use in granted.items()]
    token_of = {use.operation.call: token for token, use in granted.items()}
    released: dict[int, Use] = {}
    for rank, uses in ((RENEWAL, lock.renewals), (RELEASE, lock.releases)):
        for use in uses:
            if not use.ok or use.token is None:
                continue
            levels.append(((use.token, rank), use.operation))
            token_of[use.operation.call] = use.token
            if rank == RELEASE and (first := released.setdefault(use.token, use)) is not use:
                _twice(lock, use, first, found)
    for later, earlier in inversions(levels):
        _tell(lock, later, earlier, granted, token_of, found)


def _granted(lock: Lock, found: Found) -> dict[int, Use]:
    """Grants by token: the first of each."""
    granted: dict[int, Use] = {}
    for use in lock.grants:
        assert use.token is not None
        first = granted.setdefault(use.token, use)
        if first is not use:
            one, other = first.operation, use.operation
            found.add(
                TOKEN_REUSED,
                lock.key,
                f"token {use.token} was granted twice, to {who(one)} ({when(one)}) and to "
                f"{who(other)} ({when(other)}): no resource can tell the two apart",
                other,
                one,
            )
    return granted


def _check_granted(lock: Lock, granted: dict[int, Use], found: Found) -> None:
    unknown = min((use.operation.call for use in lock.acquires if not use.ok), default=float("inf"))
    for use in (*lock.renewals, *lock.releases, *lock.writes):
        if not use.ok or use.token is None or use.token in granted:
            continue
        operation = use.operation
        # An acquire that nobody saw answered may have been granted any token.
        if operation.ret is not None and operation.ret < unknown:
            found.add(
                UNGRANTED,
                lock.key,
                f"{who(operation)}'s {operation.f} ({when(operation)}) was acknowledged under "
                f"token {use.token}, which nobody can have been granted by then",
                operation,
            )


def _twice(lock: Lock, use: Use, first: Use, found: Found) -> None:
    one, other = first.operation, use.operation
    found.add(
        STALE_RELEASE,
        lock.key,
        f"token {use.token} was released twice, each time with effect: by {who(one)} ({when(one)}) "
        f"and by {who(other)} ({when(other)})",
        other,
        one,
    )


def _tell(
    lock: Lock,
    later: Operation,
    earlier: Operation,
    granted: dict[int, Use],
    token_of: dict[int, int],
    found: Found,
) -> None:
    token, newer = token_of[earlier.call], token_of[later.call]
    what = f"{who(earlier)}'s {earlier.f} under token {token} ({when(earlier)}) was acknowledged"
    if newer != token:
        grant = granted.get(newer)
        shown = later
        if grant is not None and grant.operation.ret is not None:
            shown = grant.operation if grant.operation.ret < earlier.call else later
        why = f"though {who(shown)} had been granted token {newer} before ({when(shown)})"
        if shown.f != "acquire":
            why = f"though {who(shown)}'s {shown.f} under token {newer} was over by then"
        if earlier.f == "acquire":
            found.add(
                TOKEN_WENT_BACK,
                lock.key,
                f"{who(earlier)} asked for it and was granted token {token} ({when(earlier)}), "
                f"{why}: its holder counts as stale from the start",
                earlier,
                shown,
            )
            return
        kind = STALE_RENEWAL if earlier.f == "renew" else STALE_RELEASE
        found.add(kind, lock.key, f"{what}, {why}: it had lost the lock", earlier, shown)
        return
    if earlier.f == "acquire":
        sentence = f"token {token} was used ({later.f}, {when(later)}) before {who(earlier)} had "
        found.add(UNGRANTED, lock.key, f"{sentence}asked for it", later, earlier)
        return
    why = f"though {who(later)} had released that token before ({when(later)})"
    found.add(STALE_RENEWAL, lock.key, f"{what}, {why}", earlier, later)
