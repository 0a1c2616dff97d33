"""The index of a store: a summary of each run, in SQLite, so that a thousand are listed at once.

It is made from the folders and from nothing else. Each row carries what the files it was made of
looked like (inode, time, size); a row whose files look otherwise is made anew. So it does not
matter who changed a folder, or died before the index knew: whoever asks next sees the folders.
An index that is missing, damaged or of another version is made anew, and so told.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from histories.archive import Store
from splitbrain.archive.names import MANIFEST, TAGS, VERDICT
from splitbrain.archive.summary import RunSummary, read_summary
from splitbrain.archive.wanted import ALL, Wanted

INDEX, INDEX_LOCK = "index.sqlite", "index.lock"
VERSION = 2
"""Of the index's own shape, and of how a folder is summed up. Another one is made anew."""
PATIENCE_S = 2.0
"""So long one waits for whoever uses the index; without it the folders are read."""
READ = (MANIFEST, VERDICT, TAGS)
"""The files of a run that its summary is made of."""
_MADE = (
    "CREATE TABLE runs (run TEXT PRIMARY KEY, looks TEXT NOT NULL, system TEXT NOT NULL, "
    "failed INTEGER NOT NULL, started_s REAL, summary TEXT NOT NULL, sum INTEGER NOT NULL)",
    "CREATE TABLE tags (run TEXT NOT NULL, tag TEXT NOT NULL)",
    "CREATE INDEX tagged ON tags (tag)",
    f"PRAGMA user_version = {VERSION}",
)
Say = Callable[[str], None]


def nobody(sentence: str) -> None:
    """Tell nobody."""


def kept_runs(store: Path, wanted: Wanted = ALL, say: Say = nobody) -> list[RunSummary]:
    """The runs of a store that are wanted, oldest first, as their folders are at this moment.

    ``say`` is told where the index had to be made anew, or cannot be kept.
    """
    with _locked(store, say) as ours:
        if ours:
            try:
                return _asked(store / INDEX, store, wanted, say)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError) and _whole(store / INDEX):
                    say(f"The index of {store} cannot be used ({error}); the folders were read.")
                else:
                    return _anew(store, wanted, say, str(error))
    return _asked(None, store, wanted, say)


