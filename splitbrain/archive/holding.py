"""A finished run's folder held while it is changed, so that two who change it take turns.

This is not the lock that says that a run goes on (``histories.archive.is_alive``): it is held
for moments, by whoever tags, packs or removes a run.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from histories.archive import ArchiveError


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold ``folder`` for the length of the block; waits for whoever holds it.

    Raises ArchiveError when it is gone by then.
    """
    gone = ArchiveError(f"{folder.name} is there no more: somebody has removed it.")
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        raise gone from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # What was opened may have been renamed while we waited.
        if not _is(folder, descriptor):
            raise gone
        yield
    finally:
        os.close(descriptor)


def _is(folder: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(folder.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
