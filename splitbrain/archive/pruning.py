"""Runs removed: looked at first, told, and then gone as a whole.

A folder is renamed to a name that nobody reads, and removed from there; whoever is killed in
between leaves it for ``sweep``.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from histories.archive import ArchiveError, Store, is_alive, sync_folder
from nemesis.ledger import is_closed
from splitbrain.archive.holding import held
from splitbrain.archive.importing import PREFIX as IMPORTING
from splitbrain.archive.names import JOURNAL, LEDGER, LOCK, LOGS, PACKED_JOURNAL
from splitbrain.archive.summary import RunSummary

REMOVING = ".removed-"
BESIDE = re.compile(r"\..+\.[0-9a-f]{8}")
"""A file that somebody was writing beside the one it was to replace."""
OLD_S = 60.0


@dataclass(frozen=True, slots=True)
class Pruning:
    """Which runs go; ``kept`` says why others, that are old enough, do not."""

    remove: tuple[RunSummary, ...]
    kept: tuple[str, ...]


def look(runs: Iterable[RunSummary], *, keep_failed: bool, tagged: bool) -> Pruning:
    """What is to become of runs that are old enough: nothing is done yet.

    ``keep_failed`` keeps those where the system is to blame; those with a tag are kept unless
    ``tagged``, and always those that go on, or have left something behind.
    """
    remove, kept = [], []
    for run in runs:
        if keep_failed and run.failed:
            kept.append(f"{run.run}: {run.outcome}")
        elif run.tags and not tagged:
            kept.append(f"{run.run}: it is tagged {', '.join(run.tags)}")
        elif (reason := _needed(run.folder, imported=run.imported is not None)) is not None:
            kept.append(f"{run.run}: {reason}")
        else:
            remove.append(run)
    return Pruning(tuple(remove), tuple(kept))


def _needed(folder: Path, *, imported: bool) -> str | None:
    """Why a run must stay, if it must."""
    if is_alive(folder):
        return "it goes on"
    # Of a run that came from elsewhere nothing was left behind here.
    if not imported and not is_closed(folder / LEDGER):
        return "its faults are not undone yet (splitbrain clean)"
    return None


def remove(store: Path, run: RunSummary) -> None:
    """Remove a run. Raises ArchiveError when it must stay after all, or cannot be removed."""
    away = run.folder.with_name(f"{REMOVING}{run.run[:120]}-{secrets.token_hex(4)}")
    try:
        with held(run.folder):
            if (reason := _needed(run.folder, imported=run.imported is not None)) is not None:
                raise ArchiveError(f"{run.run} stays: {reason}.")
            run.folder.rename(away)
            sync_folder(away.parent)
            Store(store).point_latest()
            shutil.rmtree(away)
    except OSError as error:
        raise ArchiveError(f"{run.run}: cannot be removed: {error.strerror or error}.") from None


def sweep(store: Path, old_s: float = OLD_S) -> list[str]:
    """Finish what a killed process had begun in a store; a phrase for each thing done.

    That is: folders it was removing or importing, files it was writing, a journal it had packed,
    and a folder that it made for a run of which nothing was ever written. ``old_s``: what is
    younger may be somebody's who has not locked it yet.
    """
    done = []
    runs = store / "runs"
    for path in sorted(runs.iterdir()) if runs.is_dir() else ():
        if path.is_symlink():
            if path.name.startswith(".latest.") and _old(path, old_s):
                path.unlink(missing_ok=True)
        elif path.name.startswith((REMOVING, IMPORTING)):
            with _nobodys(path) as ours:
                if ours and (path.name.startswith(REMOVING) or _old(path, old_s)):
                    shutil.rmtree(path, ignore_errors=True)
                    done.append(path.name)
        elif path.is_dir() and not path.name.startswith(".") and not is_alive(path):
            done += _swept(path, old_s)
    return done


def _swept(folder: Path, old_s: float) -> Iterator[str]:
    names = set(os.listdir(folder))  # noqa: PTH208 - of a thousand folders, at each start
    if names <= {LOCK} and _old(folder, old_s):
        with _nobodys(folder) as ours:
            if ours and not is_alive(folder):
                shutil.rmtree(folder, ignore_errors=True)
                yield folder.name
        return
    halves = [folder / name for name in names if BESIDE.fullmatch(name)]
    if LOGS in names:
        halves += [path for path in (folder / LOGS).glob(".*") if BESIDE.fullmatch(path.name)]
    both = {JOURNAL, PACKED_JOURNAL} <= names
    if not (halves or both):
        return
    with _nobodys(folder) as ours:
        if not ours:
            return
        for path in halves:
            if _old(path, old_s):
                path.unlink(missing_ok=True)
                yield f"{folder.name}/{path.relative_to(folder)}"
        if both:
            from splitbrain.archive.packing import Unpacked, pack_held

            try:
                # Anew from the journal as it was written, which is what counts.
                pack_held(folder)
                yield f"{folder.name}/{JOURNAL}, which is packed"
            except Unpacked:
                return


def _old(path: Path, old_s: float) -> bool:
    try:
        return time.time() - path.lstat().st_mtime >= old_s
    except OSError:
        return False


@contextmanager
def _nobodys(folder: Path) -> Iterator[bool]:
    """Hold a folder if nobody does."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)
