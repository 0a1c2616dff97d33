"""Our own journal: JSON Lines, a header and then one event a line.

    {"format": "splitbrain-history", "version": 1, "run": …, "model": …, "start": …}
    {"index": 0, "time": 281034, "process": 3, "type": "invoke", "f": "read", "key": "x", …}

A journal cut at any byte is itself a sound history: a last line that was cut is
dropped, with a note, and what has no completion is indeterminate.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from histories.errors import PROBLEMS_MAX, Problem, excerpt
from histories.event import NEMESIS, Event, EventType
from histories.formats.reader import Refused, lines

FORMAT = "splitbrain-history"
VERSION = 1
READINGS = ("splitbrain", "porcupine", "knossos")
"""What a header's ``reading`` may name; a journal made of another tool's history says which."""
DEPTH_MAX = 64
"""Values nested deeper than this are refused; no workload nests more than three levels."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_TYPES = {kind.value: kind for kind in EventType}
_MEMBERS = frozenset(("index", "time", "process", "type", "f", "key", "value", "node", "error"))
_INT64_MAX = 2**63 - 1


def recognises(head: bytes) -> bool:
    """Whether this looks like the head of a journal: empty, or a line that opens a JSON object.

    The empty file is a journal cut at its first byte. An object whose first member is a
    keyword is EDN.
    """
    head = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    if head[:1] != b"{":
        return not head
    return head[1:].lstrip(b" \t\r\n\f,")[:1] not in (b":", b";", b"#")


class JournalReader:
    """Reads a journal line by line; ``line`` may be called instead of ``events``."""

    def __init__(self, name: str) -> None:
        self.header: dict[str, Any] = {}
        self.notes: list[str] = []
        self.problems: list[Problem] = []
        self.seen_header = False
        self.last_index, self.last_time = -1, 0
        self.backwards = False
        self._name = name

    @property
    def reading(self) -> str:
        """The semantics the header names; ours unless the journal was made of another's."""
        return str(self.header.get("reading") or "splitbrain")

    def events(self, blocks: Iterable[bytes]) -> Iterator[tuple[int, Event]]:
        """Each event with its line (see ``Reader``)."""
        number = 0
        try:
            for number, (raw, ended) in enumerate(lines(blocks), start=1):
                event = self.line(raw, number, ended=ended)
                if event is not None:
                    yield number, event
                elif len(self.problems) >= PROBLEMS_MAX:
                    return
        except Refused as refused:
            self.problems.append(refused.problem(f"{self._name}:{number + 1}"))
        self.finish()

    def line(self, raw: bytes, number: int, *, ended: bool = True) -> Event | None:
        """The event in a line; None for a header, an empty line and a problem.

        ``ended``: the line had an end, so that it cannot have been cut off.
        """
        if number == 1:
            raw = raw.removeprefix(BYTE_ORDER_MARK)
        if not raw or raw.isspace():
            return None
        try:
            members = _members(raw)
            if not self.seen_header and "format" in members:
                _check_header(members)
                self.header.update(members)
                self.seen_header = True
                return None
            event = _event(members, self.last_index, self.last_time)
        except Refused as refused:
            if ended or _complete(raw):
                self.problems.append(refused.problem(f"{self._name}:{number}"))
            else:
                self.notes.append(
                    f"{self._name}:{number}: the last line is cut off after {len(raw)} bytes and "
                    "was dropped; what it would have completed counts as indeterminate"
                )
            return None
        self.backwards |= event.time < self.last_time
        self.last_index, self.last_time = event.index, event.time
        return event

    def finish(self) -> None:
        """After the last line: note what was missing or odd."""
        if not self.seen_header:
            self.notes.append(
                f'{self._name}: no complete header line ({{"format": "{FORMAT}", …}}); '
                "the model must be named"
            )
        if self.backwards:
            self.notes.append(
                f"{self._name}: times go backwards; the order of lines is what counts"
            )


def _complete(raw: bytes) -> bool:
    """Whether a line's braces say it was written whole: then it is wrong, not cut."""
    try:
        json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True


def _constant(name: str) -> NoReturn:
    raise Refused(f"the number {name} is no JSON value.", "Numbers are finite.")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _constant(text[:30])
    return value


_decode = json.JSONDecoder(parse_constant=_constant, parse_float=_float).decode


