"""What shrinking a run told, made up, for the tests of where it is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from splitbrain.archive.shrunk import ShrunkFrom, keep_shrunk
from splitbrain.run import load
from splitbrain.size import Size

BEFORE = Size(450, 2, 5, 10, 5, 4.6)
AFTER = Size(2, 1, 3, 2, 1, 0.46)


def shrinking(of: str, run: str | None = None, **more: Any) -> ShrunkFrom:
    """A run called ``of``, made smaller."""
    told = ShrunkFrom(
        of, run, "stale read", BEFORE, AFTER, 59, 1.6, True, False, None, 1, 1, (), None
    )
    return replace(told, **more)


def kept(folder: Path, of: str, **more: Any) -> ShrunkFrom:
    """A finished run, told to have been shrunk from the one called ``of``."""
    told = shrinking(of, folder.name, **more)
    keep_shrunk(load(folder), told)
    return told
