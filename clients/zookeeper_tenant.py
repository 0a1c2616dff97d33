"""The nodes of one run in a ZooKeeper that others use as well: taken, and given back.

claim    makes the run's root, which must not be there yet
remove   takes away the root with all below it, children first, some thousand at a time
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kazoo.protocol.serialization import Create, Delete, GetChildren, Sync
from kazoo.security import OPEN_ACL_UNSAFE

from clients.client import Completion, Invocation
from clients.zookeeper_errors import NO_NODE, NOT_EMPTY, row_of
from clients.zookeeper_steps import Reads, Steps
from histories.event import Outcome

ROOT = re.compile(r"/splitbrain-[A-Za-z0-9][A-Za-z0-9._-]*")
AT_ONCE = 500
"""Requests that are sent together."""
REMOVED_MAX, STEPS_MAX = 5000, 200
"""What one operation does at most; another one goes on."""


def tenant_steps(root: str) -> dict[str, Callable[[Invocation, Reads], Steps]]:
    """``claim`` and ``remove`` of the run whose nodes are below ``root``.

    Raises ValueError for a root that is no run's: what is below it is going to be deleted.
    """
    if not ROOT.fullmatch(root):
        raise ValueError(f"{root!r} is no root of a run")

    def claim(invocation: Invocation, reads: Reads) -> Steps:
        (made,) = yield [Create(root, b"splitbrain", OPEN_ACL_UNSAFE, 0)]
        if made.code:
            return row_of(made.code).completion(is_read=False)
        return Completion(Outcome.OK, 0)

    def remove(invocation: Invocation, reads: Reads) -> Steps:
        removed, left = 0, [root]
        for _ in range(STEPS_MAX):
            if not left or removed >= REMOVED_MAX:
                break
            (reply,) = yield [Delete(left[-1], -1)]
            if reply.code in (0, NO_NODE):
                removed += reply.code == 0
                left.pop()
                continue
            if reply.code != NOT_EMPTY:
                return row_of(reply.code).completion(is_read=False)
            # What this server has not heard of yet it would not list.
            _, listed = yield [Sync(left[-1]), GetChildren(left[-1], False)]
            if listed.code not in (0, NO_NODE):
                return row_of(listed.code).completion(is_read=False)
            below = [f"{left[-1]}/{name}" for name in (listed.result or ())[:AT_ONCE]]
            if not below:
                continue
            replies = yield [Delete(path, -1) for path in below]
            for path, reply in zip(below, replies, strict=True):
                if reply.code not in (0, NO_NODE, NOT_EMPTY):
                    return row_of(reply.code).completion(is_read=False)
                removed += reply.code == 0
                if reply.code == NOT_EMPTY:
                    left.append(path)
        return Completion(Outcome.OK, (removed, bool(left)))

    return {"claim": claim, "remove": remove}