def _members(raw: bytes) -> dict[str, Any]:
    """The JSON object on a line, or Refused."""
    expected = "Each line is one JSON object in UTF-8: the header, or an event."
    try:
        text = raw.decode("utf-8")
        members = _decode(text)
    except UnicodeDecodeError as error:
        raise Refused(f"byte {error.start + 1} of the line is not UTF-8.", expected) from None
    except json.JSONDecodeError as error:
        seen = f"not JSON ({error.msg} at column {error.colno}): {excerpt(text)}."
        raise Refused(seen, expected) from None
    except RecursionError:
        raise Refused("JSON nested too deeply to read.", _nesting()) from None
    except ValueError as error:
        # An integer of more digits than Python converts.
        raise Refused(f"a number that cannot be read: {error}.", expected) from None
    if not isinstance(members, dict):
        raise Refused(f"a JSON {type(members).__name__}, not an object: {excerpt(text)}.", expected)
    if text.count("[") + text.count("{") > DEPTH_MAX and _depth(members) > DEPTH_MAX:
        raise Refused("a value nested too deeply.", _nesting())
    if "\\u" in text:
        try:
            json.dumps(members, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise Refused(
                "a string holds half of a surrogate pair, which is no character.",
                "Strings are Unicode text; write characters beyond U+FFFF as a pair or in UTF-8.",
            ) from None
    return members


def _nesting() -> str:
    return f"Values are nested at most {DEPTH_MAX} levels deep."


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (list, dict))
        ]
    return depth


def _check_header(header: dict[str, Any]) -> None:
    if header["format"] != FORMAT:
        raise Refused(
            f"the header names the format {excerpt(str(header['format']))}.",
            f"This reader knows the format '{FORMAT}'.",
        )
    if header.get("version") != VERSION or isinstance(header["version"], bool):
        raise Refused(
            f"the header names version {excerpt(str(header.get('version')))}.",
            f"This version of splitbrain reads version {VERSION}; upgrade it to read a newer one.",
        )
    for member in ("model", "workload", "system", "run", "start"):
        if not isinstance(header.get(member), (str, type(None))):
            raise Refused(
                f"the header's {member!r} is {excerpt(str(header[member]))}.",
                f"{member!r} is a string or null.",
            )
    if header.get("reading", "splitbrain") not in READINGS:
        raise Refused(
            f"the header's 'reading' is {excerpt(json.dumps(header['reading']))}.",
            f"'reading' is one of {', '.join(READINGS)}.",
        )


def _event(members: dict[str, Any], last_index: int, last_time: int) -> Event:
    """An event from a line's members; hand-written ones may lack ``index`` and ``time``."""
    kind = _TYPES.get(members["type"]) if isinstance(members.get("type"), str) else None
    if kind is None:
        raise Refused(_shown(members, "type"), "'type' is invoke, ok, fail or info.")
    process: Any = members.get("process")
    if process != NEMESIS and not _natural(process):
        raise Refused(
            _shown(members, "process"), "'process' is an integer from 0 up, or \"nemesis\"."
        )
    f = members.get("f")
    if not isinstance(f, str) or not f:
        raise Refused(_shown(members, "f"), "'f' is the name of a function, such as \"read\".")
    index = members.get("index", last_index + 1)
    if not _natural(index) or index <= last_index:
        raise Refused(
            _shown(members, "index"),
            f"'index' grows from line to line (here: {last_index + 1} or more).",
        )
    time = members.get("time", last_time)
    if not _natural(time):
        raise Refused(_shown(members, "time"), "'time' is nanoseconds since the start, from 0 up.")
    node, error = members.get("node"), members.get("error")
    if node is not None and not isinstance(node, str):
        raise Refused(_shown(members, "node"), "'node' is a string or null.")
    if error is not None and not isinstance(error, str):
        raise Refused(_shown(members, "error"), "'error' is a string or null.")
    extra = () if members.keys() <= _MEMBERS else members.keys() - _MEMBERS
    return Event(
        index,
        time,
        process,
        kind,
        f,
        members.get("key"),
        members.get("value"),
        node,
        error,
        {name: members[name] for name in sorted(extra)} if extra else {},
    )


def _natural(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _INT64_MAX


def _shown(members: dict[str, Any], member: str) -> str:
    if member not in members:
        return f"the event has no {member!r}."
    return f"{member!r} is {excerpt(json.dumps(members[member]))}."
