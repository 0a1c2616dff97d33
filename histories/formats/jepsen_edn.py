"""Histories in EDN: those of Jepsen and Knossos, and Porcupine's key-value logs.

    [{:process 7, :type :invoke, :f :cas, :value [2 3]}     a vector or list of maps,
     {:process 7, :type :fail,   :f :cas, :value [2 3]}]
    {:type :invoke, :f :read, :value nil, :process 0, :time 3291485317, :index 0}   or maps alone
    #jepsen.history.Op{:index 0, :time …}                                           or records
    {:process 0, :type :invoke, :f :get, :key "7", :value nil}                      keys apart
    {:index 0, :type :invoke, :value [[:append 3 1] [:r 3 nil]]}                    Elle's samples
    {:process 0, :type :ok, :value [[:append :x 1] [:r :y [1]]]}                    Elle's examples

What names no function and is a list of micro-operations, as samples of transactions are, is a
transaction; where it names no process either it is by one of its own, and its completion is what
comes next. A file that begins with a completion may
hold nothing but completions (``uninvoked.py``): then each is of a process of its own.

``formats/edn.py`` says what values become. The order of maps is what counts: an event's
index is its position, and ``:index`` and ``:time`` are informative. A file cut inside its
last map is a sound history, as with journals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from histories.errors import PROBLEMS_MAX, Problem, excerpt
from histories.event import NEMESIS, Event, EventType
from histories.formats.edn import Discarded, Incomplete, KeyValue, form
from histories.formats.jsonl import BYTE_ORDER_MARK
from histories.formats.reader import LINE_BYTES_MAX, Refused, too_long

FORMAT = "edn"
CUT_BYTES_MAX = 1 << 16
"""What is open at the end of the file was cut off if it is short and on one line."""

TRANSACTION = "txn"
_ALONE = "Without ':process' a completion follows right after its invocation."
_TYPES = {kind.value: kind for kind in EventType}
_MEMBERS = frozenset(("index", "time", "process", "type", "f", "key", "value", "node", "error"))
_INT64_MAX = 2**63 - 1
_BLANKS = b" \t\r\n\f\v,"
_BLANK = re.compile(rb"[\s,]+|;[^\n]*")
_CLOSERS = {b"[": b"]", b"(": b")"}
_CLOSED = "A history is one vector or list of maps, or maps alone; brackets and quotes are closed."
_MAP = "Each event is a map: {:process 0, :type :invoke, :f :read, :value nil}."


def recognises(head: bytes) -> bool:
    """Whether this looks like EDN: a bracket, brace, comment or tag comes first."""
    return head.removeprefix(BYTE_ORDER_MARK).lstrip(_BLANKS)[:1] in (b"[", b"(", b"{", b";", b"#")


class EdnReader:
    """Reads maps one after the other; ``step`` may be called instead of ``events``.

    ``count`` events were read so far, the last at ``last_time``; ``last_given`` is the last
    ``:index`` seen. ``disordered`` and ``backwards``: an ``:index`` or a time went backwards.
    ``last_alone``: the last process given to a transaction that names none; ``open_alone``: it has
    not ended; ``uninvoked``: none of them has an invocation. ``stopped``: there is no point in
    reading on.
    """

    reading = "knossos"

    def __init__(self, name: str) -> None:
        self.header: dict[str, Any] = {"format": FORMAT, "model": None}
        self.notes: list[str] = []
        self.problems: list[Problem] = []
        self.count = 0
        self.last_time, self.last_given = 0, -1
        self.backwards = self.disordered = self.stopped = False
        self.open_alone, self.last_alone = False, -1
        self.uninvoked = False
        self._closer = b""
        self._closed = False
        self._name = name

    def events(self, blocks: Iterable[bytes]) -> Iterator[tuple[int, Event]]:
        """Each event with the line it begins in (see ``Reader``)."""
        data = bytearray()
        at, line, wanted = 0, 1, 0
        iterator = iter(blocks)
        final = False
        while not final:
            block = next(iterator, None)
            final = block is None
            del data[:at]
            data += block or b""
            at = 0
            # A form that did not end is looked at again when there is twice as much of it.
            while at < len(data) and (final or len(data) >= wanted):
                try:
                    event, end = self.step(data, at, line, final=final)
                except Incomplete:
                    wanted = 2 * (len(data) - at)
                    if len(data) - at > LINE_BYTES_MAX:
                        self._stop(line, too_long("what begins here"))
                    break
                wanted = 0
                if event is not None:
                    yield line, event
                line += data.count(b"\n", at, end)
                at = end
                if self.stopped:
                    return
            if self.stopped:
                return
        self.finish(bytes(data[at : at + CUT_BYTES_MAX + 1]), line)

    def step(
        self, data: bytes | bytearray | memoryview, at: int, line: int, *, final: bool
    ) -> tuple[Event | None, int]:
        """The event at ``at``, or None for what stands between events, and where it ends.

        Raises Incomplete when ``data`` ends first. Problems are kept.
        """
        if blank := _BLANK.match(data, at):
            if blank.end() == len(data) and data[at] == 0x3B and not final:
                raise Incomplete
            return None, blank.end()
        try:
            if at == 0 and line == 1 and not self.count and data[:3] == BYTE_ORDER_MARK:
                return None, 3
            if self._between(data, at):
                return None, at + 1
            value, end = form(data, at, final=final)
        except Refused as refused:
            # Syntax: there is no place to go on from.
            self._stop(line, refused)
            return None, len(data)
        try:
            event = None if value is Discarded else self._event(value)
        except Refused as refused:
            self.problems.append(refused.problem(f"{self._name}:{line}"))
            self.stopped = len(self.problems) >= PROBLEMS_MAX
            event = None
        return event, end

    def finish(self, rest: bytes, line: int) -> None:
        """After the last byte: judge what is still open, the ``rest`` from ``line`` on."""
        rest = rest.strip(_BLANKS)
        if rest and (b"\n" in rest or len(rest) > CUT_BYTES_MAX):
            self._stop(line, Refused("what begins here never ends.", _CLOSED))
        elif rest:
            self.notes.append(
                f"{self._name}:{line}: the last map is cut off after {len(rest)} bytes and "
                "was dropped; what it would have completed counts as indeterminate"
            )
        elif self._closer and not self._closed:
            self.notes.append(
                f"{self._name}: ends before the '{self._closer.decode()}' that would close it; "
                "what is still open counts as indeterminate"
            )
        if self.disordered or self.backwards:
            what = "indexes" if self.disordered else "times"
            self.notes.append(
                f"{self._name}: {what} go backwards; the order of the maps is what counts"
            )

    def _between(self, data: bytes | bytearray | memoryview, at: int) -> bool:
        """Whether a bracket around all events stands here."""
        byte = bytes(data[at : at + 1])
        if self._closed:
            raise Refused(f"{excerpt(byte.decode('latin-1'))} after the end.", _CLOSED)
        if byte in _CLOSERS and not self.count and not self._closer and not self.problems:
            self._closer = _CLOSERS[byte]
            return True
        if byte == self._closer:
            self._closed = True
            return True
        return False

    def alone(self, kind: EventType) -> int:
        """The process of a transaction that names none: one of its own."""
        if kind is not EventType.INVOKE:
            if self.last_alone < 0:
                self.uninvoked = True
            if self.uninvoked:
                self.last_alone += 1
                return self.last_alone
            if not self.open_alone:
                raise Refused("a completion that names no process.", _ALONE)
            self.open_alone = False
            return self.last_alone
        if self.uninvoked:
            raise Refused("an invocation behind completions that nobody invoked.", _ALONE)
        if self.open_alone:
            raise Refused("two transactions at once that name no process.", _ALONE)
        self.open_alone = True
        self.last_alone += 1
        return self.last_alone

    def _stop(self, line: int, refused: Refused) -> None:
        self.problems.append(refused.problem(f"{self._name}:{line}"))
        self.stopped = True

    def _event(self, members: Any) -> Event:
        if not isinstance(members, dict):
            raise Refused(f"{excerpt(_json(members))} where an event should be.", _MAP)
        kind = _TYPES.get(members["type"]) if isinstance(members.get("type"), str) else None
        if kind is None:
            raise Refused(_shown(members, "type"), "':type' is :invoke, :ok, :fail or :info.")
        process: Any = members.get("process")
        f = members.get("f")
        if f in (None, TRANSACTION) and _micro_operations(members.get("value")):
            f = TRANSACTION
            if process is None:
                process = self.alone(kind)
        if process != NEMESIS and not _natural(process):
            raise Refused(
                _shown(members, "process"), "':process' is an integer from 0 up, or :nemesis."
            )
        if not isinstance(f, str) or not f:
            raise Refused(_shown(members, "f"), "':f' is the name of a function, such as :read.")
        time = members.get("time")
        if time is None:
            time = self.last_time
        if not _natural(time):
            raise Refused(_shown(members, "time"), "':time' is nanoseconds since the start.")
        given = members.get("index")
        if given is not None and not _natural(given):
            raise Refused(_shown(members, "index"), "':index' is an integer from 0 up.")
        key, value = members.get("key"), members.get("value")
        if isinstance(value, KeyValue) and key is None:
            key, value = value
        event = Event(
            self.count,
            time,
            process,
            kind,
            f,
            key,
            value,
            _named(members.get("node")),
            _named(members.get("error")),
            {name: members[name] for name in sorted(members.keys() - _MEMBERS)},
        )
        self.count += 1
        self.backwards |= time < self.last_time
        self.last_time = time
        if given is not None:
            self.disordered |= given <= self.last_given
            self.last_given = given
        return event


def _micro_operations(value: Any) -> bool:
    """Whether this is a list of lists that begin with a name: [[:append 3 1] [:r 3 nil]]."""
    return isinstance(value, list) and all(
        isinstance(step, list) and step and isinstance(step[0], str) for step in value
    )


def _natural(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _INT64_MAX


def _named(value: Any) -> str | None:
    """A node or an error, which Jepsen may describe by any value, as text."""
    return value if value is None or isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _shown(members: dict[str, Any], member: str) -> str:
    if member not in members:
        return f"the event has no ':{member}'."
    return f"':{member}' is {excerpt(_json(members[member]))}."
