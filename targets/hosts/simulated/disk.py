"""A node's disk: what was written, how much of it is durable, and what a loss of power leaves.

The same promises as targets.nodes.disk makes on a real one: what was appended survives the
death of the process, what was synced the loss of power, and a record torn by it is dropped.
"""

from __future__ import annotations

import errno
import os

RECORD_HEADER_BYTES = 8
"""Length and checksum in front of each record, as targets.nodes.disk writes them."""


class SimulatedDisk:
    """One log file. While ``failing`` is set, every fsync reports an error."""

    def __init__(self) -> None:
        self.failing = False
        self.failed_syncs = 0
        self._records: list[bytes] = []
        self._synced = 0
        # The durable records of a file that was replaced by one that is not durable yet,
        # and how many records that one began with.
        self._replaced: list[bytes] | None = None
        self._replacement = 0
        self._torn_bytes = 0

    def open(self) -> tuple[list[bytes], int]:
        """The intact records, and the bytes of a torn one that was dropped.

        What a killed predecessor left unsynced is synced first, as it is about to be relied
        on. Raises OSError when that fails.
        """
        torn, self._torn_bytes = self._torn_bytes, 0
        self.sync()
        return list(self._records), torn

    def append(self, records: list[bytes]) -> None:
        """Write at the end; durable only after ``sync``."""
        self._records += records

    def replace(self, records: list[bytes]) -> None:
        """Put ``records`` in the place of all there are, at once; durable only after ``sync``."""
        if self._replaced is None:
            self._replaced = self._records[: self._synced]
        self._records, self._synced = list(records), 0
        self._replacement = len(records)

    def sync(self) -> None:
        """Make all that was written durable. Raises OSError when the disk fails.

        What could not be synced is then gone, as from a page cache that takes such pages for
        clean (Rebello et al., "Can Applications Recover from fsync Failures?", 2020).
        """
        if self.failing:
            self.failed_syncs += 1
            self.lose_unsynced()
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._synced = len(self._records)
        self._replaced = None

    def lose_unsynced(self, keep: float = 0.0) -> int:
        """Lose what is not durable, but for the fraction ``keep`` of its bytes; bytes lost.

        The cut may lie within a record, which is then torn. A file not durably replaced is
        the old one again, unless something is kept: then the new name had reached the disk.
        """
        if self._replaced is not None and keep == 0.0:
            lost = _size(self._records)
            self._records, self._synced = self._replaced, len(self._replaced)
            self._replaced = None
            return lost
        if self._replaced is not None:
            self._replaced = None
            self._synced = self._replacement
        tail = self._records[self._synced :]
        size = _size(tail)
        left = int(keep * size)
        lost, kept = size - left, 0
        while kept < len(tail) and _size(tail[kept : kept + 1]) <= left:
            left -= _size(tail[kept : kept + 1])
            kept += 1
        del self._records[self._synced + kept :]
        self._torn_bytes = left
        return lost

    def wipe(self) -> None:
        """Remove all that is stored."""
        self._records, self._synced, self._replaced, self._torn_bytes = [], 0, None, 0

    @property
    def unsynced(self) -> int:
        """Records written and not durable."""
        return len(self._records) - self._synced


def _size(records: list[bytes]) -> int:
    return sum(RECORD_HEADER_BYTES + len(record) for record in records)
