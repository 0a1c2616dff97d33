"""Sequential consistency and the session guarantees, by definition and by trying everything.

Rests on ``semantics.py`` and shares nothing with the checker. Exponential; meant for up to
eight operations or so.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import semantics

from checker.reading import SPLITBRAIN, Reading
from histories.event import Operation, Outcome

GUARANTEES = ("read-your-writes", "monotonic-reads", "monotonic-writes", "writes-follow-reads")


def is_sequential(
    model: str, operations: Sequence[Operation], reading: Reading = SPLITBRAIN
) -> bool:
    """Whether some interleaving of the processes works, on one object a key."""
    own: dict[int, list[Operation]] = {}
    for operation in sorted(operations, key=lambda one: one.call):
        if semantics.relevant(model, operation, reading):
            own.setdefault(operation.process, []).append(operation)
    by_key = semantics.BY_KEY[model]
    return _some_interleaving(model, reading, list(own.values()), {}, by_key)


def _some_interleaving(
    model: str,
    reading: Reading,
    left: list[list[Operation]],
    states: dict[str, Any],
    by_key: bool,
) -> bool:
    if all(one.outcome is Outcome.INFO for rest in left for one in rest):
        return True
    for number, rest in enumerate(left):
        if not rest:
            continue
        name = repr(rest[0].key) if by_key else ""
        state = states.get(name, semantics.INIT[model])
        shorter = [*left[:number], rest[1:], *left[number + 1 :]]
        for after in semantics.apply(model, state, rest[0], reading):
            if _some_interleaving(model, reading, shorter, {**states, name: after}, by_key):
                return True
    return False


def keeps(promise: str, operations: Sequence[Operation]) -> bool | None:
    """Whether registers keep a session guarantee: some order of each key's writes will do.

    Every value is written once to a key and nil never. None: it cannot be said, for a value is
    read that nobody wrote, or no order of the writes suits the sessions that wrote them.
    """
    sessions = _sessions(operations)
    keys = sorted({key for own in sessions for _, key, _ in own}, key=repr)
    wrote = {(key, value) for own in sessions for kind, key, value in own if kind == "write"}
    phantom = any(
        kind == "read" and value is not None and (key, value) not in wrote
        for own in sessions
        for kind, key, value in own
    )
    everywhere = True
    for key in keys:
        values = [value for k, value in wrote if k == key]
        orders = [
            {value: place for place, value in enumerate(order)} | {None: -1}
            for order in itertools.permutations(values)
        ]
        suited = [order for order in orders if _suits(order, key, sessions)]
        if not suited:
            everywhere = False
            if promise == "writes-follow-reads":
                return False
            continue
        if not any(_allowed(promise, order, key, sessions) for order in suited):
            return False
    return True if everywhere and not phantom else None


def _sessions(operations: Sequence[Operation]) -> list[list[tuple[str, Any, Any]]]:
    """Reads and writes of each process, a compare-and-set as both; what nobody saw left out."""
    own: dict[int, list[Operation]] = {}
    for operation in sorted(operations, key=lambda one: one.call):
        own.setdefault(operation.process, []).append(operation)
    certain = [one for rest in own.values() for one in rest if one.outcome is Outcome.OK]
    seen = {(repr(one.key), _read(one)) for one in certain if one.f in ("read", "cas")}
    while True:
        late = [
            one
            for rest in own.values()
            for one in rest
            if one.outcome is Outcome.INFO
            and one.f == "cas"
            and (repr(one.key), one.input[1]) in seen
            and (repr(one.key), one.input[0]) not in seen
        ]
        if not late:
            break
        seen |= {(repr(one.key), one.input[0]) for one in late}
    sessions = []
    for rest in own.values():
        steps: list[tuple[str, Any, Any]] = []
        for one in rest:
            if one.outcome is Outcome.FAIL:
                continue
            if one.outcome is Outcome.INFO:
                if one.f == "read":
                    continue
                new = one.input[1] if one.f == "cas" else one.input
                if (repr(one.key), new) not in seen:
                    continue
            if one.f in ("read", "cas"):
                steps.append(("read", one.key, _read(one)))
            if one.f in ("write", "cas"):
                steps.append(("write", one.key, one.input[1] if one.f == "cas" else one.input))
        sessions.append(steps)
    return sessions


def _read(operation: Operation) -> Any:
    return operation.output if operation.f == "read" else operation.input[0]


def _suits(order: dict[Any, int], key: Any, sessions: list[list[tuple[str, Any, Any]]]) -> bool:
    """A session's write comes after all that it had written or read."""
    for own in sessions:
        for at, (kind, k, value) in enumerate(own):
            if kind == "write" and k == key:
                for _, other_key, other in own[:at]:
                    if other_key == key and order.get(other, -1) >= order[value]:
                        return False
    return True


def _allowed(
    promise: str, order: dict[Any, int], key: Any, sessions: list[list[tuple[str, Any, Any]]]
) -> bool:
    writer = {
        (k, value): (number, at)
        for number, own in enumerate(sessions)
        for at, (kind, k, value) in enumerate(own)
        if kind == "write"
    }
    for own in sessions:
        for at, (kind, k, value) in enumerate(own):
            if kind != "read" or k != key or value not in order:
                continue
            for least in _least(promise, own, at, key, sessions, writer):
                if least in order and order[value] < order[least]:
                    return False
    return True


def _least(
    promise: str,
    own: list[tuple[str, Any, Any]],
    at: int,
    key: Any,
    sessions: list[list[tuple[str, Any, Any]]],
    writer: dict[tuple[Any, Any], tuple[int, int]],
) -> list[Any]:
    """The values of ``key`` that the read at ``at`` must not be older than."""
    if promise in ("read-your-writes", "monotonic-reads"):
        wanted = "write" if promise == "read-your-writes" else "read"
        return [value for kind, k, value in own[:at] if kind == wanted and k == key]
    wanted = "write" if promise == "monotonic-writes" else "read"
    least = []
    for kind, k, value in own[: at + 1]:
        if kind == "read" and (k, value) in writer:
            number, place = writer[k, value]
            least += [
                other
                for what, other_key, other in sessions[number][:place]
                if what == wanted and other_key == key
            ]
    return least
