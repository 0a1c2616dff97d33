"""The resource that tokens protect: a register whose writes come in order of their tokens.

Every value is written once, so a read tells which write it saw. An order of all is one that goes
token by token, from nothing written yet to the greatest; so there is one exactly when no operation
of a greater token was over before one of a smaller began, and those of each token have an order
by themselves. One token's writes are mostly one process's, one after another, and so is their
order; where they overlap (a token that several share) it is left to the search for registers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from checker.linearizability.search import linearizable
from checker.locks.found import (
    FAILED,
    STALE_READ,
    STALE_TOKEN,
    UNWRITTEN,
    Found,
    when,
    who,
)
from checker.locks.levels import inversions
from checker.locks.shape import Lock, Use
from checker.wording import show
from histories.canonical import canonical
from histories.event import Operation, Outcome

Level = tuple[int, int, int, int]
"""(0 before any write, else 1; token; which of its writes; 0 the write, 1 its reads)"""
NOTHING_YET: Level = (0, 0, 0, 0)


def check_resource(lock: Lock, found: Found) -> None:
    """What is wrong with the writes and reads of one lock's resource."""
    seen = _seen(lock, found)
    groups: dict[int, list[Use]] = {}
    for use in lock.writes:
        call = use.operation.call
        is_seen = call in seen
        token = seen[call][0].output[1] if is_seen and use.token is None else use.token
        if token is not None and (use.ok or is_seen):
            groups.setdefault(token, []).append(use)
    levels: list[tuple[Level, Operation]] = [
        (NOTHING_YET, read) for read in lock.reads if read.output is None
    ]
    for token, writes in groups.items():
        if _overlap(writes):
            together = [(use.operation, seen.get(use.operation.call, [])) for use in writes]
            levels += [
                ((1, token, 0, 0), one) for write, reads in together for one in (write, *reads)
            ]
            _search(lock, token, together, found)
            continue
        for place, use in enumerate(writes):
            levels.append(((1, token, place, 0), use.operation))
            reads = seen.get(use.operation.call, ())
            levels += [((1, token, place, 1), read) for read in reads]
    for later, earlier in inversions(levels):
        _tell(lock, later, earlier, found)


def _seen(lock: Lock, found: Found) -> dict[int, list[Operation]]:
    """The reads that saw each write, by its call; what no write explains is a finding."""
    written = {canonical(use.operation.input): use for use in lock.writes}
    seen: dict[int, list[Operation]] = {}
    for read in lock.reads:
        if read.output is None:
            continue
        value, token = read.output
        use = written.get(canonical(value))
        if use is None:
            found.add(UNWRITTEN, lock.key, f"{_told(read)}, which nobody wrote", read)
            continue
        write = use.operation
        if write.outcome is Outcome.FAIL:
            why = f"but {who(write)}'s write of it ({when(write)}) had failed ({write.error})"
            found.add(FAILED, lock.key, f"{_told(read)}, {why}", read, write)
        elif use.token is not None and use.token != token:
            why = f"which {who(write)} wrote under token {use.token} ({when(write)})"
            found.add(UNWRITTEN, lock.key, f"{_told(read)}, {why}", read, write)
        else:
            seen.setdefault(write.call, []).append(read)
    return seen


def _told(read: Operation) -> str:
    value, token = read.output
    return f"{who(read)} read {show(value)} under token {token} ({when(read)})"


def _overlap(writes: Sequence[Use]) -> bool:
    """Whether some write began before the one before it was over."""
    pairs = pairwise(use.operation for use in writes)
    return any(a.ret is None or b.call < a.ret for a, b in pairs)


def _search(
    lock: Lock,
    token: int,
    together: list[tuple[Operation, list[Operation]]],
    found: Found,
) -> None:
    plain = [
        replace(one, output=one.output[0]) if one.outcome is Outcome.OK else one
        for write, reads in together
        for one in (write, *reads)
    ]
    result = linearizable(sorted(plain, key=lambda one: one.call), "register")
    for violation in result.violations:
        told = f"Under token {token} alone: {violation.sentence}"
        found.take(violation.kind, replace(violation, sentence=told, key=lock.key))


def _tell(lock: Lock, later: Operation, earlier: Operation, found: Found) -> None:
    if later.f == "write":
        newer = f"{who(later)}'s write of {show(later.input)} ({when(later)})"
    else:
        newer = f"{who(later)}'s read of {show(later.output[0])} ({when(later)})"
    told = later.output[1] if later.output is not None else None
    if earlier.f == "write":
        token = earlier.output[1] if earlier.outcome is Outcome.OK else None
        under = f" under token {token}" if token is not None else ""
        what = f"{who(earlier)}'s write of {show(earlier.input)}{under} ({when(earlier)})"
        if told is not None and told == token:
            # Writes of a token are in order: so this is its own value, read before it began.
            sentence = f"{newer} was over before {what} began"
            found.add(UNWRITTEN, lock.key, sentence, later, earlier)
            return
        outcome = "was taken" if earlier.outcome is Outcome.OK else "took effect"
        sentence = f"{what} {outcome}, though {newer}, under token {told}, was over before it "
        sentence += "began: a stale token was not turned away"
        found.add(STALE_TOKEN, lock.key, sentence, earlier, later)
        return
    what = "found nothing written"
    if earlier.output is not None:
        what = f"read {show(earlier.output[0])}, written under token {earlier.output[1]},"
    sentence = f"{who(earlier)} {what} ({when(earlier)}), though {newer}"
    if told is not None:
        sentence += f", under token {told},"
    found.add(STALE_READ, lock.key, f"{sentence} was over before that began", earlier, later)
