"""A checksummed, append-only log file on a disk whose cache can be lost.

``append`` hands bytes to the operating system: they survive the death of the process, not
the loss of power. ``sync`` makes them durable and then notes the durable length in a
sidecar, ``<file>.synced``. ``drop_unsynced`` is the loss of power: it cuts each file back
to its noted length, on any host and without privileges. The sidecar is written after the
sync and before anything that relied on the sync leaves the node, so it never claims less
than what the node promised, nor more than what was synced.

``replace`` puts a new file in the old one's place. Which of the two a death leaves behind
is not known beforehand, so the sidecar names the file it speaks of by its inode, and while
the one takes over from the other it holds a line for each.

A record is a big-endian length, a CRC-32 of the payload (both 32 bits), and the payload.
A write cut short by a crash leaves a torn tail; recovery drops it. Damage *inside* the
durable length is no torn write but a broken disk, and the node refuses to start on it.

Command line: ``python -m targets.nodes.disk DIR [--keep 0.3]`` loses power on DIR.
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from pathlib import Path

SIDECAR_SUFFIX = ".synced"
DRAFT_SUFFIX = ".new"
_HEADER = struct.Struct(">II")
RECORD_BYTES_MAX = 64 * 1024 * 1024
_SIDECAR_BYTES = 84
"""Two lines of two numbers: the sidecar is as long whatever it says, and written at once."""


class CorruptLog(Exception):
    """A record that had been made durable cannot be read back."""


def encode_record(payload: bytes) -> bytes:
    """``payload`` with its length and checksum in front. Raises ValueError when it is too long."""
    if len(payload) > RECORD_BYTES_MAX:
        raise ValueError(
            f"a record of {len(payload)} bytes; at most {RECORD_BYTES_MAX} could be read back"
        )
    return _HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def decode_records(data: bytes) -> tuple[list[bytes], int]:
    """The intact records at the start of ``data``, and how many bytes they take."""
    payloads: list[bytes] = []
    start, size = 0, len(data)
    while start + _HEADER.size <= size:
        length, checksum = _HEADER.unpack_from(data, start)
        end = start + _HEADER.size + length
        # A run of zeros would pass as empty records: no writer of ours makes an empty one.
        if length == 0 or length > RECORD_BYTES_MAX or end > size:
            break
        payload = data[start + _HEADER.size : end]
        if zlib.crc32(payload) != checksum:
            break
        payloads.append(payload)
        start = end
    return payloads, start


class LogFile:
    """One append-only file of records. ``records`` holds what was found when it was opened.

    Raises CorruptLog when a durable record is damaged, OSError as the disk does. With
    ``fsync=False`` the system call is left out and the sidecar kept: a simulated power loss
    stays exact, a real one is no longer survived.
    """

    def __init__(self, path: Path, *, fsync: bool = True) -> None:
        self._fsync = fsync
        fresh = not path.exists()
        sidecar = path.with_name(path.name + SIDECAR_SUFFIX)
        # The sidecar comes first: a file without one would escape the loss of power.
        self._sidecar = os.open(sidecar, os.O_RDWR | os.O_CREAT, 0o644)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._path = path
        self._inode = os.fstat(self._file).st_ino
        # What a predecessor died over while it wrote it never took the file's place.
        path.with_name(path.name + DRAFT_SUFFIX).unlink(missing_ok=True)
        data = path.read_bytes()
        self.records, intact = decode_records(data)
        durable = _durable_length(os.pread(self._sidecar, _SIDECAR_BYTES, 0), self._inode)
        if intact < min(durable, len(data)) or len(data) < durable:
            raise CorruptLog(
                f"{path}: {durable} bytes were made durable, but only the first {intact} of "
                f"{len(data)} hold intact records. The disk lost or damaged what it had promised "
                "to keep; wipe the node's data directory to let it rejoin as an empty one."
            )
        self.torn_bytes = len(data) - intact
        if self.torn_bytes:
            os.ftruncate(self._file, intact)
        self._length = intact
        if fresh and fsync:
            _sync_folder(path.parent)
        # What a killed predecessor wrote but never synced is about to be relied on.
        self.sync()

    def append(self, payloads: list[bytes]) -> None:
        """Write records at the end; durable only after ``sync``."""
        data = b"".join([encode_record(payload) for payload in payloads])
        self._length += len(data)
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]

    def sync(self) -> None:
        """Make all that was appended durable. Raises OSError: then nothing may be promised."""
        if self._fsync:
            os.fdatasync(self._file)
        self._note_durable((self._length, self._inode))

    def replace(self, payloads: list[bytes]) -> None:
        """Put a file of these records in this one's place, durably: all of it or nothing.

        Raises OSError: then nothing may be promised any more.
        """
        data = b"".join([encode_record(payload) for payload in payloads])
        draft = self._path.with_name(self._path.name + DRAFT_SUFFIX)
        file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            if self._fsync:
                os.fsync(file)
            inode = os.fstat(file).st_ino
            durable = _durable_length(os.pread(self._sidecar, _SIDECAR_BYTES, 0), self._inode)
            self._note_durable((durable, self._inode), (len(data), inode))
            draft.replace(self._path)
        except BaseException:
            os.close(file)
            raise
        os.close(self._file)
        self._file, self._inode, self._length = file, inode, len(data)
        if self._fsync:
            _sync_folder(self._path.parent)
        self._note_durable((len(data), inode))

    def _note_durable(self, *lengths: tuple[int, int]) -> None:
        """Write (durable length, inode) lines over the sidecar: always as many bytes, at once."""
        lines = b"".join([b"%020d %020d\n" % line for line in lengths])
        os.pwrite(self._sidecar, lines.ljust(_SIDECAR_BYTES, b"\n"), 0)

    def close(self) -> None:
        """Close the file, as it is; nothing more is made durable."""
        os.close(self._file)
        os.close(self._sidecar)


def drop_unsynced(folder: str | os.PathLike[str], keep: float = 0.0) -> dict[str, int]:
    """Lose power: cut every file with a sidecar to its durable length; bytes lost, by path.

    ``keep`` in [0, 1] is the fraction of each unsynced tail that reached the disk all the
    same, cut anywhere: a torn write. The node must be dead.
    """
    if not 0.0 <= keep <= 1.0:
        raise ValueError(f"keep is a fraction between 0 and 1, not {keep}")
    lost: dict[str, int] = {}
    for sidecar in sorted(Path(folder).rglob("*" + SIDECAR_SUFFIX)):
        path = sidecar.with_name(sidecar.name.removesuffix(SIDECAR_SUFFIX))
        if not path.is_file():
            continue
        facts = path.stat()
        durable, size = _durable_length(sidecar.read_bytes(), facts.st_ino), facts.st_size
        left = durable + int(keep * max(0, size - durable))
        if left < size:
            with path.open("r+b") as file:
                file.truncate(left)
                os.fsync(file.fileno())
        lost[str(path)] = max(0, size - left)
    return lost


def _durable_length(text: bytes, inode: int) -> int:
    """What a sidecar says of the file with this inode; a length alone speaks of any file."""
    for line in text.splitlines():
        numbers = [int(word) for word in line.split()]
        if numbers and numbers[1:] in ([], [inode]):
            return numbers[0]
    return 0


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def main(arguments: list[str]) -> int:
    """The command line: lose power on a data directory and say what was lost."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="python -m targets.nodes.disk",
        description="Drop what was written under DIR and never made durable.",
    )
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument("--keep", type=float, default=0.0, metavar="FRACTION")
    options = parser.parse_args(arguments)
    if not Path(options.folder).is_dir():
        parser.error(f"{options.folder} is not a directory")
    if not 0.0 <= options.keep <= 1.0:
        parser.error(f"--keep is a fraction between 0 and 1, not {options.keep}")
    for path, count in drop_unsynced(options.folder, options.keep).items():
        sys.stdout.write(f"{count} bytes lost of {path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
