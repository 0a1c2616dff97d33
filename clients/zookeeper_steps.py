"""What an operation of a workload is to ZooKeeper: requests, step by step.

    register   a node a register; compare-and-set is a read and a write of that version
    set        a node an element, all below one; a read lists them
    counter    a node whose changes ZooKeeper counts itself: its ``version``
    append     a node a list; an append reads it and writes it, if its version is still that one

A step is a list of requests sent together; a session answers in order. Only the last request
of an operation changes anything that the workload's model knows, so each operation happens at
one point or not at all. A node that is not there yet is made by whoever needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kazoo.protocol.serialization import Create, Exists, GetChildren, GetData, SetData, Sync
from kazoo.security import OPEN_ACL_UNSAFE

from clients.client import Completion, Invocation
from clients.zookeeper_errors import BAD_VERSION, ERRORS, NO_NODE, NODE_EXISTS, row_of
from histories.event import Outcome

ANY_VERSION = -1
TRIES_MAX = 10
SET_ROOT, COUNTER = "/set", "/counter"
BARRIER = "/barrier"
"""A node that is written before a read, so that the read follows a write of a quorum."""


class Reads(StrEnum):
    """What comes before a read."""

    PLAIN = "plain"
    """Nothing: the server tells what it has."""
    SYNC = "sync"
    """The server catches up with the leader, which is not asked whether it still is one."""
    QUORUM = "quorum"
    """A write in the same session."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: 0 or an error code, the result, and the last transaction the server has seen."""

    code: int
    result: Any
    zxid: int


Steps = Generator[list[Any], list[Reply], Completion]
"""Asks, is told, and ends with what became of it; without requests a step waits for a watch."""


def _ok(reply: Reply, value: Any = None) -> Completion:
    return Completion(Outcome.OK, value, extra={"zxid": reply.zxid})


def _failed(reply: Reply, *, is_read: bool) -> Completion:
    return row_of(reply.code).completion(is_read)


def _create(path: str, data: bytes) -> Create:
    return Create(path, data, OPEN_ACL_UNSAFE, 0)


def _preceded(read: Any, reads: Reads) -> Steps:
    """The read with what comes before it; its completion's value is the reply."""
    before: list[Any] = []
    if reads is Reads.SYNC:
        before = [Sync(read.path)]
    elif reads is Reads.QUORUM:
        before = [SetData(BARRIER, b"", ANY_VERSION)]
    replies = yield [*before, read]
    if reads is Reads.QUORUM and replies[0].code == NO_NODE:
        replies = yield [_create(BARRIER, b""), *before, read]
        replies = replies[1:]
    for reply in replies[:-1]:
        if reply.code:
            return _failed(reply, is_read=True)
    if replies[-1].code not in (0, NO_NODE):
        return _failed(replies[-1], is_read=True)
    return Completion(Outcome.OK, replies[-1])


def _register(invocation: Invocation) -> str:
    return f"/r{invocation.key}"


def _read_register(invocation: Invocation, reads: Reads) -> Steps:
    done = yield from _preceded(GetData(_register(invocation), False), reads)
    if done.outcome is not Outcome.OK:
        return done
    reply = done.value
    return _ok(reply, int(reply.result[0]) if reply.code == 0 else None)


def _write_register(invocation: Invocation, reads: Reads) -> Steps:
    path, data = _register(invocation), str(invocation.value).encode()
    for _ in range(TRIES_MAX):
        (reply,) = yield [SetData(path, data, ANY_VERSION)]
        if reply.code == NO_NODE:
            (reply,) = yield [_create(path, data)]
            if reply.code == NODE_EXISTS:
                continue
        return _failed(reply, is_read=False) if reply.code else _ok(reply)
    return ERRORS["contended"].completion(is_read=False)


