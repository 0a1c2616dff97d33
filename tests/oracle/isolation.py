"""Levels of isolation by brute force, from what they promise and not from any graph.

For each level the oracle tries every order in which the transactions may have committed, and
for snapshots every moment each may have been of. Definitions: Adya (1999) for what is committed;
Cerone, Bernardi & Gotsman (CONCUR 2015) for what is visible; Berenson et al. (1995) for snapshots.
Plain, slow and for six transactions at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations
from typing import Any

from histories.event import Operation, Outcome

Steps = list[list[Any]]


def serial(operations: Sequence[Operation], within: str = "") -> bool:
    """Whether one order of all transactions explains every answer. ``within``: "", "process" or
    "realtime": what the order has to respect."""
    lists = _over_lists(operations)
    for chosen in _happened(operations):
        for order in permutations(chosen):
            if not _respects(order, within):
                continue
            state: dict[Any, Any] = {}
            if all(_run(one, state, lists) for one in order):
                return True
    return False


def snapshot(operations: Sequence[Operation], within: str = "") -> bool:
    """Whether some commit order and a snapshot for each transaction explain every answer.

    A transaction sees all that had committed by its snapshot, and nothing that committed between
    that and its own commit wrote a key that it writes.
    """
    lists = _over_lists(operations)
    for chosen in _happened(operations):
        for order in permutations(chosen):
            if all(_fits(order, at, within, lists) for at in range(len(order))):
                return True
    return False


def _fits(order: Sequence[Operation], at: int, within: str, lists: bool) -> bool:
    """Whether the transaction at this place of the commit order has a snapshot."""
    one = order[at]
    own = _written(one)
    if any(_must_precede(one, ahead, within) for ahead in order[:at]):
        return False
    for taken in range(at, -1, -1):
        if any(_must_precede(other, one, within) for other in order[taken:at]):
            return False
        if any(_written(other) & own for other in order[taken:at]):
            return False
        state: dict[Any, Any] = {}
        for other in order[:taken]:
            for f, key, value in _steps(other):
                if f != "r":
                    _write(state, key, value, lists)
        if _run(one, state, lists):
            return True
    return False


def atomic(operations: Sequence[Operation], level: str) -> bool:
    """Whether the history is ``read-atomic``, ``causal`` or ``parallel-snapshot-isolation``.

    There is an order of commits, and a set of transactions visible to each, all of them ahead of
    it; of every key the last visible writer is the one that is read. What is visible need be no
    more than what is read (read atomic), and what that saw (causal), and the earlier writers of
    whatever key any of them writes (parallel snapshot isolation), for more only asks for more.
    """
    lists = _over_lists(operations)
    for chosen in _happened(operations):
        if not all(_internally(one, lists) for one in chosen):
            continue
        for order in permutations(chosen):
            if _versions_fit(order, lists) and _visible(order, level, lists):
                return True
    return False


def _versions_fit(order: Sequence[Operation], lists: bool) -> bool:
    """Whether a list that shows its reader's own append is the version which that made: the one
    before it in the order of versions, and what was appended so far."""
    state: dict[Any, list[Any]] = {}
    for one in order:
        own: set[Any] = set()
        for f, key, value in _steps(one):
            if f != "r":
                _write(state, key, value, lists)
                own.add(key)
            elif one.outcome is Outcome.OK and lists and key in own and state[key] != value:
                return False
    return True


def _visible(order: Sequence[Operation], level: str, lists: bool) -> bool:
    n = len(order)
    seen: list[set[int]] = []
    sources: list[dict[Any, int]] = []
    for at, one in enumerate(order):
        read: dict[Any, int] = {}
        for key, value in _external(one, lists):
            writer = _writer(order, key, value, lists)
            if writer is None or writer >= at:
                return False
            read[key] = writer
        own: set[int] = {writer for writer in read.values() if writer >= 0}
        if level == "parallel-snapshot-isolation":
            own |= {i for i in range(at) if _written(order[i]) & _written(one)}
        if level != "read-atomic":
            for other in list(own):
                own |= seen[other]
        seen.append(own)
        sources.append(read)
    for at in range(n):
        for key, writer in sources[at].items():
            visible = [i for i in seen[at] if key in _written(order[i])]
            if (max(visible) if visible else -1) != writer:
                return False
    return True


def _writer(order: Sequence[Operation], key: Any, value: Any, lists: bool) -> int | None:
    """Whose version of a key was read, in this order of versions; -1: the first; None: nobody's."""
    state: dict[Any, Any] = {}
    if value == ([] if lists else None):
        return -1
    for at, one in enumerate(order):
        wrote = False
        for f, name, new in _steps(one):
            if f != "r" and name == key:
                _write(state, key, new, lists)
                wrote = True
        if wrote and state.get(key) == value:
            return at
    return None


