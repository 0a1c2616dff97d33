"""Where each event of a history was found, in a few numbers however long it is."""

from __future__ import annotations

from array import array
from bisect import bisect_right


class Places:
    """Lines by event index, kept as runs in which both grow together; most files are one run."""

    def __init__(self, indexes: array[int] | None = None, lines: array[int] | None = None) -> None:
        self._indexes = indexes if indexes is not None else array("q")
        self._lines = lines if lines is not None else array("q")

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, index: int, line: int) -> None:
        """Note the line of an event whose index is greater than all before it."""
        if not self._lines or line - index != self._lines[-1] - self._indexes[-1]:
            self._indexes.append(index)
            self._lines.append(line)

    def line(self, index: int) -> int | None:
        """The line of the event with this index; None when nothing was noted that early."""
        run = bisect_right(self._indexes, index) - 1
        if run < 0:
            return None
        return self._lines[run] + index - self._indexes[run]
