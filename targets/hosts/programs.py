"""Software of others on this machine: where it is, and what to say when it is not."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from targets.target import HostUnavailable, Needed

USUAL_PLACES = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")


def find(what: str) -> Path | None:
    """The program of this name, or the file at this absolute path; None where there is none.

    Wrappers in a script language are passed over: whoever signals a node must signal the
    program itself, not what has started it.
    """
    if "/" in what:
        path = Path(what)
        return path if path.is_absolute() and path.is_file() else None
    places = dict.fromkeys([*os.environ.get("PATH", "").split(os.pathsep), *USUAL_PLACES])
    for place in filter(None, places):
        path = Path(place) / what
        if path.is_file() and os.access(path, os.X_OK) and not _is_script(path):
            return path
    return None


def lacking(needs: Iterable[Needed]) -> list[str]:
    """A sentence for each of them that is not here."""
    return [
        f"{needed.what} is not on this machine: {needed.install}"
        for needed in needs
        if not needed.optional and find(needed.what) is None
    ]


def path_of(program: str, needs: Iterable[Needed]) -> Path:
    """Where the program is, links followed. Raises HostUnavailable: what to install.

    A program looks for its own files beside what it really is.
    """
    path = find(program)
    if path is None:
        told = lacking(needs) or [f"{program} is not on this machine"]
        raise HostUnavailable("; ".join(told))
    return path.resolve()


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False
