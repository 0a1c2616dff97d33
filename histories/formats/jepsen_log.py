"""The log a Jepsen test of the first years prints: one operation event a line.

    INFO  jepsen.util - 2	:invoke	:cas	[3 0]
    INFO  jepsen.util - 2	:ok	:cas	[3 0]
    INFO  jepsen.util - 4	:info	:write	:timed-out

Lines of other loggers are passed over. ``nil`` is null; a completion whose value is
a keyword carries an error (``:timed-out``), not a value. A failed compare-and-set
that echoes its arguments ran and found another value: it gets the error
``mismatch``, which a model may read as an observation (Porcupine) or not (Knossos).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from histories.errors import PROBLEMS_MAX, Problem, excerpt
from histories.event import NEMESIS, Event, EventType
from histories.formats.reader import Refused, lines

FORMAT = "jepsen-log"

_LINE = re.compile(r"jepsen\.util(?: -|:) (\S+)\s+:(invoke|ok|fail|info)\s+:(\S+)(?:\s+(.*))?$")
_MARKS = (b"jepsen.util - ", b"jepsen.util: ")
_TOKEN = re.compile(r'\s*(?:([\[\](),])|("(?:[^"\\]++|\\.)*+")|([^\s\[\](),"]+))')
_REGISTER = frozenset(("read", "write", "cas"))


def recognises(head: bytes) -> bool:
    """Whether any of the first lines comes from Jepsen's operation logger."""
    return any(mark in head for mark in _MARKS)


class JepsenLogReader:
    """Reads a log line by line (see ``Reader``)."""

    reading = "porcupine"

    def __init__(self, name: str) -> None:
        self.header: dict[str, Any] = {"format": FORMAT, "model": None}
        self.notes: list[str] = []
        self.problems: list[Problem] = []
        self._name = name

    def events(self, blocks: Iterable[bytes]) -> Iterator[tuple[int, Event]]:
        """Each event with its line; lines of other loggers are passed over."""
        functions: set[str] = set()
        number = others = count = 0
        try:
            for number, (raw, _) in enumerate(lines(blocks), start=1):
                line = raw.decode("utf-8", errors="replace").rstrip()
                match = _LINE.search(line)
                if match is None:
                    others += bool(line)
                    continue
                try:
                    event = _event(count, *match.groups(default=""))
                except ValueError as error:
                    self._refuse(number, f"{error} in {excerpt(line)}.")
                    if len(self.problems) >= PROBLEMS_MAX:
                        return
                    continue
                count += 1
                if event.process != NEMESIS:
                    functions.add(event.f)
                yield number, event
        except Refused as refused:
            self.problems.append(refused.problem(f"{self._name}:{number + 1}"))
        if others:
            self.notes.append(
                f"{self._name}: {others} lines are no operation events and were passed over"
            )
        if functions and functions <= _REGISTER:
            self.header["model"] = "cas-register"

    def _refuse(self, number: int, seen: str) -> None:
        self.problems.append(
            Problem(
                f"{self._name}:{number}",
                seen,
                "An event reads: process, :invoke or :ok or :fail or :info, :function, value "
                "(nil, an integer, a string, or a vector of these).",
            )
        )


def _event(index: int, process: str, kind: str, f: str, text: str) -> Event:
    name = process.removeprefix(":")
    if name == NEMESIS:
        return Event(index, 0, NEMESIS, EventType(kind), f, value=text)
    # Bounded, so that the number fits a column.
    if not re.fullmatch(r"[0-9]{1,18}", name):
        raise ValueError(f"{excerpt(process)} is no process")
    value = _value(text)
    error = None
    if isinstance(value, str) and text.lstrip().startswith(":"):
        value, error = None, value
    elif kind == "fail" and f == "cas":
        error = "mismatch"
    return Event(index, 0, int(name), EventType(kind), f, value=value, error=error)


def _value(text: str) -> Any:
    """A value in the little EDN that operations use; keywords become their names."""
    stack: list[list[Any]] = [[]]
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"cannot read the value {excerpt(text)}")
        position = match.end()
        mark, string, atom = match.groups()
        if mark in ("[", "("):
            if len(stack) > 64:
                raise ValueError("a value nested too deeply")
            stack.append([])
        elif mark in ("]", ")"):
            if len(stack) == 1:
                raise ValueError(f"unbalanced brackets {excerpt(text)}")
            inner = stack.pop()
            stack[-1].append(inner)
        elif string is not None:
            stack[-1].append(string[1:-1])
        elif atom is not None:
            stack[-1].append(_atom(atom))
    if len(stack) != 1 or len(stack[0]) > 1:
        raise ValueError(f"cannot read the value {excerpt(text)}")
    return stack[0][0] if stack[0] else None


def _atom(atom: str) -> Any:
    if atom in ("nil", "true", "false"):
        return {"nil": None, "true": True, "false": False}[atom]
    if re.fullmatch(r"[+-]?[0-9]{1,400}", atom):
        return int(atom)
    if atom.startswith(":"):
        return atom[1:]
    raise ValueError(f"{excerpt(atom)} is no value this reader knows")
