"""The members of a tar from a stranger, one after another, within limits.

Python's ``tarfile`` unpacks whatever may be in a tar: links, devices, sparse files, headers as
long as they say. Here there are plain files and folders, and everything else ends the reading.
Of ``tarfile`` only the reading of one header of 512 bytes is used.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

BLOCK = 512
PIECE_BYTES = 1 << 20
KINDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.CONTTYPE: "a file of a kind that nobody uses",
    tarfile.GNUTYPE_SPARSE: "a file with holes",
    tarfile.GNUTYPE_LONGNAME: "a name too long for a run's file",
    tarfile.GNUTYPE_LONGLINK: "a link",
    tarfile.XHDTYPE: "an extended header (pack it with: tar --format=ustar)",
    tarfile.XGLTYPE: "an extended header (pack it with: tar --format=ustar)",
}


class TarRefused(Exception):
    """A tar that is damaged, or holds what it must not; the message says which and where."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be in a tar: so many members, bytes in each, and bytes in all.

    Beyond ``free_bytes`` it may unpack to ``expansion`` times its packed size and no more.
    """

    members: int
    member_bytes: int
    total_bytes: int
    free_bytes: int
    expansion: int


class TarReader:
    """Reads ``stream``, which has ``read(size)``; each member's content before the next one.

    ``packed`` tells how many bytes were read of the file that the stream unpacks.
    """

    def __init__(self, stream: Any, limits: Limits, packed: Callable[[], int]) -> None:
        self._stream = stream
        self._packed = packed
        self._limits = limits
        self._left = 0
        self._padding = 0
        self.read_bytes = 0

    def members(self) -> Iterator[tuple[str, bool, int]]:
        """Name, whether it is a folder, and size of each member. Raises TarRefused."""
        for number in range(1, self._limits.members + 2):
            for _ in self.content():
                pass  # of a member that was passed over
            self._exactly(self._padding)
            header = self._header(number)
            if header is None:
                return
            if number > self._limits.members:
                raise TarRefused(f"it has more than {self._limits.members:,} members")
            name, folder, size = header
            if size > self._limits.member_bytes:
                limit = self._limits.member_bytes
                raise TarRefused(f"{name!r} has {size:,} bytes; {limit:,} may be")
            self._left, self._padding = size, -size % BLOCK
            yield name, folder, size

    def content(self) -> Iterator[bytes]:
        """What is in the member that ``members`` told last."""
        while self._left:
            piece = self._some(min(self._left, PIECE_BYTES))
            self._left -= len(piece)
            yield piece

    def _header(self, number: int) -> tuple[str, bool, int] | None:
        block = self._exactly(BLOCK)
        if not block.strip(b"\0"):
            return None
        try:
            found = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except (tarfile.HeaderError, ValueError) as error:
            raise TarRefused(f"member {number} has no header of a tar ({error})") from None
        name = found.name
        if found.type in (tarfile.REGTYPE, tarfile.AREGTYPE):
            if not 0 <= found.size < 1 << 60:
                raise TarRefused(f"{name!r} says that it has {found.size} bytes")
            return name, False, found.size
        if found.type == tarfile.DIRTYPE:
            if found.size:
                raise TarRefused(f"{name!r} is a folder of {found.size} bytes")
            return name, True, 0
        kind = KINDS.get(found.type, f"of an unknown kind, {found.type!r}")
        raise TarRefused(f"{name!r} is {kind}; a bundle holds plain files")

    def _exactly(self, size: int) -> bytes:
        told = b""
        while len(told) < size:
            told += self._some(size - len(told))
        return told

    def _some(self, size: int) -> bytes:
        """At most ``size`` bytes, and one at least."""
        try:
            piece = bytes(self._stream.read(size))
        except OSError:
            raise
        except Exception as error:  # zstandard.ZstdError: it has no base of its own
            raise TarRefused(f"it is damaged as a packed file ({error})") from None
        if not piece:
            raise TarRefused(f"it ends after {self.read_bytes:,} bytes, in the middle")
        self.read_bytes += len(piece)
        if self.read_bytes > self._limits.total_bytes:
            raise TarRefused(f"it unpacks to more than {self._limits.total_bytes:,} bytes")
        usual = max(self._limits.free_bytes, self._limits.expansion * self._packed())
        if self.read_bytes > usual:
            raise TarRefused(
                f"its first {self._packed():,} bytes unpack to more than {usual:,}, as no run does"
            )
        return piece
