"""The bytes of a history file, block by block, unpacked where it is packed."""

from __future__ import annotations

import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from histories.errors import HistoryError, Problem

BLOCK_BYTES = 4 << 20
LARGE_BYTES = 4 << 20
PACKED_BLOCK_BYTES = 4 << 10
"""So little of a packed file at a time: a byte can unpack to 32 KB, and that is held at once."""
EXPANSION_MAX = 1000
EXPANSION_BYTES_MIN = 1 << 30
"""What unpacks to more than this, and to EXPANSION_MAX times its size, is refused as a bomb.

Journals pack to a tenth or a twentieth.
"""
PIPE_BYTES_MAX = 2 << 30
"""What comes from a pipe is kept in memory, so there is an end to it."""
ZSTD, GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b"


class Source:
    """A file that can be read again and again; what cannot (a pipe) is kept in memory.

    ``size`` is in bytes as it lies there. ``notes`` says, after the last block, what was odd
    about the packing. Raises HistoryError when the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.notes: list[str] = []
        self._kept: bytes | None = None
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):
                self._kept = _all_of(path)
            self.size = found.st_size if self._kept is None else len(self._kept)
        except OSError as error:
            raise _unreadable(self.name, error) from None
        except ValueError as error:  # a NUL in the name
            raise HistoryError([Problem(ascii(str(path)), f"{error}.", "Name a file.")]) from None

    @property
    def large(self) -> bool:
        """Whether the content is so long that the compiled scanner is worth loading."""
        packed = self.size < LARGE_BYTES and next(self._raw(), b"").startswith((ZSTD, GZIP))
        # What the content of a packed file takes is not known; journals pack to a sixteenth.
        return self.size >= (LARGE_BYTES // 16 if packed else LARGE_BYTES)

    def head(self, size: int = 1 << 16) -> bytes:
        """The first ``size`` bytes of the content, or all there is."""
        taken = b""
        for block in self.blocks():
            taken += block
            if len(taken) >= size:
                break
        return taken[:size]

    def blocks(self) -> Iterator[bytes]:
        """The content from its first byte on, unpacked if its first bytes say it is packed."""
        self.notes.clear()
        try:
            yield from unpacked(self._raw(), self.name, self.notes)
        except OSError as error:
            raise _unreadable(self.name, error) from None

    def _raw(self) -> Iterator[bytes]:
        if self._kept is not None:
            for start in range(0, len(self._kept), BLOCK_BYTES):
                yield self._kept[start : start + BLOCK_BYTES]
            return
        with self.path.open("rb", buffering=0) as file:
            yield from iter(lambda: file.read(BLOCK_BYTES), b"")


def unpacked(blocks: Iterable[bytes], name: str, notes: list[str]) -> Iterator[bytes]:
    """``blocks``, unpacked frame after frame if they begin as zstd or gzip do.

    Raises HistoryError when they are damaged, or unpack to too much; a file that is merely
    cut off is good as far as it goes, and noted.
    """
    iterator = iter(blocks)
    first = next(iterator, b"")
    make = next((make for magic, make in _UNPACKERS.items() if first.startswith(magic)), None)
    if make is None:
        if first:
            yield first
        yield from iterator
        return
    unpacker: Any = None
    packed = size = 0
    for piece in _small(first, iterator):
        packed += len(piece)
        while piece:
            if unpacker is None:
                # Zeros after the last frame are padding, as tools for tapes leave it.
                piece = piece.lstrip(b"\0")
                if not piece:
                    break
                unpacker = make()
            try:
                content = unpacker.decompress(piece)
            except Exception as error:  # zlib.error, zstandard.ZstdError: no common base
                raise HistoryError([_damaged(name, packed, error)]) from None
            size += len(content)
            if size > max(EXPANSION_BYTES_MIN, EXPANSION_MAX * packed):
                raise HistoryError([_bomb(name, packed, size)])
            if content:
                yield content
            piece = unpacker.unused_data if unpacker.eof else b""
            if unpacker.eof:
                unpacker = None
    if unpacker is not None:
        notes.append(
            f"{name}: the packed file is cut off after {packed:,} bytes; what followed is not "
            "known, and operations still open there count as indeterminate"
        )


def _small(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    for block in chain((first,), rest):
        for start in range(0, len(block), PACKED_BLOCK_BYTES):
            yield block[start : start + PACKED_BLOCK_BYTES]


def _zstd() -> Any:
    import zstandard

    # Larger windows are refused: each is memory that the file asks for, not us.
    return zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()


def _gzip() -> Any:
    return zlib.decompressobj(wbits=31)


_UNPACKERS: dict[bytes, Callable[[], Any]] = {ZSTD: _zstd, GZIP: _gzip}


def _damaged(name: str, packed: int, error: Exception) -> Problem:
    return Problem(
        name,
        f"is damaged within its first {packed:,} bytes, as a packed file ({error}).",
        "Test it with 'zstd -t' or 'gzip -t'; it must be whole, or cut off at its end.",
    )


def _bomb(name: str, packed: int, size: int) -> Problem:
    return Problem(
        name,
        f"{packed:,} packed bytes have become {size:,}.",
        f"No history packs to less than a {EXPANSION_MAX:,}th; unpack it yourself if it does.",
    )


def _unreadable(name: str, error: OSError) -> HistoryError:
    return HistoryError(
        [
            Problem(
                name,
                f"cannot be read ({error.strerror or error}).",
                "Name a history file: a journal (history.jsonl), Jepsen's history.edn or log, "
                "or a Porcupine log.",
            )
        ]
    )


def _all_of(path: Path) -> bytes:
    """What comes out of a pipe or device. Raises HistoryError when it does not end."""
    with path.open("rb") as file:
        data = file.read(PIPE_BYTES_MAX + 1)
    if len(data) > PIPE_BYTES_MAX:
        raise HistoryError(
            [
                Problem(
                    str(path),
                    f"gives more than {PIPE_BYTES_MAX >> 30} GB and is no file.",
                    "Write it to a file first.",
                )
            ]
        )
    return data
