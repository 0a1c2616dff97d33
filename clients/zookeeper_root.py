"""A part of ZooKeeper's tree for one run alone: every path a client names is below a root.

It is what ZooKeeper's own clients call a chroot: put before each path on the way out and taken
off again on the way in, in one place for all operations. A request that names no path this
place knows is never sent.
"""

from __future__ import annotations

from typing import Any

from kazoo.protocol.serialization import (
    Create,
    Delete,
    Exists,
    GetChildren,
    GetData,
    SetData,
    Sync,
)
from kazoo.security import CREATOR_ALL_ACL

_KNOWN = (Create, Delete, Exists, GetChildren, GetData, SetData, Sync)


def below(root: str, request: Any) -> Any:
    """The request with ``root`` before its path. Raises ValueError for one that is not known."""
    if not isinstance(request, _KNOWN):
        raise ValueError(f"{type(request).__name__}: not known what path it names; it is not sent")
    path: str = request.path
    if not path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{path!r} is no path below a root")
    return request._replace(path=root + path)


def bare(root: str, request: Any, result: Any) -> Any:
    """A result as the steps know it: the one path that is told is that of a new node.

    Raises ValueError for a path that is not below ``root``.
    """
    if not isinstance(request, Create):
        return result
    if not result.startswith(root + "/"):
        raise ValueError(f"made {result[:80]!r}, which is not below {root!r}")
    return result[len(root) :]


def owned(request: Any) -> Any:
    """The request, so that what it makes is the business of nobody but who is logged in."""
    return request._replace(acl=CREATOR_ALL_ACL) if isinstance(request, Create) else request
