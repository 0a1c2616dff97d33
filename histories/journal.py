"""The journal writer: append-only, one event a line, sound when cut at any point.

Lines are collected by ``append`` and leave the process together in ``flush``, with one
write(2): what was flushed survives the death of the harness. The caller flushes before the
requests of those invocations leave, and that is the whole crash safety of a history.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from typing import Any

from histories.event import Event, EventType

FORMAT = "splitbrain-history"
VERSION = 1

_TYPES = {kind: f'"{kind.value}"' for kind in EventType}


class Journal:
    """Writes a journal to a file that must not exist yet.

    ``header`` is the first line, after ``format`` and ``version``, which are added here:
    ``run``, ``system``, ``workload``, ``model`` and ``start`` (contracts.md). Not ``durable``:
    ``close`` leaves it to the operating system when the file reaches the disk. Raises OSError
    when the file cannot be made or written.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], *, durable: bool = True) -> None:
        self.path = path
        self._durable = durable
        self._pending: list[str] = []
        self._file: int | None = os.open(
            path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o644
        )
        first = {"format": FORMAT, "version": VERSION} | dict(header)
        self._pending.append(_anything(first) + "\n")
        self.flush()

    def append(self, event: Event) -> None:
        """Add the event's line; it leaves with the next ``flush``. Never refuses a value."""
        self._pending.append(line(event))

    def flush(self) -> None:
        """Hand all pending lines to the operating system."""
        if not self._pending:
            return
        if self._file is None:
            raise ValueError(f"{self.path}: the journal is closed already")
        data = memoryview("".join(self._pending).encode("ascii"))
        self._pending.clear()
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            # By descriptor alone nobody learns which disk is full.
            raise OSError(error.errno, error.strerror, str(self.path)) from None

    def close(self) -> None:
        """Flush, make it durable, and close. Again: does nothing."""
        if self._file is None:
            return
        try:
            self.flush()
            if self._durable:
                os.fsync(self._file)
        finally:
            os.close(self._file)
            self._file = None


def line(event: Event) -> str:
    """The event as a line of a journal: ASCII, valid JSON whatever the values are."""
    process = event.process
    node, error, extra = event.node, event.error, event.extra
    text = (
        f'{{"index": {event.index}, "time": {event.time}, '
        f'"process": {process if type(process) is int else encoded(process)}, '
        f'"type": {_TYPES[event.type]}, "f": {quoted(event.f)}, '
        f'"key": {encoded(event.key)}, "value": {encoded(event.value)}'
    )
    if node is not None:
        text += f', "node": {quoted(node)}'
    if error is not None:
        text += f', "error": {quoted(error)}'
    if extra:
        text += "".join(f", {quoted(name)}: {encoded(value)}" for name, value in extra.items())
    return text + "}\n"


def encoded(value: Any) -> str:
    """The value as JSON. The short cases are decided by exact type, for speed."""
    kind = type(value)
    if kind is int:
        return int.__repr__(value)
    if value is None:
        return "null"
    if kind is str:
        return quoted(value)
    if kind is list or kind is tuple:
        return "[" + ", ".join([encoded(member) for member in value]) + "]"
    return _anything(value)


def _anything(value: Any) -> str:
    """The value as JSON; what JSON cannot carry (NaN, sets, odd keys) becomes its ``repr``."""
    try:
        return json.dumps(value, allow_nan=False, default=_as_repr)
    except (ValueError, TypeError, RecursionError):
        return json.dumps(_as_repr(value))


def _as_repr(value: Any) -> dict[str, str]:
    return {"python": repr(value)}
