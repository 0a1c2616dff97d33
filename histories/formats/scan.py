"""Reads a large file with the compiled scanner, and what is irregular in it with care.

The scanner (``scanner.py``) takes the regular events out of a buffer. At another it stops,
and the careful reader of the format takes that one, so its meaning is the same either way. At
anything wrong the scan gives up, and the careful readers take the whole file: theirs are the
messages. So whatever the bytes, a scan gives the table that careful reading gives, or none.
"""

from __future__ import annotations

import codecs
from array import array
from typing import Any

import numpy as np

from histories.event import NEMESIS, Event, EventType
from histories.formats import recorder, scanner
from histories.formats.edn import Incomplete
from histories.formats.jepsen_edn import EdnReader
from histories.formats.jsonl import JournalReader
from histories.formats.reader import LINE_BYTES_MAX, Reader
from histories.places import Places
from histories.source import BLOCK_BYTES, Source
from histories.table import NO_VALUE, Table
from histories.values import INTEGER, Values, layout

PADDING = 64
EVENTS = 512
"""Events found before they are recorded: so few that they stay in the processor's cache."""
OPERATION_BYTES_MIN = 100
PROCESSES_MAX = 1 << 24
"""Process numbers beyond this are read with care: the scanner keeps an array of them."""
_OUTCOMES = {EventType.INVOKE: -1, EventType.OK: 0, EventType.FAIL: 1, EventType.INFO: 2}


class _Declined(Exception):
    """The careful reader is to take the whole file."""


def scan(source: Source, reader: Reader, kernels: Any = None) -> tuple[Table, Places] | None:
    """The table and the places of a journal or of EDN; None when careful reading must decide.

    ``reader`` is fresh, and afterwards has the header and the notes. ``kernels`` stands in
    for the compiled ones. Memory: the table, and a buffer of some megabytes or of the longest
    line.
    """
    if not isinstance(reader, (JournalReader, EdnReader)):
        return None
    if kernels is None:
        from histories.formats import compiled as kernels
    try:
        run = _Scan(reader, kernels, source.size)
        run.read(source)
        return run.table(), run.places()
    except (_Declined, UnicodeDecodeError):
        return None


