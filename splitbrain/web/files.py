"""The files of a run that can be had, by name, and how one is opened.

A name is looked up among those that a run has, never made a path of. What is opened is an
ordinary file right in the run's folder or its logs: each step on the way there is taken without
following a link, so that there is nothing that leads out of the store.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from histories.archive import JOURNAL, PACKED_JOURNAL
from splitbrain.archive.bundle import LOG_NAME
from splitbrain.archive.names import (
    CERTIFICATE,
    EXPLANATION,
    LEDGER,
    LOGS,
    MANIFEST,
    PAGE,
    ROLES,
    SHRUNK,
    TAGS,
    VERDICT,
)

BLOCK_BYTES = 1 << 18
MEANS = {
    MANIFEST: "plan, seed, versions",
    JOURNAL: "every event, as it happened",
    PACKED_JOURNAL: "every event, as it happened (zstd)",
    LEDGER: "every fault, and what it did",
    VERDICT: "what was decided, and why",
    CERTIFICATE: "the proof, for splitbrain verify",
    ROLES: "what each node said of its role",
    SHRUNK: "what it was shrunk from, and how",
    TAGS: "tags",
    PAGE: "the report, a page that opens from the file",
    EXPLANATION: "every operation, and the orders that were possible",
}
"""The files a run may have, in the order they are listed, and what is in each."""


class NoSuchFile(Exception):
    """A file that cannot be had; the message says why."""


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file that is there: its name below the run's folder, its size, what it holds."""

    name: str
    size: int
    means: str


def files_of(store: Path, run: str) -> list[RunFile]:
    """The files of a run that can be had."""
    found = []
    logs = _names_in(store / "runs" / run / LOGS)
    for name in (*MEANS, *(f"{LOGS}/{log}" for log in logs)):
        with suppress(NoSuchFile):
            descriptor = opened(store, run, name)
            size = os.fstat(descriptor).st_size
            os.close(descriptor)
            means = MEANS.get(name) or f"log of {Path(name).stem}"
            found.append(RunFile(name, size, means))
    return found


def _names_in(logs: Path) -> list[str]:
    try:
        return sorted(path.name for path in logs.iterdir() if LOG_NAME.fullmatch(path.name))
    except OSError:
        return []


def opened(store: Path, run: str, name: str) -> int:
    """A descriptor of a run's file, for reading. Raises NoSuchFile where it cannot be had."""
    folder, _, file = name.rpartition("/")
    known = file in MEANS if not folder else folder == LOGS and LOG_NAME.fullmatch(file)
    if not known:
        raise NoSuchFile(f"{name!r} is none of the files of a run")
    steps = [run, *([folder] if folder else [])]
    # The store itself may be a link: that is its owner's affair.
    at = _step(store / "runs", None, os.O_DIRECTORY)
    try:
        for step in steps:
            inner = _step(step, at, os.O_DIRECTORY | os.O_NOFOLLOW)
            os.close(at)
            at = inner
        # A pipe would keep us waiting.
        found = _step(file, at, os.O_NOFOLLOW | os.O_NONBLOCK)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise NoSuchFile(f"{name} is no ordinary file")
    return found


def _step(name: str | Path, at: int | None, flags: int) -> int:
    if at is not None and (name in ("", ".", "..") or "/" in str(name) or "\0" in str(name)):
        raise NoSuchFile(f"{str(name)!r} is no name")
    try:
        return os.open(name, os.O_RDONLY | os.O_CLOEXEC | flags, dir_fd=at)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise NoSuchFile(f"{name} cannot be read: {why}") from None


def blocks(descriptor: int) -> Iterator[bytes]:
    """What a descriptor has to give; closes it."""
    with os.fdopen(descriptor, "rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block
