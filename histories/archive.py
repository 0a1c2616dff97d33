"""The store: one folder a run, written so that a crash never leaves half a truth.

    $SPLITBRAIN_STORE or ~/.local/share/splitbrain
    └── runs/
        ├── 20260314T092653Z-raft-register-1f3a5c/
        │   ├── run.json        manifest: plan, seed, versions, host
        │   ├── history.jsonl   the journal
        │   ├── faults.jsonl    the ledger
        │   ├── verdict.json    what was decided
        │   ├── certificate.json, report.html, explanation.html, logs/
        │   └── lock            held (flock) while the run's harness is alive
        └── latest -> the newest

The folders are the truth; nothing else is kept.
"""

from __future__ import annotations

import contextlib
import difflib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any


class ArchiveError(Exception):
    """A store or run that cannot be had; the message says what there is."""


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
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line of `splitbrain runs`. ``verdict`` is None while a run goes on or was cut off."""

    run: str
    folder: Path
    system: str
    workload: str
    host: str
    seed: int
    bugs: tuple[str, ...]
    started: str
    verdict: str | None
    reason: str | None
    operations: int | None
    alive: bool


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
            raise ArchiveError(
                f"cannot write to the store {self.path}: {error.strerror or error}. "
                "Name another with --store or SPLITBRAIN_STORE."
            ) from None
        return run

    def folders(self) -> list[Path]:
        """All run folders, oldest first."""
        if not self._runs.is_dir():
            return []
        return sorted(
            path for path in self._runs.iterdir() if path.is_dir() and not path.is_symlink()
        )

    def runs(self) -> list[RunSummary]:
        """What is known of each run, oldest first; folders without a manifest are passed over."""
        return list(self._summaries())

    def resolve(self, text: str) -> Path:
        """The folder of a run: an id, a unique prefix, a path, or ``latest``.

        Raises ArchiveError when there is none, or more than one.
        """
        if text == "latest":
            latest = self._runs / "latest"
            if latest.is_dir():
                return latest.resolve()
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

    def _summaries(self) -> Iterator[RunSummary]:
        for folder in self.folders():
            manifest = _read(folder / "run.json")
            if manifest is None:
                continue
            verdict = _read(folder / "verdict.json") or {}
            plan = manifest.get("plan", {})
            yield RunSummary(
                run=folder.name,
                folder=folder,
                system=str(plan.get("system", "?")),
                workload=str(plan.get("workload", "?")),
                host=str(plan.get("host", "?")),
                seed=int(plan.get("seed", 0)),
                bugs=tuple(plan.get("bugs", ())),
                started=str(manifest.get("start", "")),
                verdict=verdict.get("verdict"),
                reason=verdict.get("reason"),
                operations=verdict.get("operations"),
                alive=is_alive(folder),
            )


def _read(path: Path) -> dict[str, Any] | None:
    with contextlib.suppress(OSError, ValueError):
        data = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(data, dict):
            return data
    return None
