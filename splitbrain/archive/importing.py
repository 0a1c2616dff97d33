"""A bundle taken into the store. Whoever made it may mean ill, and nothing of it is believed.

    FILE ─► runs/.import-<hex>/   only the files a run has, each by name, within limits
         ─► compared with the hashes in its manifest, read as a run, told as one
         ─► runs/<run>/           renamed, once all of it is sound

Nothing is written outside that folder, whatever the names in the bundle are, for no name of the
bundle is used but those of ``bundle.TAKEN`` and of logs. Nothing of the bundle is run: a page is
made here, and a run that came from elsewhere is not replayed on machines or with programs that
it names itself (``foreign``).
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from histories.archive import (
    ArchiveError,
    journal_of,
    sync_folder,
    unwritable,
    write_json,
)
from splitbrain.archive.bundle import LOG_NAME, PASSED_OVER, TAKEN, open_packed
from splitbrain.archive.holding import held
from splitbrain.archive.names import (
    CERTIFICATE,
    JOURNAL,
    LEDGER,
    LOGS,
    MANIFEST,
    PACKED_JOURNAL,
    ROLES,
    RUN_NAME,
    SHRUNK,
    VERDICT,
)
from splitbrain.archive.packing import Unpacked, content_digest, pack_held
from splitbrain.archive.tar import Limits, TarReader, TarRefused
from splitbrain.text import clipped

GB = 1 << 30
LIMITS = Limits(
    members=500, member_bytes=4 * GB, total_bytes=8 * GB, free_bytes=GB // 4, expansion=200
)
SMALL_BYTES = {
    MANIFEST: 16 << 20,
    VERDICT: 64 << 20,
    "tags.json": 1 << 20,
    LEDGER: 256 << 20,
    ROLES: 64 << 20,
    SHRUNK: 1 << 20,
}
"""What is held in memory as a whole has less room."""
HASHED = (JOURNAL, LEDGER, VERDICT, CERTIFICATE, ROLES, SHRUNK)
"""What a manifest has the hashes of, but for pages: those are made here."""
PROBLEMS_SHOWN = 10
PREFIX = ".import-"


@dataclass(frozen=True, slots=True)
class Imported:
    """The folder of an imported run; ``new`` is False where the very same run was there."""

    folder: Path
    new: bool


def take(file: Path, store: Path) -> Imported:
    """Take the run in a bundle into the store.

    Raises ArchiveError, with all that is wrong with it, when it is no bundle, or not one that can
    be taken; the store is then as it was.
    """
    runs = store / "runs"
    staging = runs / f"{PREFIX}{secrets.token_hex(8)}"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        staging.mkdir()
    except OSError as error:
        raise unwritable(store, error) from None
    try:
        with held(staging):
            run, digest = _unpack(file, staging)
            return _settle(run, digest, file, staging, store)
    except TarRefused as error:
        raise ArchiveError(f"{file}: is no bundle that can be taken: {error}.") from None
    except OSError as error:
        if error.filename is not None and str(error.filename) == str(file):
            raise ArchiveError(f"{file}: cannot be read: {error.strerror}.") from None
        raise unwritable(store, error) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _unpack(file: Path, staging: Path) -> tuple[str, str]:
    """Write the members into ``staging``; the run's name, and the SHA-256 of the bundle."""
    problems: list[str] = []
    runs: dict[str, None] = {}
    seen: set[str] = set()
    with file.open("rb") as source:
        hashing = _Hashing(source)
        reader = TarReader(open_packed(hashing), LIMITS, lambda: hashing.size)
        for name, is_folder, size in reader.members():
            shown = clipped(name, 80)
            run, _, inner = name.removesuffix("/").partition("/")
            if RUN_NAME.fullmatch(run) is None or run == "latest":
                problems.append(f"{shown!r} is not below a folder that is called like a run")
                continue
            runs.setdefault(run)
            if is_folder:
                if inner not in ("", LOGS):
                    problems.append(f"{shown!r} is a folder that no run has")
                continue
            log = inner.removeprefix(f"{LOGS}/") if inner.startswith(f"{LOGS}/") else None
            if not (inner in TAKEN or inner in PASSED_OVER or (log and LOG_NAME.fullmatch(log))):
                problems.append(f"{shown!r} is no file of a run")
            elif inner in seen:
                problems.append(f"{shown!r} is there twice")
            elif size > SMALL_BYTES.get(inner, size):
                problems.append(f"{shown!r} has {size:,} bytes; {SMALL_BYTES[inner]:,} may be")
            elif inner in TAKEN or log:
                _write(staging / inner, reader)
            seen.add(inner)
        hashing.rest()
    if len(runs) > 1:
        problems.append(f"it holds {len(runs)} runs; a bundle holds one")
    if {JOURNAL, PACKED_JOURNAL} <= seen:
        problems.append("it holds the journal twice, packed and not")
    for wanted in (MANIFEST, JOURNAL):
        if not {wanted, f"{wanted}.zst"} & seen:
            problems.append(f"it holds no {wanted}")
    _refuse(file, problems)
    return next(iter(runs)), hashing.digest.hexdigest()


def _write(path: Path, reader: TarReader) -> None:
    path.parent.mkdir(exist_ok=True)
    # New, and no link: in a folder that is ours alone, but it costs nothing.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, 0o644), "wb") as target:  # noqa: PTH123
        for piece in reader.content():
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())


