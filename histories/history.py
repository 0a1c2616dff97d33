"""A history read from a file: its header, its table of operations, and where they stand."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from histories.errors import HistoryError
from histories.event import Event
from histories.formats import independent as independents
from histories.formats import jsonl
from histories.formats.detection import reader_of
from histories.formats.guess import settle
from histories.formats.jepsen_edn import TRANSACTION, EdnReader
from histories.formats.uninvoked import Placed, invoked
from histories.places import Places
from histories.source import Source
from histories.table import Operations, Table
from histories.tabulation import Tabulation


class History:
    """Everything a file said.

    ``notes`` are remarks a user should see (a cut last line). ``independent``: values [k v] were
    read as independent keys and their values; None where no file was read. ``events`` are read
    from the file a second time when they are first asked for.
    """

    def __init__(
        self,
        header: dict[str, Any],
        table: Table,
        notes: Sequence[str] = (),
        *,
        path: Path | None = None,
        reading: str = "splitbrain",
        places: Places | None = None,
        events: Callable[[], Iterable[Event]] | None = None,
        independent: bool | None = None,
    ) -> None:
        self.header = header
        self.table = table
        self.notes = list(notes)
        self.path = path
        self.reading = reading
        self.independent = independent
        self._places = places
        self._read_events = events or list
        self._events: list[Event] | None = None

    @classmethod
    def of(cls, header: dict[str, Any], events: Iterable[Event]) -> History:
        """The history of events that are at hand. Raises HistoryError like ``pair``."""
        told = list(events)
        tabulation = Tabulation(lambda position: f"event {position}")
        for event in told:
            tabulation.add(event, event.index)
        reading = str(header.get("reading") or "splitbrain")
        return cls(header, tabulation.table(), reading=reading, events=lambda: told)

    @property
    def operations(self) -> Operations:
        """The operations, in order of call, each made when it is asked for."""
        return Operations(self.table)

    @property
    def events(self) -> list[Event]:
        """Every event, those of the nemesis too; some 10 µs each, once, and kept."""
        if self._events is None:
            self._events = list(self._read_events())
        return self._events

    def read_events(self) -> Iterator[Event]:
        """Every event, read anew and not kept."""
        return iter(self._read_events())

    @property
    def model(self) -> str | None:
        """The model the header names, or the format settles, if any."""
        return self.header.get("model")

    def where(self, index: int) -> str:
        """The place of the event with this index: ``file:line``, or ``event 17``."""
        line = self._places.line(index) if self._places is not None else None
        if self.path is None or line is None:
            return f"event {index}"
        return f"{self.path}:{line}"


def read_history(
    path: Path | str, *, independent: bool | None = None, named: bool = False
) -> History:
    """Read a history file; which format it is in is told by its content.

    Known are journals of this program (``formats/jsonl.py``), histories in EDN and Porcupine's
    key-value logs (``formats/jepsen_edn.py``), and logs of Jepsen's operation logger
    (``formats/jepsen_log.py``); each may be packed with zstd or gzip. ``independent``: values
    of the form [k v] are an independent key and its value; by default where they can be
    nothing else (``formats/independent.py``). ``named``: the model is, elsewhere; no note then
    says what the operations would settle.

    Raises HistoryError, whatever the bytes are, with all problems at once. About 1 µs an
    event in large files, 10 µs in small ones; memory is that of the table.
    """
    source = Source(Path(path))
    # Hundreds of thousands of objects at once, and none of them garbage: the collector would
    # walk them again and again, a third of the time that reading takes.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _read(source, independent, named)
    except HistoryError as error:
        error.notes += source.notes
        raise
    finally:
        if collecting:
            gc.enable()


def _read(source: Source, independent: bool | None, named: bool) -> History:
    head = source.head()
    reader = reader_of(head, source.name)
    scanned = None
    if source.large:
        from histories.formats.scan import scan

        scanned = scan(source, reader)
    if scanned is None:
        # Anew: a scan that gave up has used its reader.
        reader = reader_of(head, source.name)
        table, places = _tabulated(source, reader)
    else:
        table, places = scanned
    header = dict(reader.header)
    notes = [*reader.notes, *source.notes]
    if not (len(table) or source.notes or head.strip()):
        notes.insert(0, f"{source.name}: is empty")
    split = independent
    if independent is None:
        # Our own journals give keys apart.
        split = not isinstance(reader, jsonl.JournalReader) and independents.are_keys(table)
    if split:
        table = independents.split(table)
        notes.append(
            f"{source.name}: values [k v] are read as independent keys and their values "
            f"({len(table.keys) - 1:,} keys)"
        )
    reading, guessed = settle(header, reader.reading, table, source.name)

    def events() -> Iterator[Event]:
        for _, event in _whole(source, reader_of(head, source.name)):
            yield independents.split_event(event) if split else event

    return History(
        header,
        table,
        notes if named else [*notes, *guessed],
        path=source.path,
        reading=reading,
        places=places,
        events=events,
        independent=bool(split),
    )


def _tabulated(source: Source, reader: Any) -> tuple[Table, Places]:
    """Event by event: the way that explains everything."""
    tabulation = Tabulation(lambda line: f"{source.name}:{line}")
    for line, event in _whole(source, reader):
        tabulation.add(event, line)
    if reader.problems:
        raise HistoryError(reader.problems)
    return tabulation.table(), tabulation.places


def _whole(source: Source, reader: Any) -> Iterator[Placed]:
    """The events of the file, with the invocations that transactions in EDN may lack."""
    events: Iterator[Placed] = reader.events(source.blocks())
    if isinstance(reader, EdnReader):
        notes: list[str] = []
        yield from invoked(events, TRANSACTION, notes)
        reader.notes += [f"{source.name}: {note}" for note in notes]
    else:
        yield from events
