"""The events of a history that is still being written, or comes through a pipe."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import IO

from histories.errors import HistoryError, Problem
from histories.event import Event
from histories.formats.detection import HEAD_BYTES, reader_of, recognisable
from histories.formats.independent import Suspicion, split_event
from histories.formats.jsonl import JournalReader
from histories.formats.reader import LINE_BYTES_MAX, Reader
from histories.source import GZIP, ZSTD, unpacked

HELD_MAX = 1000
"""Events that are held back while their values may be independent keys."""


class EventStream:
    """Events one by one, each as soon as the line that ends it is there.

    ``reader`` is None until the first line that is not empty tells the format; its header,
    reading and notes fill as the stream is read. ``line`` is that of the last event.
    ``independent``: values [k v] are keys and their values. None: as ``read_history`` guesses;
    since it looks at the whole file to do so, events that are all pairs are held back until
    one rules it out, and where it stays possible the stream is refused: HistoryError.
    """

    def __init__(self, stream: IO[bytes], name: str, *, independent: bool | None = False) -> None:
        self.reader: Reader | None = None
        self.line = 0
        self.notes: list[str] = []
        self._stream, self._name = stream, name
        self._independent = independent
        self._held: deque[tuple[int, Event]] = deque()

    def __iter__(self) -> Iterator[Event]:
        blocks = self._blocks()
        # Logs may begin with lines of other loggers; journals and EDN are told by the first.
        head = b""
        for block in blocks:
            head += block
            if block.strip() and (recognisable(block) or len(head) >= HEAD_BYTES):
                break
        self.reader = reader = reader_of(head, self._name)
        # Our own journals give keys apart.
        unsure = self._independent is None and not isinstance(reader, JournalReader)
        suspicion = Suspicion() if unsure else None
        for line, event in reader.events(chain((head,), blocks)):
            if reader.problems:
                break
            if suspicion is not None:
                self._held.append((line, event))
                suspicion.add(event)
                if suspicion.possible:
                    self._refuse_the_likely(suspicion, line)
                    continue
                suspicion = None
                yield from self.held()
                continue
            self.line = line
            yield split_event(event) if self._independent else event
        if reader.problems:
            raise HistoryError(reader.problems)
        yield from self.held()

    def held(self) -> Iterator[Event]:
        """The events held back, as they are: for whoever ends the stream before it does."""
        while self._held:
            self.line, event = self._held.popleft()
            yield event

    def _refuse_the_likely(self, suspicion: Suspicion, line: int) -> None:
        """Raise HistoryError when it will not become clear in time what pairs are."""
        if suspicion.likely:
            seen = "every value up to here is a pair, and one is [k nil]"
        elif len(self._held) >= HELD_MAX:
            seen = f"all of the first {HELD_MAX:,} events have pairs for values"
        else:
            return
        self._held.clear()
        seen += ": independent keys and their values? A pipe does not tell before its end."
        expected = "Say whether they are: --independent or --no-independent."
        raise HistoryError([Problem(f"{self._name}:{line}", seen, expected)])

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
