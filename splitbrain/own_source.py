"""The digest of the program's own source: whether two trials come from the same program."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGES = ("checker", "clients", "histories", "nemesis", "splitbrain", "targets")
ASIDE = (
    "splitbrain/cli",
    "splitbrain/junit",
    "splitbrain/matrix",
    "splitbrain/report",
    "splitbrain/schemas",
    "splitbrain/score",
    "splitbrain/web",
)
"""What a run's findings do not depend on once there is a plan: it makes plans, and tells."""


@cache
def source_digest() -> str:
    """The digest of what this process began with: computed once."""
    return source_now()


def source_now() -> str:
    """SHA-256, in hexadecimal, of every Python file that a run depends on, and Python's version.

    About 20 ms.
    """
    root = Path(__file__).parents[1]
    digest = hashlib.sha256(platform.python_version().encode())
    for path in _files(root):
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    aside = [root / name for name in ASIDE]
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if not any(path.is_relative_to(folder) for folder in aside):
                yield path
