"""The runs of a store as a server sees them: in memory, up to date, and never written to.

What the index knows is taken over once; from then on each question looks at the folders
(``splitbrain.archive.index.looks_of``) and reads those anew that look otherwise. A file of a run
that is a link, or no file at all, is not followed: such a run is listed, and shown no further.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from pathlib import Path

from histories.archive import Store
from splitbrain.archive.index import READ, is_text, looks_of, remembered
from splitbrain.archive.names import LOCK, LOGS, MANIFEST
from splitbrain.archive.summary import RunSummary, read_summary
from splitbrain.web.files import MEANS

FRESH_S = 0.2
"""So long an answer counts as of now: a page asks several times."""
STRANGE = "strange"
"""What a run looks like with a link, or a pipe, where a file should be."""


class Shelf:
    """The runs of one store. May be asked from several threads."""

    def __init__(self, store: Path, *, fresh_s: float = FRESH_S) -> None:
        self.store = store
        self._fresh_s = fresh_s
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, RunSummary]] | None = None
        self._asked_s = float("-inf")
        self._runs: tuple[RunSummary, ...] = ()

    def runs(self) -> tuple[RunSummary, ...]:
        """All runs with a manifest, oldest first, as their folders are now."""
        with self._lock:
            if time.monotonic() - self._asked_s > self._fresh_s:
                self._runs = self._seen()
                self._asked_s = time.monotonic()
            return self._runs

    def looks(self, run: str) -> str:
        """What the files of a run look like; something else once one of them has changed."""
        return looks_of(self.store / "runs" / run)

    def find(self, text: str) -> tuple[RunSummary, ...]:
        """The run of this name; else those whose name, or the digits at its end, begin so."""
        runs = self.runs()
        if text == "latest":
            return runs[-1:]
        if exact := tuple(run for run in runs if run.run == text):
            return exact
        return tuple(
            run
            for run in runs
            if text and (run.run.startswith(text) or run.run.rpartition("-")[2].startswith(text))
        )

    def _seen(self) -> tuple[RunSummary, ...]:
        if self._known is None:
            self._known = remembered(self.store)
        seen: dict[str, tuple[str, RunSummary]] = {}
        for folder in Store(self.store).folders():
            if not is_text(folder.name) or (looks := _looks(folder)) is None:
                continue
            before = self._known.get(folder.name)
            if before is not None and before[0] == looks:
                seen[folder.name] = before
            elif looks == STRANGE:
                seen[folder.name] = (looks, _unreadable(folder))
            elif (summary := read_summary(folder)) is not None:
                seen[folder.name] = (looks, summary)
        self._known = seen
        return tuple(summary for _, summary in seen.values())


def _looks(folder: Path) -> str | None:
    """As ``looks_of``, but of a link it is the link that is looked at, and none is followed."""
    told = []
    for name in READ:
        try:
            seen = os.lstat(f"{folder}/{name}")
        except OSError:
            if name == MANIFEST:
                return None
            told.append("-")
            continue
        if not stat.S_ISREG(seen.st_mode):
            return STRANGE
        told.append(f"{seen.st_ino}:{seen.st_mtime_ns}:{seen.st_size}")
    return " ".join(told)


def strange_in(folder: Path) -> str | None:
    """The name of a file of a run that is no ordinary one (a link, a pipe), if there is any."""
    for name in (*MEANS, LOCK, LOGS):
        try:
            mode = (folder / name).lstat().st_mode
        except OSError:
            continue
        if not (stat.S_ISDIR if name == LOGS else stat.S_ISREG)(mode):
            return name
    return None


def _unreadable(folder: Path) -> RunSummary:
    nothing = dict.fromkeys(RunSummary.__slots__)
    told = {"run": folder.name, "folder": folder, "started": "", "state": "unreadable"}
    names = dict.fromkeys(("system", "workload", "host"), "?")
    lists = dict.fromkeys(("bugs", "tags", "faults"), ())
    return RunSummary(**{**nothing, **told, **names, **lists, "failed": False})  # type: ignore[arg-type]
