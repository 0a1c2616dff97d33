"""The store: one folder a run, written so that a crash never leaves half a truth.

    $SPLITBRAIN_STORE or ~/.local/share/splitbrain
    └── runs/
        ├── 20260314T092653Z-raft-register-1f3a5c/
        │   ├── run.json        manifest: plan, seed, versions, host
        │   ├── history.jsonl   the journal; history.jsonl.zst once the run has ended
        │   ├── faults.jsonl    the ledger
        │   ├── verdict.json    what was decided
        │   ├── nodes.jsonl     what the nodes said of themselves while it went on
        │   ├── shrunk.json     what it was shrunk from, of a run that was
        │   ├── certificate.json, report.html, explanation.html, logs/, tags.json
        │   └── lock            held (flock) while the run's harness is alive
        └── latest -> the newest

The folders are the truth. Names that begin with a dot are of what is being written, or removed:
no reader looks at them.
"""

from __future__ import annotations

import difflib
import fcntl
import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

JOURNAL, PACKED_JOURNAL = "history.jsonl", "history.jsonl.zst"


class ArchiveError(Exception):
    """A store or run that cannot be had; the message says what there is."""


def unwritable(path: Path, error: OSError) -> ArchiveError:
    """The error that says that a store, or the file ``path`` in one, cannot be written."""
    return ArchiveError(
        f"cannot write to {path}: {error.strerror or error}. "
        "Name another store with --store or SPLITBRAIN_STORE."
    )


def default_store() -> Path:
    """``$SPLITBRAIN_STORE``, else ``~/.local/share/splitbrain``."""
    named = os.environ.get("SPLITBRAIN_STORE")
    return Path(named) if named else Path.home() / ".local" / "share" / "splitbrain"


def write_json(path: Path, data: Any, *, long: bool = False) -> None:
    """Write JSON so that a reader sees the old file or the whole new one, never a part.

    ``long``: on one line, for data that nobody reads by eye; twenty times as fast.
    """
    text = json.dumps(data, separators=(",", ":")) if long else json.dumps(data, indent=1)
    write_text(path, text + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the whole new one, never a part."""
    # A lone surrogate has no bytes: it is spelt out, as everywhere where it is shown.
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_bytes(path: Path, data: bytes) -> None:
    """The same of bytes. Once this returns, a machine that loses power has the file.

    Raises OSError; there is then nothing new, and nothing half-written, at ``path``.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a rename is not, before this. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def journal_of(folder: Path) -> Path:
    """A run's journal: as it was written, or packed once the run has ended.

    Where both are there, packing was cut off, and the one that was written counts. Where none is,
    the name that it would have.
    """
    return packed_beside(folder / JOURNAL)


def packed_beside(path: Path) -> Path:
    """``path``, or where it is not there, the same file packed with zstd beside it."""
    packed = path.with_name(f"{path.name}.zst")
    return packed if not path.exists() and packed.exists() else path


class RunFolder:
    """A run's folder while its harness is alive; holds the lock that says so."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] = (path / "lock").open("w", encoding="utf-8")
        # Waits, if at all, for someone who asks at this moment whether we are alive.
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Let go of the lock: the run is over."""
        self._lock.close()


def lock_held(lock: Path) -> bool | None:
    """Whether someone holds the flock on ``lock``; None when it cannot be asked."""
    try:
        with lock.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False
    except OSError:
        return None


def is_alive(folder: Path) -> bool:
    """Whether the harness that made this run folder still holds its lock."""
    return lock_held(folder / "lock") is True


class Store:
    """The run folders below one path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._runs = path / "runs"

    def create(self, system: str, workload: str) -> RunFolder:
        """A new run folder, locked, and ``latest`` pointing at it.

        Raises ArchiveError when the store cannot be written.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        try:
            self._runs.mkdir(parents=True, exist_ok=True)
            while True:
                folder = self._runs / f"{stamp}-{system}-{workload}-{secrets.token_hex(3)}"
                try:
                    folder.mkdir()
                    break
                except FileExistsError:
                    continue
            run = RunFolder(folder)
            self._point_latest(folder)
        except OSError as error:
            raise unwritable(self.path, error) from None
        return run

    def folders(self) -> list[Path]:
        """All run folders, oldest first."""
        if not self._runs.is_dir():
            return []
        with os.scandir(self._runs) as entries:
            names = [
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            ]
        return [self._runs / name for name in sorted(names)]

    def point_latest(self, folder: Path | None = None) -> None:
        """Have ``latest`` point at ``folder``; None: at the newest, where that was taken away."""
        if folder is not None:
            self._point_latest(folder)
            return
        if (self._runs / "latest").is_dir():
            return
        newest = self._newest()
        if newest is None:
            (self._runs / "latest").unlink(missing_ok=True)
        else:
            self._point_latest(newest)

    def resolve(self, text: str) -> Path:
        """The folder of a run: an id, a unique prefix, a path, or ``latest``.

        Raises ArchiveError when there is none, or more than one.
        """
        if text == "latest":
            latest = self._runs / "latest"
            if (latest / "run.json").is_file():
                return latest.resolve()
            # Of a run that was killed before it wrote its plan nothing can be told.
            newest = self._newest()
            if newest is not None:
                return newest.resolve()
            raise ArchiveError(
                f"there is no run in {self.path} yet: start one with splitbrain test"
            )
        if os.sep in text or text in (".", ".."):
            path = Path(text).expanduser()
            if (path / "run.json").is_file():
                return path.resolve()
            raise ArchiveError(f"{text}: expected a run folder with a run.json in it")
        names = [folder.name for folder in self.folders()]
        if text in names:
            return self._runs / text
        # The six digits at the end of an id are what a person types.
        matching = [n for n in names if n.startswith(text) or n.rpartition("-")[2].startswith(text)]
        if len(matching) == 1:
            return self._runs / matching[0]
        if matching:
            listed = "\n  ".join(matching[-10:])
            raise ArchiveError(f"{text!r} could mean {len(matching)} runs:\n  {listed}")
        near = difflib.get_close_matches(text, names, n=1, cutoff=0.5)
        hint = f" The nearest is {near[0]}." if near else ""
        raise ArchiveError(
            f"no run {text!r} in {self.path} ({len(names)} there: splitbrain runs).{hint}"
        )

    def _point_latest(self, folder: Path) -> None:
        # Made beside and renamed, so that "latest" exists at every moment.
        beside = self._runs / f".latest.{secrets.token_hex(4)}"
        beside.symlink_to(folder.name)
        beside.replace(self._runs / "latest")

    def _newest(self) -> Path | None:
        folders = (f for f in reversed(self.folders()) if (f / "run.json").is_file())
        return next(folders, None)
