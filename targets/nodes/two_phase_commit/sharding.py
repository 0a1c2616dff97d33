"""Which node holds a key: each key has one home, found by hashing and by nothing else.

A shard is a node alone, without replicas: while it is down, so are its keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from targets.nodes.frames import encode_json


def item_of(group: Any, name: Any) -> str:
    """A key as one text: a list or register ``name`` belongs to ``group`` alone."""
    return encode_json([group, name]).decode()


def home_of(item: str, members: Sequence[str]) -> str:
    """The member that holds ``item``; ``members`` in the same order on every node.

    CRC-32 and not Python's own hash, which differs from one process to the next.
    """
    return members[crc32(item.encode()) % len(members)]
