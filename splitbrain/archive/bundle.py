"""A bundle: one run in one file, to send to others (``RUN.tar.zst``).

A tar of plain files below one folder of the run's name, packed with zstd. It holds what the run
was and what it found; pages are left out, for they are made again from that, and nobody has to
open a page that somebody else has made. The same run gives the same bytes.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from histories.archive import ArchiveError, is_alive, journal_of, sync_folder
from splitbrain.archive.closing import redacted
from splitbrain.archive.holding import held
from splitbrain.archive.names import (
    CERTIFICATE,
    EXPLANATION,
    JOURNAL,
    LEDGER,
    LOGS,
    MANIFEST,
    PACKED_JOURNAL,
    PAGE,
    ROLES,
    RUN_NAME,
    SHRUNK,
    TAGS,
    VERDICT,
)
from splitbrain.archive.redaction import redact_options

SUFFIX = ".tar.zst"
EXPORTED = (MANIFEST, LEDGER, VERDICT, CERTIFICATE, ROLES, SHRUNK, TAGS)
"""Beside the journal and the logs."""
TAKEN = frozenset((*EXPORTED, JOURNAL, PACKED_JOURNAL))
PASSED_OVER = frozenset((PAGE, EXPLANATION))
"""Whoever packs a folder by hand may have them in; they are made anew where they arrive."""
LOG_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@+-]{0,85}\.log", re.ASCII)
BLOCK_BYTES = 1 << 20


def export(folder: Path, target: Path) -> list[str]:
    """Write the bundle of a run whose manifest can be read; the names of what is in it.

    Raises ArchiveError for a run that goes on or has a name no bundle can carry, and where the
    file cannot be written: there is then none.
    """
    if (why := unbundled_because(folder)) is not None:
        raise ArchiveError(why)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with held(folder), beside.open("xb") as file:
            names = stream(folder, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
        sync_folder(target.parent)
    except (OSError, ValueError) as error:
        # A tar of this kind has room for files of 8 GB.
        why = getattr(error, "strerror", None) or str(error)
        raise ArchiveError(f"{target}: was not written: {why}.") from None
    finally:
        beside.unlink(missing_ok=True)
    return names


def unbundled_because(folder: Path) -> str | None:
    """Why no bundle can be made of a run now; None where one can."""
    if is_alive(folder):
        return f"{folder.name} goes on still; export it once it has ended."
    if RUN_NAME.fullmatch(folder.name) is None:
        return f"{folder.name!r}: expected a run's folder to be called by letters, digits, - and ."
    return None


def stream(folder: Path, file: Any) -> list[str]:
    """Write the bundle of a run into ``file`` (``write``); the names of what is in it.

    Each file is whole, as it is at its moment; nobody who tags or packs the run is kept waiting.
    """
    import zstandard

    names = []
    packer = zstandard.ZstdCompressor(level=6, write_checksum=True)
    with (
        packer.stream_writer(file, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for path in _members(folder):
            name = path.relative_to(folder).as_posix()
            _add(tar, f"{folder.name}/{name}", path)
            names.append(name)
    return names


def _members(folder: Path) -> Iterator[Path]:
    yield folder / MANIFEST
    yield journal_of(folder)
    yield from (
        folder / name for name in EXPORTED if name != MANIFEST and (folder / name).is_file()
    )
    for path in sorted((folder / LOGS).glob("*.log")):
        if LOG_NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            yield path


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    """Add a file without what it says of this machine: owner, rights, times."""
    member = tarfile.TarInfo(name)
    member.mode = 0o644
    if path.name == MANIFEST or path.name.endswith(".log"):
        # Once more: a run of an older version, or one whose harness was killed.
        data = _manifest(path) if path.name == MANIFEST else redacted(path.read_bytes())[0]
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
        return
    with path.open("rb") as source:
        member.size = os.fstat(source.fileno()).st_size
        tar.addfile(member, source)


def _manifest(path: Path) -> bytes:
    """The manifest, its plan without the values of options that are called a secret."""
    data = path.read_bytes()
    manifest = json.loads(data)
    options, cut = redact_options(manifest["plan"].get("options", ()))
    if not cut:
        return data
    manifest["plan"]["options"] = options
    return (json.dumps(manifest, indent=1) + "\n").encode()


def default_target(folder: Path) -> Path:
    """Where a bundle goes that was given no name: here."""
    return Path(f"{folder.name}{SUFFIX}")


def open_packed(file: Any) -> Any:
    """What a bundle unpacks to, as a stream; ``file`` has ``read(size)``.

    A window of more than 128 MB is refused: that is memory which the bundle asks for.
    """
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
        file, read_across_frames=True
    )