def _settle(run: str, digest: str, file: Path, staging: Path, store: Path) -> Imported:
    """Look at what was unpacked, and give it its place."""
    from splitbrain.run_files import read_manifest

    try:
        manifest = read_manifest(staging)
    except ArchiveError as error:
        raise ArchiveError(_renamed(str(error), staging, file)) from None
    if manifest.get("run") != run:
        seen = clipped(str(manifest.get("run")), 80)
        _refuse(file, [f"its folder is called {run!r}, and its manifest tells of {seen!r}"])
    _refuse(file, _differing(staging, manifest))
    folder = store / "runs" / run
    if os.path.lexists(folder):
        return _there(folder, staging, file)
    manifest["imported"] = {
        "from": clipped(file.name, 200),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "sha256": digest,
    }
    manifest["sha256"] = {n: told for n, told in _told(manifest).items() if n in HASHED}
    write_json(staging / MANIFEST, manifest)
    try:
        pack_held(staging)
    except Unpacked as error:
        raise ArchiveError(f"{file}: {error}") from None
    _tell_it(run, staging, file)
    sync_folder(staging)
    try:
        staging.rename(folder)
    except OSError:
        if folder.is_dir():  # somebody was quicker
            return _there(folder, staging, file)
        raise
    sync_folder(folder.parent)
    return Imported(folder, new=True)


def _differing(staging: Path, manifest: dict[str, Any]) -> list[str]:
    """A sentence for each file that does not hold what the manifest says."""
    problems = []
    told = _told(manifest)
    for name in HASHED:
        path = journal_of(staging) if name == JOURNAL else staging / name
        wanted = told.get(name)
        if not path.is_file():
            if wanted is not None:
                problems.append(f"it holds no {name}, and its manifest tells of one")
        elif wanted is not None and _content_digest(path) != wanted:
            problems.append(f"{path.name} is not what it was when the run ended")
    return problems


def _told(manifest: dict[str, Any]) -> dict[str, Any]:
    told = manifest.get("sha256")
    return told if isinstance(told, dict) else {}


def _content_digest(path: Path) -> str:
    from histories.errors import HistoryError
    from histories.source import Source

    if path.suffix != ".zst":
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest, size = hashlib.sha256(), 0
    usual = max(LIMITS.free_bytes, LIMITS.expansion * path.stat().st_size)
    try:
        for block in Source(path).blocks():
            digest.update(block)
            size += len(block)
            if size > usual:
                raise TarRefused(f"{path.name} unpacks to more than {usual:,} bytes, as none does")
    except HistoryError as error:
        raise TarRefused(f"{path.name} cannot be unpacked ({error.problems[0]})") from None
    return digest.hexdigest()


def _there(folder: Path, staging: Path, file: Path) -> Imported:
    """A run of that name is there: the same one, or another, which is left alone."""
    from histories.errors import HistoryError

    try:
        same = content_digest(journal_of(folder)) == content_digest(journal_of(staging))
    except HistoryError:
        same = False
    if same:
        return Imported(folder, new=False)
    raise ArchiveError(
        f"{file}: a run called {folder.name} is there already, and is another one. Take it into "
        "another store: splitbrain import FILE --store DIR"
    )


def _tell_it(run: str, staging: Path, file: Path) -> None:
    """Read the run, and tell it as ``show`` would: what cannot be told is not taken.

    Makes its page, too. A run that was cut off has no verdict, and its journal is read alone.
    """
    from histories.errors import HistoryError
    from histories.history import read_history
    from nemesis.ledger import LedgerError, read_ledger
    from splitbrain.archive.shrunk import read_shrunk
    from splitbrain.archive.telling import told_again
    from splitbrain.run_files import write_page

    try:
        shrunk = read_shrunk(staging)
        if shrunk is not None and shrunk.run != run:
            seen = clipped(str(shrunk.run), 80)
            raise ArchiveError(f"{staging}/{SHRUNK}: it tells of {seen!r}")
        if (staging / VERDICT).exists():
            write_page(told_again(staging))
        else:
            read_history(journal_of(staging))
            if (staging / LEDGER).exists():
                read_ledger(staging / LEDGER)
    except (ArchiveError, HistoryError, LedgerError, UnicodeError) as error:
        _refuse(file, [_renamed(str(error), staging, file)])


def _renamed(text: str, staging: Path, file: Path) -> str:
    """A message about an unpacked file as one about the bundle."""
    return text.replace(f"{staging}/", f"{file}: ")


def _refuse(file: Path, problems: list[str]) -> None:
    if not problems:
        return
    shown = [clipped(problem, 2000) for problem in problems[:PROBLEMS_SHOWN]]
    if len(problems) > len(shown):
        shown.append(f"and {len(problems) - len(shown):,} more")
    told = "".join(f"\n  - {problem}" for problem in shown)
    raise ArchiveError(f"{file}: is no bundle that can be taken:{told}")


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Read, and hash."""
        data = self._source.read(size)
        self.digest.update(data)
        self.size += len(data)
        return data

    def rest(self) -> None:
        """Hash what nobody has read."""
        while self.read(1 << 20):
            pass
