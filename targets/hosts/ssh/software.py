"""Programs of others on a machine: where they are. Runs on the machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

USUAL_PLACES = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin")


def find(what: str, path: str, usual: Sequence[str] = USUAL_PLACES) -> Path | None:
    """The program of this name on ``path`` or in the usual places, or the one at this path.

    Links are followed, for a program looks for its own files beside what it really is. Wrappers
    in a script language are passed over: whoever signals a node must signal the program itself.
    """
    if "/" in what:
        named = Path(what)
        return named.resolve() if named.is_absolute() and named.is_file() else None
    for place in dict.fromkeys([*path.split(os.pathsep), *usual]):
        candidate = Path(place) / what
        if place and candidate.is_file() and os.access(candidate, os.X_OK):
            with candidate.open("rb") as file:
                if file.read(2) != b"#!":
                    return candidate.resolve()
    return None
