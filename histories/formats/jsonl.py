"""Our own journal: JSON Lines, a header and then one event a line.

    {"format": "splitbrain-history", "version": 1, "run": …, "model": …, "start": …}
    {"index": 0, "time": 281034, "process": 3, "type": "invoke", "f": "read", "key": "x", …}

A journal cut at any byte is itself a sound history: a last line that was cut is
dropped, with a note, and what has no completion is indeterminate.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from histories.errors import PROBLEMS_MAX, HistoryError, Problem, excerpt
from histories.event import NEMESIS, Event, EventType
from histories.formats.reading import Reading

FORMAT = "splitbrain-history"
VERSION = 1
DEPTH_MAX = 64
"""Values nested deeper than this are refused; no workload nests more than three levels."""

_TYPES = {kind.value: kind for kind in EventType}
_MEMBERS = frozenset(("index", "time", "process", "type", "f", "key", "value", "node", "error"))
_INT64_MAX = 2**63 - 1


class _Refused(Exception):
    """A line that is not an event: (seen, expected)."""

    def __init__(self, seen: str, expected: str) -> None:
        self.seen, self.expected = seen, expected
        super().__init__(seen)


def recognises(data: bytes) -> bool:
    """Whether this looks like a journal: empty, or a first line that opens a JSON object.

    The empty file is a journal cut at its first byte.
    """
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return head in (b"", b"{")


def read(data: bytes, name: str) -> Reading:
    """Parse a journal. Raises HistoryError with every line that is not an event (up to twenty)."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    cut = len(lines) - 1 if lines[-1].strip() else None
    reading = Reading(header={}, events=[], lines=[], notes=[])
    problems: list[Problem] = []
    seen_header = False
    last_index, last_time = -1, 0
    backwards = False
    for position, raw in enumerate(lines):
        if not raw or raw.isspace():
            continue
        try:
            members = _members(raw)
            if not seen_header and "format" in members:
                _check_header(members)
                reading.header.update(members)
                seen_header = True
                continue
            event = _event(members, last_index, last_time)
        except _Refused as refused:
            if position == cut and not _complete(raw):
                reading.notes.append(
                    f"{name}:{position + 1}: the last line is cut off after {len(raw)} bytes and "
                    "was dropped; what it would have completed counts as indeterminate"
                )
                continue
            problems.append(Problem(f"{name}:{position + 1}", refused.seen, refused.expected))
            if len(problems) >= PROBLEMS_MAX:
                break
            continue
        backwards |= event.time < last_time
        last_index, last_time = event.index, event.time
        reading.events.append(event)
        reading.lines.append(position + 1)
    if problems:
        raise HistoryError(problems)
    if not seen_header:
        reading.notes.append(
            f'{name}: no complete header line ({{"format": "{FORMAT}", …}}); '
            "the model must be named"
        )
    if backwards:
        reading.notes.append(f"{name}: times go backwards; the order of lines is what counts")
    return reading


def _complete(raw: bytes) -> bool:
    """Whether a line's braces say it was written whole: then it is wrong, not cut."""
    try:
        json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        return False
    return True


def _constant(name: str) -> NoReturn:
    raise _Refused(f"the number {name} is no JSON value.", "Numbers are finite.")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _constant(text[:30])
    return value


_decode = json.JSONDecoder(parse_constant=_constant, parse_float=_float).decode


def _members(raw: bytes) -> dict[str, Any]:
    """The JSON object on a line, or _Refused."""
    expected = "Each line is one JSON object in UTF-8: the header, or an event."
    try:
        text = raw.decode("utf-8")
        members = _decode(text)
    except UnicodeDecodeError as error:
        raise _Refused(f"byte {error.start + 1} of the line is not UTF-8.", expected) from None
    except json.JSONDecodeError as error:
        seen = f"not JSON ({error.msg} at column {error.colno}): {excerpt(text)}."
        raise _Refused(seen, expected) from None
    except RecursionError:
        raise _Refused("JSON nested too deeply to read.", _nesting()) from None
    except ValueError as error:
        # An integer of more digits than Python converts.
        raise _Refused(f"a number that cannot be read: {error}.", expected) from None
    if not isinstance(members, dict):
        raise _Refused(
            f"a JSON {type(members).__name__}, not an object: {excerpt(text)}.", expected
        )
    if text.count("[") + text.count("{") > DEPTH_MAX and _depth(members) > DEPTH_MAX:
        raise _Refused("a value nested too deeply.", _nesting())
    if "\\u" in text:
        try:
            json.dumps(members, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise _Refused(
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
        raise _Refused(
            f"the header names the format {excerpt(str(header['format']))}.",
            f"This reader knows the format '{FORMAT}'.",
        )
    if header.get("version") != VERSION or isinstance(header["version"], bool):
        raise _Refused(
            f"the header names version {excerpt(str(header.get('version')))}.",
            f"This version of splitbrain reads version {VERSION}; upgrade it to read a newer one.",
        )
    for member in ("model", "workload", "system", "run", "start"):
        if not isinstance(header.get(member), (str, type(None))):
            raise _Refused(
                f"the header's {member!r} is {excerpt(str(header[member]))}.",
                f"{member!r} is a string or null.",
            )


def _event(members: dict[str, Any], last_index: int, last_time: int) -> Event:
    """An event from a line's members; hand-written ones may lack ``index`` and ``time``."""
    kind = _TYPES.get(members["type"]) if isinstance(members.get("type"), str) else None
    if kind is None:
        raise _Refused(_shown(members, "type"), "'type' is invoke, ok, fail or info.")
    process: Any = members.get("process")
    if process != NEMESIS and not _natural(process):
        raise _Refused(
            _shown(members, "process"), "'process' is an integer from 0 up, or \"nemesis\"."
        )
    f = members.get("f")
    if not isinstance(f, str) or not f:
        raise _Refused(_shown(members, "f"), "'f' is the name of a function, such as \"read\".")
    index = members.get("index", last_index + 1)
    if not _natural(index) or index <= last_index:
        raise _Refused(
            _shown(members, "index"),
            f"'index' grows from line to line (here: {last_index + 1} or more).",
        )
    time = members.get("time", last_time)
    if not _natural(time):
        raise _Refused(_shown(members, "time"), "'time' is nanoseconds since the start, from 0 up.")
    node, error = members.get("node"), members.get("error")
    if node is not None and not isinstance(node, str):
        raise _Refused(_shown(members, "node"), "'node' is a string or null.")
    if error is not None and not isinstance(error, str):
        raise _Refused(_shown(members, "error"), "'error' is a string or null.")
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
