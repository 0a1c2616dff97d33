"""The journal of a run that has ended, packed with zstd; nothing is lost at any moment.

    history.jsonl ─► .history.jsonl.zst.<hex>   written, made durable, read back and compared
                 ─► history.jsonl.zst           renamed
                 ─► history.jsonl               removed

Until the last step the journal as it was written is there, and it is what is read.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from histories.archive import sync_folder
from splitbrain.archive.holding import held
from splitbrain.archive.names import JOURNAL, PACKED_JOURNAL

LEVEL = 6
"""Higher ones take several times as long for little more."""
BLOCK_BYTES = 1 << 20


class Unpacked(Exception):
    """A journal that was not packed, and is as it was; the message says why."""


def pack(folder: Path) -> bool:
    """Pack the journal of a run that has ended; whether there was one to pack.

    Raises Unpacked where that cannot be done, a full disk for one; the journal is then as it was.
    """
    with held(folder):
        return pack_held(folder)


def pack_held(folder: Path) -> bool:
    """The same for whoever holds the folder already."""
    plain, packed = folder / JOURNAL, folder / PACKED_JOURNAL
    if not plain.is_file():
        return False
    beside = packed.with_name(f".{packed.name}.{secrets.token_hex(4)}")
    try:
        digest = _packed(plain, beside)
        if _digest(beside) != digest:
            raise Unpacked(f"{plain}: what was packed does not read back; it is left as it is.")
        beside.replace(packed)
        sync_folder(folder)
        plain.unlink()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise Unpacked(f"{plain}: was not packed ({why}); it is left as it is.") from None
    finally:
        beside.unlink(missing_ok=True)
    return True


def content_of(path: Path) -> Iterator[bytes]:
    """The content of a journal of ours, packed or not, block by block.

    Raises HistoryError for one that is damaged.
    """
    from histories.source import Source

    yield from Source(path).blocks()


def content_digest(path: Path) -> str:
    """The SHA-256, in hexadecimal, of a journal's content: the same, packed or not."""
    digest = hashlib.sha256()
    for block in content_of(path):
        digest.update(block)
    return digest.hexdigest()


def _packed(plain: Path, target: Path) -> bytes:
    """Pack ``plain`` into ``target``, durably; the SHA-256 of what it held."""
    digest = hashlib.sha256()
    with plain.open("rb") as source, target.open("xb") as file:
        with _compressor().stream_writer(file, closefd=False) as writer:
            for block in iter(lambda: source.read(BLOCK_BYTES), b""):
                digest.update(block)
                writer.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.digest()


def _compressor() -> Any:
    import zstandard

    # The checksum tells a byte that a disk has changed, at the price of four.
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)


def _digest(packed: Path) -> bytes:
    import zstandard

    digest = hashlib.sha256()
    with packed.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
        for block in iter(lambda: reader.read(BLOCK_BYTES), b""):
            digest.update(block)
    return digest.digest()
