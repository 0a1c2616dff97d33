"""Folders for the files of runs that are judged and forgotten.

Each is locked by the process that made it, so that what a killed process leaves can be told
from what is in use, whichever container or namespace looks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MEMORY = Path("/dev/shm")
"""A folder that is no disk, where there is one: a trial's files live for a tenth of a second."""
MEMORY_BYTES_MIN = 256 << 20
"""With less room than this left in memory (containers often have 64 MB), a disk is better."""
PREFIX = "splitbrain-scratch-"
OLD_S = 60.0
"""A folder younger than this may be one that its owner has not locked yet."""

_home: Path | None = None


def live_in(home: Path) -> None:
    """From here on this process's scratch folders are in ``home``, which another one removes."""
    global _home
    _home = home


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of its own for the length of the block. Raises OSError."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_parent()))
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep() -> list[str]:
    """Remove the folders of processes that are gone; their paths."""
    removed = []
    for parent in {MEMORY, Path(tempfile.gettempdir())}:
        for folder in parent.glob(f"{PREFIX}*"):
            # Whatever cannot be opened or removed is another user's affair.
            with suppress(OSError):
                if time.time() - folder.stat().st_mtime > OLD_S and _abandoned(folder):
                    shutil.rmtree(folder)
                    removed.append(str(folder))
    return sorted(removed)


def _abandoned(folder: Path) -> bool:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _parent() -> Path | None:
    if _home is not None:
        return _home
    with suppress(OSError):
        roomy = shutil.disk_usage(MEMORY).free >= MEMORY_BYTES_MIN
        if roomy and os.access(MEMORY, os.W_OK | os.X_OK):
            return MEMORY
    return None
