"""Tries every order of a few transactions, or of their begins and commits, once more.

Part of the verifier: it knows what clients were told, and nothing of how anything was found.
"""

from __future__ import annotations

from typing import Any

from checker.transactions.edges import PROCESS, REALTIME
from checker.transactions.levels import (
    LEVELS,
    REPEATABLE_READ,
    SERIALIZABLE,
    SNAPSHOT_ISOLATION,
    STRICT_SERIALIZABLE,
    STRONG,
    STRONG_SESSION,
)
from checker.transactions.told import Key, Told, Unproved
from histories.event import Operation, Outcome

TRIED_MAX = 200_000
_READS = ("r", "read")


def tried(told: Told, snapshots: bool, level: str, shown: dict[str, Any]) -> tuple[str, ...]:
    """None of all orders of the transactions named gives the answers that count: those that saw
    what none but these wrote, or what was there at first. An order of the whole history would give
    one of these: leave the others out. Over lists, where that does not hold, all have to be named.

    Gives the levels that this rules out.
    """
    within = LEVELS[level].within
    some = [told.operation(call) for call in shown["transactions"]]
    calls = {one.call for one in some}
    others = [one for one in told.all.values() if one.outcome is not Outcome.FAIL]
    if any(one.outcome is Outcome.FAIL for one in some) or len(calls) < len(some):
        raise Unproved("a transaction is named that failed, or twice")
    if told.lists and len(others) > len(some):
        raise Unproved("not all transactions are named")

    def counts(key: Key, value: Any) -> bool:
        if told.lists or value is None:
            return True
        writers = [one for one in told._writers(key, value) if one.outcome is not Outcome.FAIL]
        return bool(writers) and all(one.call in calls for one in writers)

    _try(told, some, within, snapshots, counts)
    if within == REALTIME:
        return (STRONG + SNAPSHOT_ISOLATION if snapshots else STRICT_SERIALIZABLE,)
    if within == PROCESS:
        return (STRONG_SESSION + (SNAPSHOT_ISOLATION if snapshots else SERIALIZABLE),)
    return (SNAPSHOT_ISOLATION if snapshots else SERIALIZABLE, REPEATABLE_READ)


def _try(told: Told, some: list[Operation], within: int, snapshots: bool, counts: Any) -> None:
    ahead = [
        {
            i
            for i, other in enumerate(some)
            if other.outcome is Outcome.OK
            and other.ret is not None
            and other.ret < one.call
            and (within == REALTIME or (within == PROCESS and other.process == one.process))
        }
        for one in some
    ]
    keys = [_keys(told, one) for one in some]
    read = [{key for f, key, _ in told.steps(one) if f in _READS} for one in some]
    sure = {i for i, one in enumerate(some) if one.outcome is Outcome.OK}
    met: set[Any] = set()
    nobody: frozenset[int] = frozenset()
    # Who has begun, who of these since the last commit, who has committed, and what is there.
    todo: list[tuple[frozenset[int], frozenset[int], frozenset[int], dict[Key, Any]]] = [
        (nobody, nobody, nobody, {})
    ]
    while todo:
        begun, fresh, done, state = todo.pop()
        if sure <= done:
            raise Unproved("there is an order of them that gives every answer")
        for i, one in enumerate(some):
            if i in done or not done >= ahead[i]:
                continue
            begins = snapshots and i not in begun
            after = dict(state)
            if begins or not snapshots:
                # Whoever has begun will commit; of two that write one key both cannot.
                if any(keys[j] & keys[i] for j in begun - done):
                    continue
                try:
                    told.take(one, after, counts)
                except Unproved:
                    continue
            else:
                # Who has just begun could as well begin after this commit, if it reads none of it.
                if any(not keys[i] & read[j] for j in fresh - {i}):
                    continue
                told.take(one, after, lambda key, value: False)
            if begins:
                now, after = (begun | {i}, fresh | {i}, done), state
            else:
                now = (begun | {i}, nobody, done | {i})
            name = (*now, repr(sorted(after.items(), key=repr)))
            if name not in met:
                met.add(name)
                todo.append((*now, after))
        if len(met) > TRIED_MAX:
            raise Unproved("there are too many orders to try them all again")


def _keys(told: Told, one: Operation) -> set[Key]:
    """What it writes."""
    return {key for f, key, _ in told.steps(one) if f not in _READS}