def _cas_register(invocation: Invocation, reads: Reads) -> Steps:
    expected, new = invocation.value
    path = _register(invocation)
    done = yield from _preceded(GetData(path, False), reads)
    if done.outcome is not Outcome.OK:
        # Nothing but reads so far: it definitely did not happen.
        return Completion(Outcome.FAIL, None, done.error, done.unavailable)
    found = done.value
    if found.code == NO_NODE or int(found.result[0]) != expected:
        return ERRORS["other-value"].completion(is_read=False)
    (reply,) = yield [SetData(path, str(new).encode(), found.result[1].version)]
    return _failed(reply, is_read=False) if reply.code else _ok(reply)


def _add_element(invocation: Invocation, reads: Reads) -> Steps:
    path = f"{SET_ROOT}/{invocation.value}"
    (reply,) = yield [_create(path, b"")]
    if reply.code == NO_NODE:
        # Whoever makes the node above them first does it for all. What came of that is of no
        # account: without it the second would have been told that there is none.
        _, reply = yield [_create(SET_ROOT, b""), _create(path, b"")]
    return _failed(reply, is_read=False) if reply.code else _ok(reply)


def _read_elements(invocation: Invocation, reads: Reads) -> Steps:
    done = yield from _preceded(GetChildren(SET_ROOT, False), reads)
    if done.outcome is not Outcome.OK:
        return done
    reply = done.value
    return _ok(reply, sorted(map(int, reply.result)) if reply.code == 0 else [])


def _count(invocation: Invocation, reads: Reads) -> Steps:
    if invocation.value != 1:
        raise ValueError(
            f"ZooKeeper counts changes, so a counter goes up by 1, not {invocation.value!r}"
        )
    (reply,) = yield [SetData(COUNTER, b"", ANY_VERSION)]
    if reply.code == NO_NODE:
        # Made, it counts none; only the change does, so only its answer is of account.
        _, reply = yield [_create(COUNTER, b""), SetData(COUNTER, b"", ANY_VERSION)]
    return _failed(reply, is_read=False) if reply.code else _ok(reply)


def _read_count(invocation: Invocation, reads: Reads) -> Steps:
    done = yield from _preceded(Exists(COUNTER, False), reads)
    if done.outcome is not Outcome.OK:
        return done
    reply = done.value
    return _ok(reply, reply.result.version if reply.code == 0 and reply.result else 0)


def _list(invocation: Invocation) -> str:
    return f"/a{invocation.key}"


def _elements_of(reply: Reply) -> list[int]:
    return [int(e) for e in reply.result[0].split(b",")] if reply.code == 0 else []


def _read_list(invocation: Invocation, reads: Reads) -> Steps:
    done = yield from _preceded(GetData(_list(invocation), False), reads)
    return _ok(done.value, _elements_of(done.value)) if done.outcome is Outcome.OK else done


def _append(invocation: Invocation, reads: Reads) -> Steps:
    path = _list(invocation)
    for _ in range(TRIES_MAX):
        # What is read here may be old: then the write is refused.
        (seen,) = yield [GetData(path, False)]
        if seen.code not in (0, NO_NODE):
            return Completion(Outcome.FAIL, None, row_of(seen.code).error)
        elements = b",".join(b"%d" % e for e in (*_elements_of(seen), invocation.value))
        if seen.code == NO_NODE:
            (reply,) = yield [_create(path, elements)]
        else:
            (reply,) = yield [SetData(path, elements, seen.result[1].version)]
        if reply.code not in (BAD_VERSION, NODE_EXISTS):
            return _failed(reply, is_read=False) if reply.code else _ok(reply)
        # A server that is behind would read the same again: let it catch up first.
        yield [Sync(path)]
    return ERRORS["contended"].completion(is_read=False)


STEPS: dict[str, dict[str, Callable[[Invocation, Reads], Steps]]] = {
    "register": {"read": _read_register, "write": _write_register, "cas": _cas_register},
    "set": {"add": _add_element, "read": _read_elements},
    "counter": {"add": _count, "read": _read_count},
    "append": {"append": _append, "read": _read_list},
}
"""What an operation of a workload is, by its name."""
