"""Writing a history in another format: its lines there, and what that cannot carry."""

from __future__ import annotations

import gzip
import json
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from histories import journal
from histories.event import NEMESIS, Event, EventType
from histories.formats.guess import PORCUPINE_KV
from histories.formats.independent import are_keys
from histories.history import History
from histories.table import FAIL, INFO

JOURNAL, EDN = "jsonl", "edn"
FORMATS = (JOURNAL, EDN, PORCUPINE_KV)
PACKED = (".zst", ".gz")
SUFFIXES = {".jsonl": JOURNAL, ".edn": EDN, ".txt": PORCUPINE_KV}

_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9_.*+!?$%&=<>-]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile(r'["\\\x00-\x1f]')


class Unfit(Exception):
    """A history that a format cannot hold; the message says why."""


def format_of(path: Path) -> str | None:
    """The format that a file's name asks for; None when it asks for none."""
    return SUFFIXES.get((path.with_suffix("") if path.suffix in PACKED else path).suffix)


def write(history: History, path: Path, to: str) -> None:
    """Write the history in the format ``to``; packed if the name ends in .zst or .gz.

    The file is there whole or not at all. Raises OSError, and HistoryError when the file it
    was read from has become unreadable.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with beside.open("wb") as file, _packed(file, path.suffix) as target:
            for chunk in batched_text(lines(history, to)):
                target.write(chunk)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def batched_text(lines: Iterable[str], size: int = 1000) -> Iterator[bytes]:
    """Lines joined a thousand at a time, in UTF-8."""
    iterator = iter(lines)
    while held := "".join(islice(iterator, size)):
        yield held.encode()


@contextmanager
def _packed(file: IO[bytes], suffix: str) -> Iterator[Any]:
    if suffix == ".gz":
        # Without name and time, so that the same history gives the same bytes.
        with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
            yield packed
    elif suffix == ".zst":
        import zstandard

        with zstandard.ZstdCompressor().stream_writer(file, closefd=False) as packed:
            yield packed
    else:
        yield file


def lines(history: History, to: str) -> Iterator[str]:
    """The history's lines in the format ``to``, read from its file once more."""
    events: Iterable[Event] = history.read_events()
    if to == JOURNAL:
        header = {"format": journal.FORMAT, "version": journal.VERSION} | _header(history)
        yield json.dumps(header) + "\n"
        yield from map(journal.line, events)
    elif to == EDN:
        yield from map(edn_line, events)
    else:
        yield from _key_value_lines(history, events)


def losses(history: History, to: str) -> list[str]:
    """What will be lost or read otherwise in the format ``to``, in sentences.

    Raises Unfit when the history cannot be written in it at all.
    """
    table = history.table
    if to == JOURNAL:
        return []
    told = []
    named = [name for name in history.header if name not in ("format", "version")]
    if history.header.get("format") == journal.FORMAT and named:
        told.append(f"the header ({', '.join(named)}): name the model with --model")
    if to == EDN:
        if history.reading != "knossos":
            told.append(
                "how outcomes are read: EDN is read as Knossos does, so check it with "
                f"--reading {history.reading}"
            )
        if are_keys(table):
            told.append("that values [k v] are no independent keys: they will be read as such")
        return told
    reason = _no_key_value(history)
    if reason is not None:
        raise Unfit(reason)
    told.append("times, and events of the nemesis")
    if (table.node != 0).any() or (table.error != 0).any():
        told.append("nodes and errors")
    if failed := int((table.outcome == FAIL).sum()):
        told.append(f"{failed:,} operations that failed, which say nothing")
    if (table.outcome == INFO).any():
        told.append("the ends of indeterminate operations, which stay open")
    return told


def _header(history: History) -> dict[str, Any]:
    kept = {k: v for k, v in history.header.items() if k not in ("format", "version", "reading")}
    kept["model"] = history.model
    if history.reading != "splitbrain":
        kept["reading"] = history.reading
    return kept


def edn_line(event: Event) -> str:
    """The event as Jepsen writes them, one map a line; the key stands apart, as ``:key``."""
    members = [
        f":index {event.index}",
        f":time {event.time}",
        f":process {':nemesis' if event.process == NEMESIS else event.process}",
        f":type :{event.type.value}",
        f":f {_name(event.f)}",
    ]
    if event.key is not None:
        members.append(f":key {edn(event.key)}")
    members.append(f":value {edn(event.value)}")
    if event.node is not None:
        members.append(f":node {edn(event.node)}")
    if event.error is not None:
        members.append(f":error {edn(event.error)}")
    members.extend(f"{_name(name)} {edn(value)}" for name, value in event.extra.items())
    return "{" + ", ".join(members) + "}\n"


def edn(value: Any) -> str:
    """A JSON value in EDN."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + _ESCAPED.sub(_escape, value) + '"'
    if isinstance(value, int):
        return f"{value}" if -(2**63) <= value < 2**63 else f"{value}N"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{edn(str(k))} {edn(v)}" for k, v in value.items()) + "}"
    return "[" + " ".join(edn(member) for member in value) + "]"


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _name(text: str) -> str:
    return f":{text}" if _KEYWORD.fullmatch(text) else edn(text)


def _no_key_value(history: History) -> str | None:
    table = history.table
    others = sorted(set(table.functions) - {"get", "put", "append"})
    if others:
        return f"it holds get, put and append, and this history {', '.join(others[:5])}."
    for row in range(len(table)):
        operation = table.operation(row)
        texts = (operation.key, operation.input, operation.output)
        if not isinstance(operation.key, str) or not all(isinstance(t, str | None) for t in texts):
            return (
                f"keys and values are texts in it; {history.where(operation.call)} has key "
                f"{operation.key!r}, {operation.input!r} and {operation.output!r}."
            )
    return None


def _key_value_lines(history: History, events: Iterable[Event]) -> Iterator[str]:
    table = history.table
    failed = set(np.concatenate([c[table.outcome == FAIL] for c in (table.call, table.ret)]))
    keys: dict[int | str, Any] = {}
    for event in events:
        if event.process == NEMESIS or event.type is EventType.INFO or event.index in failed:
            continue
        if event.type is EventType.INVOKE:
            keys[event.process] = event.key
        yield (
            f"{{:process {event.process}, :type :{event.type.value}, :f :{event.f}, "
            f":key {edn(keys[event.process])}, :value {edn(event.value)}}}\n"
        )