def committed(operations: Sequence[Operation]) -> bool:
    """Whether a history over lists is read committed: the order of versions goes with one in
    which every transaction comes after those whose final versions it read."""
    lists = _over_lists(operations)
    for chosen in _happened(operations):
        if not all(_internally(one, lists, repeatable=False) for one in chosen):
            continue
        for order in permutations(chosen):
            if not _versions_fit(order, lists):
                continue
            for at, one in enumerate(order):
                found = [_writer(order, key, value, lists) for key, value in _externals(one, lists)]
                if any(writer is None or writer >= at for writer in found):
                    break
            else:
                return True
    return False


def _happened(operations: Sequence[Operation]) -> Iterator[list[Operation]]:
    """What may have taken effect: of unknown outcome any."""
    sure = [one for one in operations if one.outcome is Outcome.OK]
    unsure = [one for one in operations if one.outcome is Outcome.INFO]
    for many in range(len(unsure) + 1):
        for some in combinations(unsure, many):
            yield [*sure, *some]


def _must_precede(one: Operation, other: Operation, within: str) -> bool:
    if one.ret is None or not within:
        return False
    if within == "process" and one.process != other.process:
        return False
    return one.ret < other.call


def _respects(order: Sequence[Operation], within: str) -> bool:
    return not any(
        _must_precede(late, early, within)
        for at, early in enumerate(order)
        for late in order[at + 1 :]
    )


def _over_lists(operations: Sequence[Operation]) -> bool:
    return not any(f == "w" for one in operations for f, _, _ in one.input) and not any(
        f == "r" and not isinstance(value, list)
        for one in operations
        for f, _, value in one.output or ()
    )


def _steps(one: Operation) -> Steps:
    return one.output if one.outcome is Outcome.OK else one.input


def _written(one: Operation) -> set[Any]:
    return {key for f, key, _ in _steps(one) if f != "r"}


def _write(state: dict[Any, Any], key: Any, value: Any, lists: bool) -> None:
    state[key] = [*state.get(key, []), value] if lists else value


def _run(one: Operation, state: dict[Any, Any], lists: bool) -> bool:
    """Take a transaction's steps; False when it reads what is not there."""
    for f, key, value in _steps(one):
        if f != "r":
            _write(state, key, value, lists)
        elif one.outcome is Outcome.OK and state.get(key, [] if lists else None) != value:
            return False
    return True


def _internally(one: Operation, lists: bool, repeatable: bool = True) -> bool:
    """Whether its reads agree with its own writes, and if they must with one another."""
    if one.outcome is not Outcome.OK:
        return True
    known: dict[Any, Any] = {}
    own: dict[Any, list[Any]] = {}
    for f, key, value in _steps(one):
        if f != "r":
            own.setdefault(key, []).append(value)
            continue
        if lists:
            mine = own.get(key, [])
            if value[len(value) - len(mine) :] != mine or len(value) < len(mine):
                return False
            before = value[: len(value) - len(mine)]
        elif key in own:
            if own[key][-1] != value:
                return False
            continue
        else:
            before = value
        if repeatable and known.setdefault(key, before) != before:
            return False
    return True


def _externals(one: Operation, lists: bool) -> list[tuple[Any, Any]]:
    """What it read of keys as they were without its own writes."""
    found: list[tuple[Any, Any]] = []
    own: dict[Any, int] = {}
    for f, key, value in _steps(one):
        if f != "r":
            own[key] = own.get(key, 0) + 1
        elif one.outcome is Outcome.OK:
            if lists:
                found.append((key, value[: len(value) - own.get(key, 0)]))
            elif key not in own:
                found.append((key, value))
    return found


def _external(one: Operation, lists: bool) -> list[tuple[Any, Any]]:
    return _externals(one, lists)
