"""The events of a history that is still being written, or comes through a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import IO

from histories.errors import HistoryError
from histories.event import Event
from histories.formats.detection import HEAD_BYTES, reader_of, recognisable
from histories.formats.independent import split_event
from histories.formats.reader import LINE_BYTES_MAX, Reader
from histories.source import GZIP, ZSTD, unpacked


class EventStream:
    """Events one by one, each as soon as the line that ends it is there.

    ``reader`` is None until the first line that is not empty tells the format; its header,
    reading and notes fill as the stream is read. ``line`` is that of the last event.
    """

    def __init__(self, stream: IO[bytes], name: str, *, independent: bool = False) -> None:
        self.reader: Reader | None = None
        self.line = 0
        self.notes: list[str] = []
        self._stream, self._name = stream, name
        self._independent = independent

    def __iter__(self) -> Iterator[Event]:
        blocks = self._blocks()
        # Logs may begin with lines of other loggers; journals and EDN are told by the first.
        head = b""
        for block in blocks:
            head += block
            if block.strip() and (recognisable(block) or len(head) >= HEAD_BYTES):
                break
        self.reader = reader = reader_of(head, self._name)
        for self.line, event in reader.events(chain((head,), blocks)):
            if reader.problems:
                break
            yield split_event(event) if self._independent else event
        if reader.problems:
            raise HistoryError(reader.problems)

    def _blocks(self) -> Iterator[bytes]:
        """Line after line; what is packed comes as it unpacks."""
        first = self._stream.readline(LINE_BYTES_MAX)
        if first.startswith((ZSTD, GZIP)):
            pieces = iter(lambda: self._stream.read(1 << 16), b"")
            yield from unpacked(chain((first,), pieces), self._name, self.notes)
            return
        yield first
        yield from iter(lambda: self._stream.readline(LINE_BYTES_MAX), b"")


def events(stream: IO[bytes], name: str, *, independent: bool = False) -> Iterator[Event]:
    """The events of a journal, an EDN history or a Jepsen log, as they arrive.

    Checked like those of a file: raises HistoryError with the line, called ``name:line``, at
    the first that is no event. ``independent``: values [k v] are keys and their values, which
    cannot be told before the end. Pairing is left to ``histories.pairing.Pairing``.
    """
    return iter(EventStream(stream, name, independent=independent))
