"""A history read from a file: its header, its events, and the operations they make."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from histories.errors import HistoryError, Problem, excerpt
from histories.event import Event, Operation
from histories.formats import jepsen_log, jsonl
from histories.pairing import pair


@dataclass(frozen=True, slots=True)
class History:
    """Everything a file said. ``notes`` are remarks a user should see (a cut last line).

    ``lines[i]`` is the line of ``events[i]`` in the file; empty when the events never
    came from one.
    """

    header: dict[str, Any]
    events: list[Event]
    operations: list[Operation]
    notes: list[str] = field(default_factory=list)
    path: Path | None = None
    lines: Sequence[int] = ()

    @property
    def model(self) -> str | None:
        """The model the header names, if it names one."""
        return self.header.get("model")

    def where(self, index: int) -> str:
        """The place of the event with this index: ``file:line``, or ``event 17``."""
        if self.path is not None:
            for position, event in enumerate(self.events):
                if event.index == index and position < len(self.lines):
                    return f"{self.path}:{self.lines[position]}"
        return f"event {index}"


def read_history(path: Path | str) -> History:
    """Read a history file; which format it is in is told by its content.

    Journals of this program (``formats/jsonl.py``) and logs of Jepsen's operation logger
    (``formats/jepsen_log.py``) are known. Raises HistoryError, whatever the bytes are,
    with all problems at once; about 10 µs an event.
    """
    # Hundreds of thousands of events at once, and none of them garbage: the collector would
    # walk them again and again, a third of the time that reading takes.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _read(Path(path))
    finally:
        if collecting:
            gc.enable()


def _read(path: Path) -> History:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HistoryError(
            [
                Problem(
                    str(path),
                    f"cannot be read ({error.strerror or error}).",
                    "Name a history file: a journal (history.jsonl) or a Jepsen log.",
                )
            ]
        ) from None
    except ValueError as error:  # a NUL in the name
        raise HistoryError([Problem(ascii(str(path)), f"{error}.", "Name a file.")]) from None
    name = str(path)
    if jsonl.recognises(data):
        reading = jsonl.read(data, name)
    elif jepsen_log.recognises(data):
        reading = jepsen_log.read(data, name)
    else:
        first = data.lstrip()[:200].split(b"\n")[0].decode("utf-8", errors="replace")
        raise HistoryError(
            [
                Problem(
                    f"{name}:1",
                    f"starts with {excerpt(first)}.",
                    'A history is a journal (its first line: {"format": "splitbrain-history", …}) '
                    "or a Jepsen log (lines with 'jepsen.util - ').",
                )
            ]
        )
    operations = pair(reading.events, lambda position: f"{name}:{reading.lines[position]}")
    return History(
        reading.header, reading.events, operations, reading.notes, path, tuple(reading.lines)
    )
