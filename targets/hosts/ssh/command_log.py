"""What was done over SSH to one machine: ``logs/ssh-HOST.log`` in the run's folder."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

TOLD_CHARACTERS_MAX = 2000


class CommandLog:
    """Appends lines with the time in UTC. Without a path nothing is kept.

    Written from several threads. No secret is handed to it: tokens travel inside of what is
    sent, and of an environment the names alone are told.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        if path is not None:
            path.parent.mkdir(exist_ok=True)

    def write(self, text: str) -> None:
        """One entry; further lines of it are indented."""
        if self._path is None:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        first, *rest = shortened(text).splitlines() or [""]
        lines = [f"{now} {first}", *(f"    {line}" for line in rest)]
        with self._lock, self._path.open("a", encoding="utf-8", errors="replace") as file:
            file.write("\n".join(lines) + "\n")


def shortened(text: str) -> str:
    """The text, without its middle where it is long."""
    if len(text) <= TOLD_CHARACTERS_MAX:
        return text
    half = TOLD_CHARACTERS_MAX // 2
    return f"{text[:half]} … {len(text) - 2 * half} characters … {text[-half:]}"
