"""A schedule as bytes: what "the same seed, the same schedule" means to a test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice

from splitbrain.generator.item import Item, Phase


def lines(items: Iterable[Item]) -> Iterator[bytes]:
    """One line of JSON an item, lazily. Values must be JSON data."""
    for item in items:
        members = asdict(item) if isinstance(item, Phase) else item._asdict()
        yield json.dumps(members, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def serialise(items: Iterable[Item]) -> bytes:
    """The items as lines of JSON. The items must end: cut an endless schedule first."""
    return b"".join(lines(items))


def digest(items: Iterable[Item], count_max: int) -> str:
    """SHA-256 of the first ``count_max`` items' lines, hashed one by one as they come."""
    sha = hashlib.sha256()
    for line in islice(lines(items), count_max):
        sha.update(line)
    return sha.hexdigest()