def remembered(store: Path) -> dict[str, tuple[str, RunSummary]]:
    """What the index knows of each run, and what its files looked like; nothing is written.

    For whoever must not write, and looks at the folders themselves. Nothing where there is no
    index, or it is in use, damaged or of another version.
    """
    try:
        with (store / INDEX_LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            # A journal beside it means that somebody died while writing: undoing that is writing.
            connection = sqlite3.connect(f"{(store / INDEX).absolute().as_uri()}?mode=ro", uri=True)
            try:
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version != VERSION:
                    return {}
                rows = connection.execute("SELECT run, looks, summary, sum FROM runs")
                return {
                    run: (looks, _summary(store, run, text, total))
                    for run, looks, text, total in rows
                }
            finally:
                connection.close()
    except (OSError, ValueError, sqlite3.DatabaseError):
        return {}


def _anew(store: Path, wanted: Wanted, say: Say, why: str) -> list[RunSummary]:
    """Throw the index away and make it again; without it where that cannot be done."""
    try:
        # The journal first: left alone, it would be played back into the new index.
        for suffix in ("-journal", "-wal", "-shm", ""):
            (store / f"{INDEX}{suffix}").unlink(missing_ok=True)
        found = _asked(store / INDEX, store, wanted, say)
    except (OSError, sqlite3.DatabaseError) as error:
        say(f"The index of {store} is no good ({why}), nor can it be made anew ({error}).")
        return _asked(None, store, wanted, say)
    say(f"The index of {store} was no good ({why}) and was made anew from the folders.")
    return found


def _asked(path: Path | None, store: Path, wanted: Wanted, say: Say) -> list[RunSummary]:
    """Bring the index up to date and ask it; None: one in memory, which is forgotten."""
    connection = sqlite3.connect(":memory:" if path is None else path, isolation_level=None)
    try:
        _prepare(connection)
        _refresh(connection, store, say)
        condition, values = wanted.condition()
        rows = connection.execute(
            f"SELECT run, summary, sum FROM runs WHERE {condition} ORDER BY run", values
        )
        return [_summary(store, *row) for row in rows]
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    there = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master") if sql}
    if version == 0 and not there:
        connection.execute("BEGIN")
        for statement in _MADE:
            connection.execute(statement)
        connection.execute("COMMIT")
    elif version != VERSION:
        raise sqlite3.DatabaseError(f"its version is {version}, not {VERSION}")
    elif there != {*_MADE[:-1]}:
        raise sqlite3.DatabaseError("its tables are others")


def _refresh(connection: sqlite3.Connection, store: Path, say: Say) -> None:
    """Make the rows anew whose folders look otherwise, and drop those whose folders are gone."""
    known: dict[str, str] = dict(connection.execute("SELECT run, looks FROM runs"))
    there = {folder.name: folder for folder in Store(store).folders()}
    # Looked at before it is read: what changes in between looks otherwise the next time.
    looks = {name: looks_of(folder) for name, folder in there.items() if is_text(name)}
    stale = [name for name, look in looks.items() if look and known.get(name) != look]
    gone = [name for name in known if not looks.get(name)]
    if not (stale or gone):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for name in (*gone, *stale):
            connection.execute("DELETE FROM runs WHERE run = ?", (name,))
            connection.execute("DELETE FROM tags WHERE run = ?", (name,))
        for name in stale:
            if (summary := read_summary(there[name])) is not None:
                _add(connection, summary, looks[name])
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _add(connection: sqlite3.Connection, summary: RunSummary, looks: str) -> None:
    # ASCII: whatever the texts hold, SQLite takes it.
    text = json.dumps(summary.to_json(), separators=(",", ":"))
    connection.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            summary.run,
            looks,
            summary.system,
            summary.failed,
            summary.started_s,
            text,
            zlib.crc32(text.encode()),
        ),
    )
    for tag in summary.tags:
        connection.execute("INSERT INTO tags VALUES (?, ?)", (summary.run, tag))


def _summary(store: Path, run: str, text: str, total: int) -> RunSummary:
    # SQLite notices a damaged tree, and not a damaged text in it.
    if zlib.crc32(text.encode()) != total:
        raise sqlite3.DatabaseError(f"the row of {run!r} is damaged")
    try:
        return RunSummary.from_json(json.loads(text), store / "runs" / run)
    except (TypeError, KeyError) as error:
        raise sqlite3.DatabaseError(f"its rows are of another version ({error})") from None


def looks_of(folder: Path) -> str:
    """What the files look like that a summary is made of; empty where there is no manifest."""
    told = []
    for name in READ:
        try:
            seen = os.stat(f"{folder}/{name}")  # noqa: PTH116 - three thousand of them
            told.append(f"{seen.st_ino}:{seen.st_mtime_ns}:{seen.st_size}")
        except OSError:
            if name == MANIFEST:
                return ""
            told.append("-")
    return " ".join(told)


def is_text(name: str) -> bool:
    """Whether a folder's name is text at all; none of ours is not."""
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


def _whole(path: Path) -> bool:
    """Whether an index that could not be used is none the worse: full disk, no right to write."""
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            (told,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return not path.exists()
    return bool(told == "ok")


@contextmanager
def _locked(store: Path, say: Say) -> Iterator[bool]:
    """Have the index to ourselves; False where that cannot be, and the folders must do.

    Everybody takes this lock before opening the index, so nobody has it open while it is thrown
    away. It goes with the process that holds it.
    """
    if not (store / "runs").is_dir():
        yield False
        return
    try:
        file = (store / INDEX_LOCK).open("a")
    except OSError:
        # A store that others may only read: so it is read.
        yield False
        return
    with file:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > deadline:
                    say(f"The index of {store} is in use; the folders were read.")
                    yield False
                    return
                time.sleep(0.01)
        yield True
