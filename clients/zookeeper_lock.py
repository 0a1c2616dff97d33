"""ZooKeeper's lock recipe: nodes that live as long as their sessions, in a queue by number.

Who wants the lock makes a node with the next number, and holds it once no lower number is
left; meanwhile it watches the next lower one alone (ZooKeeper recipes, "Locks"). A session
ends when the server has not heard of it, and the holder's node with it; the holder is told
when it asks. The number is the token for fencing.
"""

from __future__ import annotations

from collections.abc import Callable

from kazoo.protocol.serialization import Create, Delete, Exists, GetChildren
from kazoo.security import OPEN_ACL_UNSAFE

from clients.client import Completion, Invocation
from clients.locking import ERRORS, Locking, untouched
from clients.resource import Fenced, Resource
from clients.zookeeper_errors import NO_NODE, NODE_EXISTS, row_of
from clients.zookeeper_steps import Reads, Steps
from histories.event import Outcome

QUEUE = "/lock"
EPHEMERAL, SEQUENCE = 1, 2
DIGITS = 10
"""The server ends a node's name with so many digits."""


def lock_steps(
    resource: Resource, locking: Locking
) -> dict[str, Callable[[Invocation, Reads], Steps]]:
    """The operation "add": an element into the resource, under the lock."""

    def add(invocation: Invocation, reads: Reads) -> Steps:
        acquired = yield from _acquire()
        if acquired.outcome is not Outcome.OK:
            return acquired
        path = acquired.value
        token = int(path[-DIGITS:]) if locking.fencing else None
        try:
            elements = resource.read(token)
            for _ in range(locking.renewals):
                (seen,) = yield [Exists(path, False)]
                if seen.code not in (0, NO_NODE):
                    return untouched(row_of(seen.code))
                if locking.watchful and seen.code == NO_NODE:
                    return untouched(ERRORS["lock-lost"])
            resource.write(elements | {invocation.value}, token)
        except Fenced:
            return untouched(ERRORS["fenced"])
        # Whatever is said to that: the resource is written.
        yield [Delete(path, -1)]
        return Completion(Outcome.OK, extra=None if token is None else {"token": token})

    return {"add": add}


def _acquire() -> Steps:
    """Take the lock; the completion's value is the path of our node."""
    wanted = Create(f"{QUEUE}/c-", b"", OPEN_ACL_UNSAFE, EPHEMERAL | SEQUENCE)
    (made,) = yield [wanted]
    if made.code == NO_NODE:
        above, made = yield [Create(QUEUE, b"", OPEN_ACL_UNSAFE, 0), wanted]
        if above.code not in (0, NODE_EXISTS):
            return untouched(row_of(above.code))
    if made.code:
        return untouched(row_of(made.code))
    own = made.result.rpartition("/")[2]
    while True:
        (listed,) = yield [GetChildren(QUEUE, False)]
        if listed.code:
            return untouched(row_of(listed.code))
        if own not in listed.result:
            return untouched(ERRORS["lock-lost"])
        before = [name for name in listed.result if name < own]
        if not before:
            return Completion(Outcome.OK, made.result)
        (seen,) = yield [Exists(f"{QUEUE}/{max(before)}", True)]
        if seen.code == 0:
            yield []
        elif seen.code != NO_NODE:
            return untouched(row_of(seen.code))
