"""Finished trials on disk, so that a score that is cut off goes on where it was.

One file a system and program, JSON Lines, appended only: a header that names the program by a
digest of its source, then a line a trial with its whole plan. What is asked of a score does
not matter: a trial is found again by its plan, whichever score ran it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from histories.archive import ArchiveError, unwritable
from splitbrain.campaign import Trial
from splitbrain.own_source import source_digest
from splitbrain.plan import Plan

FORMAT, VERSION = "splitbrain-trials", 1
SYNC_EVERY_S = 1.0


class TrialLog:
    """The trials of a system that are known, and the file they are appended to.

    ``known`` are those there were, by plan; ``notes`` say what was left out of them, and why.
    Raises ArchiveError when the file cannot be had, or another score writes it.
    """

    def __init__(self, store: Path, system: str, *, source: str | None = None) -> None:
        self.known: dict[Plan, Trial] = {}
        self.notes: list[str] = []
        self._source = source or source_digest()
        folder = store / "scores"
        self.path = folder / f"{system}-{self._source[:12]}.jsonl"
        if not self.path.exists() and any(folder.glob(f"{system}-*.jsonl")):
            self.notes.append(
                f"The program has changed since trials of {system} were recorded in {folder}: "
                "they say nothing about this one. Starting afresh."
            )
        self._synced = time.monotonic()
        self._unsynced = False
        self._marked = 0
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: a line that the disk does not take must not be tried again at the end.
            self._file = self.path.open("a+b", buffering=0)
        except OSError as error:
            raise unwritable(self.path, error) from None
        try:
            self._lock()
            self._read()
            self.mark()
        except BaseException:
            self._file.close()
            raise

    def add(self, plan: Plan, trial: Trial) -> None:
        """Append a trial. Whoever kills this process loses nothing of it; fsync comes in batches.

        So a machine that loses power may cost the trials of the last batch.
        """
        line = json.dumps({"plan": plan.to_json(), "trial": trial.to_json()}, separators=(",", ":"))
        self._write(line.encode() + b"\n")
        self._unsynced = True
        if time.monotonic() - self._synced >= SYNC_EVERY_S:
            self._sync()

    def mark(self) -> None:
        """All trials so far are sound."""
        self._marked = self._file.seek(0, os.SEEK_END)

    def cut_back(self) -> None:
        """Throw away the trials since the last mark, or since the log was opened."""
        with self._named():
            self._file.truncate(self._marked)
        self._sync()

    def close(self) -> None:
        """Put on disk what is not there yet. Again: does nothing."""
        if not self._file.closed:
            try:
                if self._unsynced:
                    self._sync()
            finally:
                self._file.close()

    def _write(self, line: bytes) -> None:
        """Append a line, in one write if there is room. Raises OSError, and no part of it stays."""
        end = self._file.seek(0, os.SEEK_END)
        with self._named():
            try:
                # A disk that fills up takes a part, and gives its reason with the rest.
                while line:
                    line = line[self._file.write(line) :]
            except OSError:
                with contextlib.suppress(OSError):
                    self._file.truncate(end)
                raise

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        """Which file is full is what the user must know, and Python does not say it."""
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from None

    def _sync(self) -> None:
        with self._named():
            os.fsync(self._file.fileno())
        self._synced = time.monotonic()
        self._unsynced = False

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ArchiveError(
                f"another score is writing {self.path}. Wait for it, or name another store "
                "with --store."
            ) from None

    def _read(self) -> None:
        """Take in what is there; what is of no use any more is cut off."""
        with self.path.open("rb") as file:
            header = file.readline()
            if header and not self._is_ours(header):
                self.notes.append(f"{self.path} is damaged: no trial in it can be used.")
                header = b""
            if header:
                self._read_trials(file, len(header))
        if not header:
            self._begin()

    def _read_trials(self, file: IO[bytes], end: int) -> None:
        """Take in the trials that ``file`` holds from byte ``end`` on."""
        unread = 0
        for line in file:
            if not line.endswith(b"\n"):
                self.notes.append(
                    f"The last line of {self.path} was cut off and is left out; its trial runs "
                    "again."
                )
                self._file.truncate(end)
                break
            end += len(line)
            try:
                data = json.loads(line)
                self.known[Plan.from_json(data["plan"])] = Trial.from_json(data["trial"])
            except (ValueError, TypeError, KeyError, AttributeError):
                unread += 1
        if unread:
            which = "1 line" if unread == 1 else f"{unread:,} lines"
            self.notes.append(f"{which} of {self.path} cannot be read; those trials run again.")

    def _begin(self) -> None:
        self._file.truncate(0)
        header: dict[str, Any] = {"format": FORMAT, "version": VERSION, "source": self._source}
        self._write(json.dumps(header).encode() + b"\n")
        self._sync()

    def _is_ours(self, header: bytes) -> bool:
        try:
            data = json.loads(header)
            seen = data["format"], data["version"], data["source"]
        except (ValueError, TypeError, KeyError):
            return False
        return header.endswith(b"\n") and seen == (FORMAT, VERSION, self._source)