class _Scan:
    """The scanner's arrays, the buffer they are filled from, and what goes between."""

    def __init__(self, reader: JournalReader | EdnReader, kernels: Any, size: int) -> None:
        self._reader = reader
        self._kernels = kernels
        self._edn = isinstance(reader, EdnReader)
        self._classes = _classes(edn=self._edn)
        self._state = np.zeros(scanner.STATE, np.int64)
        self._state[scanner.LINE] = 1
        self._state[[scanner.LAST_INDEX, scanner.LAST_GIVEN, scanner.LAST_ALONE]] = -1
        self._state[scanner.SEEN_HEADER] = self._edn
        self._state[scanner.FORMAT] = scanner.EDN if self._edn else scanner.JSON
        self._events = np.zeros((EVENTS, scanner.SPANS, 4), np.int64)
        self._sizes = np.zeros(recorder.SIZES, np.int64)
        # Functions have no nil; elsewhere nil is number 0, and entered by no one.
        self._sizes[recorder.NEXT + 1 :] = 1
        self._numbers = np.zeros(recorder.MEMBERS, np.int64)
        self._runs = np.zeros((16, 2), np.int64)
        self._entries = np.zeros((1024, 5), np.int64)
        self._slots = np.full(2048, -1, np.int32)
        self._blob = np.zeros(1 << 16, np.uint8)
        self._opened = np.full(1024, recorder.IDLE, np.int32)
        # No operation is told in less; what is not written to takes no memory.
        rows = max(size // OPERATION_BYTES_MIN, 1024)
        self._wide = np.zeros((5, rows), np.int64)
        self._narrow = np.zeros((9, rows), np.int32)
        self._buffer = np.zeros(BLOCK_BYTES + PADDING, np.uint8)
        self._filled = 0
        self._text = codecs.getincrementaldecoder("utf-8")()
        self._pending = False

    def read(self, source: Source) -> None:
        """Take in all blocks."""
        for block in source.blocks():
            self._check_text(block)
            self._append(block)
            self._consume(final=False)
        self._consume(final=True)
        state, reader = self._state, self._reader
        self._sync()
        if isinstance(reader, EdnReader):
            rest = bytes(self._buffer[int(state[scanner.AT]) : self._filled])
            reader.finish(rest, int(state[scanner.LINE]))
        else:
            reader.finish()
        if reader.problems:
            raise _Declined

    def table(self) -> Table:
        """The columns as far as they are filled."""
        rows = int(self._sizes[recorder.ROWS])
        wide, narrow = self._wide[:, :rows], self._narrow[:, :rows]
        functions, keys, values, nodes, errors = map(self._values, range(recorder.NUMBERINGS))
        return Table(
            call=wide[recorder.W_CALL],
            ret=wide[recorder.W_RET],
            process=wide[recorder.W_PROCESS],
            key=narrow[recorder.N_KEY],
            f=narrow[recorder.N_F].astype(np.int16),
            outcome=narrow[recorder.N_OUTCOME].astype(np.int8),
            input=narrow[recorder.N_INPUT],
            input2=narrow[recorder.N_INPUT2],
            output=narrow[recorder.N_OUTPUT],
            output2=narrow[recorder.N_OUTPUT2],
            error=narrow[recorder.N_ERROR],
            node=narrow[recorder.N_NODE],
            call_ns=wide[recorder.W_CALL_NS],
            ret_ns=wide[recorder.W_RET_NS],
            keys=keys,
            functions=list(functions),
            values=values,
            errors=list(errors),
            nodes=list(nodes),
        )

    def places(self) -> Places:
        """Where events stood."""
        runs = self._runs[: int(self._sizes[recorder.RUNS])]
        return Places(array("q", runs[:, 0].tolist()), array("q", runs[:, 1].tolist()))

    def _values(self, numbering: int) -> Values:
        """What was numbered apart, by number; nil first but for functions."""
        count = int(self._sizes[recorder.ENTRIES])
        entries = self._entries[: count + 1]
        tags = entries[:count, recorder.TAG]
        mine = tags >> 3 == numbering
        lengths = np.diff(entries[:, recorder.BEGIN])
        nil = int(numbering != recorder.FUNCTIONS)
        total = int(mine.sum()) + nil
        kinds, numbers = np.zeros(total, np.int8), np.zeros(total, np.int64)
        offsets = np.zeros(total + 1, np.int64)
        kinds[nil:] = tags[mine] & 7
        numbers[nil:] = entries[:count, recorder.INTEGER_OF][mine] * (kinds[nil:] == INTEGER)
        offsets[1 + nil :] = np.cumsum(lengths[mine])
        used = int(entries[count, recorder.BEGIN])
        blob = self._blob[:used][np.repeat(mine, lengths)]
        return Values(kinds, numbers, offsets, blob)

    def _check_text(self, block: bytes) -> None:
        """Raise UnicodeDecodeError unless the file so far is UTF-8 (but for a cut character)."""
        if self._pending or not block.isascii():
            self._text.decode(block)
            self._pending = bool(self._text.getstate()[0])

    def _append(self, block: bytes) -> None:
        """Put a block behind what is left in the buffer, which moves to its front."""
        at = int(self._state[scanner.AT])
        left = self._filled - at
        if left > LINE_BYTES_MAX:
            raise _Declined
        needed = left + len(block) + PADDING
        buffer = self._buffer
        if needed > len(buffer):
            buffer = np.zeros(2 * needed, np.uint8)
        buffer[:left] = self._buffer[at : self._filled]
        buffer[left : left + len(block)] = np.frombuffer(block, np.uint8)
        self._filled = left + len(block)
        # Beyond the end there are zeros, at which every loop of the scanner stops.
        buffer[self._filled : self._filled + PADDING] = 0
        aside = self._filled + scanner.ASIDE
        name = np.frombuffer(scanner.TRANSACTION, np.uint8)
        buffer[aside : aside + len(name)] = name
        self._buffer = buffer
        self._state[scanner.AT] = 0

    def _consume(self, *, final: bool) -> None:
        """Read all events that end in the buffer."""
        while True:
            said, count = self._kernels.scan(
                self._buffer, self._filled, self._classes, self._state, self._events
            )
            self._record(count)
            if said == scanner.DONE:
                return
            if said == scanner.ODD and not (
                self._odd_form(final) if self._edn else self._odd_line(final)
            ):
                return

    def _record(self, count: int) -> None:
        """Record the first events, making room where it is short."""
        done = 0
        while done < count:
            said, done = self._kernels.record(
                self._buffer,
                self._classes,
                self._events,
                done,
                count,
                self._numbers,
                self._wide,
                self._narrow,
                self._opened,
                self._entries,
                self._blob,
                self._slots,
                self._sizes,
                self._runs,
            )
            if said == scanner.WRONG:
                raise _Declined
            if said == scanner.FULL:
                spans = self._events[done]
                self._make_room(
                    int(spans[scanner.SCRATCH, 2]), int(spans[scanner.PROCESS, scanner.NUMBER])
                )

    def _odd_line(self, final: bool) -> bool:
        """Let the careful reader take the line at hand; False when it does not end yet."""
        state, reader = self._state, self._reader
        assert isinstance(reader, JournalReader)
        at = int(state[scanner.AT])
        # In steps, so that a line's length and not the buffer's counts.
        stop = at
        while stop < self._filled:
            raw = bytes(self._buffer[stop : min(stop + 4096, self._filled)])
            found = raw.find(b"\n")
            stop += found if found >= 0 else len(raw)
            if found >= 0:
                break
        ended = stop < self._filled
        if not ended and not final:
            return False
        raw = bytes(self._buffer[at:stop])
        self._sync()
        event = reader.line(raw, int(state[scanner.LINE]), ended=ended)
        if reader.problems:
            raise _Declined
        if event is not None:
            self._take(event, int(state[scanner.LINE]), len(raw))
        state[scanner.SEEN_HEADER] = reader.seen_header
        state[scanner.AT] = stop
        return True

    def _odd_form(self, final: bool) -> bool:
        """Let the careful reader take the form at hand; False when it does not end yet."""
        state, reader = self._state, self._reader
        assert isinstance(reader, EdnReader)
        at, line = int(state[scanner.AT]), int(state[scanner.LINE])
        self._sync()
        try:
            data = self._buffer[: self._filled].data
            event, end = reader.step(data, at, line, final=final)
        except Incomplete:
            return False
        if reader.problems:
            raise _Declined
        if event is not None:
            self._take(event, line, end - at)
            state[scanner.LAST_GIVEN] = reader.last_given
            state[scanner.DISORDER] = reader.disordered
            state[scanner.OPEN_ALONE] = reader.open_alone
            state[scanner.LAST_ALONE] = reader.last_alone
        state[scanner.AT] = end
        state[scanner.LINE] += int((self._buffer[at:end] == 10).sum())
        return True

    def _sync(self) -> None:
        """Tell the careful reader how far the scanner has come."""
        state, reader = self._state, self._reader
        reader.last_time = int(state[scanner.LAST_TIME])
        reader.backwards = bool(state[scanner.BACKWARDS])
        if isinstance(reader, EdnReader):
            reader.count = int(state[scanner.COUNT])
            reader.last_given = int(state[scanner.LAST_GIVEN])
            reader.disordered = bool(state[scanner.DISORDER])
            reader.open_alone = bool(state[scanner.OPEN_ALONE])
            reader.last_alone = int(state[scanner.LAST_ALONE])
        else:
            reader.last_index = int(state[scanner.LAST_INDEX])

    def _take(self, event: Event, line: int, length: int) -> None:
        """Record an event that the careful reader made."""
        state, spans = self._state, self._events[0]
        state[scanner.BACKWARDS] |= event.time < state[scanner.LAST_TIME]
        state[scanner.LAST_TIME], state[scanner.LAST_INDEX] = event.time, event.index
        state[scanner.COUNT] += 1
        process = event.process
        # Canonical text is at most six times as long: a character may become an escape.
        self._make_room(6 * length, 0 if process == NEMESIS else int(process))
        if process == NEMESIS:
            self._kernels.place(self._sizes, self._runs, event.index, line)
            return
        invoked = event.type is EventType.INVOKE
        value: Any = event.value
        pair: Any = (None, None)
        paired = isinstance(value, (list, tuple)) and len(value) == 2
        if paired:
            value, pair = None, value
        spans[scanner.TYPE, scanner.NUMBER] = _OUTCOMES[event.type]
        spans[scanner.INDEX, scanner.NUMBER] = event.index
        spans[scanner.TIME, scanner.NUMBER] = event.time
        spans[scanner.PROCESS, scanner.NUMBER] = process
        spans[scanner.SCRATCH, 0] = line
        self._numbers[:] = (
            self._number(recorder.FUNCTIONS, event.f),
            self._number(recorder.KEYS, event.key) if invoked or event.key is not None else -1,
            self._number(recorder.VALUES, value),
            self._number(recorder.VALUES, pair[0]),
            self._number(recorder.VALUES, pair[1]) if paired else NO_VALUE,
            self._number(recorder.NODES, event.node) if invoked else 0,
            0 if invoked else self._number(recorder.ERRORS, event.error),
        )
        if self._numbers[0] > recorder.FUNCTIONS_MAX or not self._kernels.note(
            spans, self._numbers, self._wide, self._narrow, self._opened, self._sizes, self._runs
        ):
            raise _Declined

    def _number(self, numbering: int, value: Any) -> int:
        if value is None:
            return 0
        kind, number, text = layout(value)
        source = np.frombuffer(text or b" ", np.uint8)
        tag = 8 * numbering + kind
        return int(
            self._kernels.intern(
                self._entries,
                self._blob,
                self._slots,
                self._sizes,
                tag,
                number,
                source,
                0,
                len(text),
            )
        )

    def _make_room(self, length: int, process: int) -> None:
        """Let every array have room for an event of so many bytes and this process."""
        sizes = self._sizes
        rows = self._wide.shape[1]
        if sizes[recorder.ROWS] + 1 >= rows:
            self._wide = _wider(self._wide, 2 * rows)
            self._narrow = _wider(self._narrow, 2 * rows)
        if process >= len(self._opened):
            if process >= PROCESSES_MAX:
                raise _Declined
            self._opened = _longer(self._opened, 2 << process.bit_length(), recorder.IDLE)
        if sizes[recorder.RUNS] + 1 >= len(self._runs):
            self._runs = _longer(self._runs, 2 * len(self._runs))
        entry = int(sizes[recorder.ENTRIES])
        needed = int(self._entries[entry, recorder.BEGIN]) + 2 * length + 32
        if needed > len(self._blob):
            self._blob = _longer(self._blob, 2 * needed)
        if entry + recorder.MEMBERS + 1 >= len(self._entries):
            self._entries = _longer(self._entries, 2 * len(self._entries))
            self._slots = np.full(2 * len(self._slots), -1, np.int32)
            self._kernels.rehash(self._entries, self._slots, sizes)


def _longer(array_: Any, size: int, fill: int = 0) -> Any:
    """A copy with more rows. Zeros cost no memory until they are written."""
    shape = (size, *array_.shape[1:])
    longer = np.full(shape, fill, array_.dtype) if fill else np.zeros(shape, array_.dtype)
    longer[: len(array_)] = array_
    return longer


def _wider(array_: Any, size: int) -> Any:
    wider = np.zeros((len(array_), size), array_.dtype)
    wider[:, : array_.shape[1]] = array_
    return wider


def _classes(*, edn: bool) -> Any:
    """The classes of all 256 bytes (``scanner``)."""
    classes = np.zeros(256, np.uint8)
    classes[0x20:] |= scanner.PLAIN
    classes[[0x22, 0x5C]] &= ~np.uint8(scanner.PLAIN)
    marks = (
        (scanner.DIGIT, b"0123456789"),
        (scanner.SPACE | scanner.END, b" \t\r\n\f\v," if edn else b" \t\r"),
        (scanner.END, b"])}" if edn else b",]}"),
        (scanner.WORD, b"abcdefghijklmnopqrstuvwxyz"),
        (scanner.WORD, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./*+!?$%&=<>" if edn else b""),
    )
    for mark, members in marks:
        classes[list(members)] |= mark
    return classes
