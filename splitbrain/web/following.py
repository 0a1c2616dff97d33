"""A run that goes on, followed: what its journal and its ledger hold until now.

Each is read on from where the last look ended, so that looking often costs little. Nothing of a
history is believed: a line that is none is passed over, and one without end is not kept.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from histories.archive import JOURNAL
from splitbrain.archive.names import LEDGER
from splitbrain.text import clipped
from splitbrain.web.files import NoSuchFile, opened

BYTES_MAX = 32 << 20
"""Of a look: a long journal is caught up with over several of them."""
LINE_MAX = 64 << 20
LABEL_MAX = 80


@dataclass(slots=True)
class Tail:
    """A file that grows, line by line."""

    run: str
    name: str
    at: int = 0
    rest: bytes = b""

    def lines(self, store: Path) -> Iterator[Any]:
        """The JSON that has come since the last look, whole lines only."""
        try:
            descriptor = opened(store, self.run, self.name)
        except NoSuchFile:
            return
        with os.fdopen(descriptor, "rb") as file:
            file.seek(self.at)
            data = file.read(BYTES_MAX)
        self.at += len(data)
        *whole, rest = (self.rest + data).split(b"\n")
        self.rest = rest if len(rest) <= LINE_MAX else b""
        for line in whole:
            with suppress(ValueError, RecursionError):
                yield json.loads(line)


@dataclass(slots=True)
class Followed:
    """What is known of a run that goes on. ``seconds`` is the time of the latest event.

    ``open_faults`` are those in force, by number, in words.
    """

    run: str
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    faults: int = 0
    open_faults: dict[int, str] = field(default_factory=dict)
    journal: Tail = field(init=False)
    ledger: Tail = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Tail(self.run, JOURNAL)
        self.ledger = Tail(self.run, LEDGER)

    def look(self, store: Path) -> None:
        """Take in what has come since the last look."""
        for event in self.journal.lines(store):
            if not isinstance(event, dict) or not isinstance(event.get("process"), int):
                continue
            kind, time_ns = event.get("type"), event.get("time")
            if kind in ("invoke", "ok", "fail", "info"):
                self.counts[kind] += 1
            if type(time_ns) is int and 0 <= time_ns < 10**18:
                self.seconds = max(self.seconds, time_ns / 1e9)
        for entry in self.ledger.lines(store):
            if isinstance(entry, dict):
                self._fault(entry)

    def _fault(self, entry: dict[str, Any]) -> None:
        number, act = entry.get("fault"), entry.get("act")
        if type(number) is not int:
            return
        if act == "inject":
            self.faults += 1
            self.open_faults[number] = _label(entry)
        elif act in ("heal", "healed"):
            self.open_faults.pop(number, None)

    def to_json(self) -> dict[str, Any]:
        """What a page is told of it."""
        return {
            "operations": self.counts["invoke"],
            "ok": self.counts["ok"],
            "fail": self.counts["fail"],
            "info": self.counts["info"],
            "seconds": round(self.seconds, 2),
            "faults": self.faults,
            "in_force": list(self.open_faults.values())[:8],
        }


def _label(entry: dict[str, Any]) -> str:
    symbolic, resolved = entry.get("symbolic"), entry.get("resolved")
    told = []
    if isinstance(symbolic, dict):
        told += [str(symbolic.get("kind", "")), "of", str(symbolic.get("target", ""))]
    nodes = resolved.get("nodes") if isinstance(resolved, dict) else None
    if isinstance(nodes, list) and nodes:
        told[-1:] = [f"{told[-1]}:"] if told else []
        told += [str(node) for node in nodes[:9]]
    return clipped(" ".join(told), LABEL_MAX)


class Following:
    """The runs that are followed at this moment. May be asked from several threads."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._followed: dict[str, Followed] = {}

    def of(self, run: str) -> dict[str, Any]:
        """What is known of a run without a verdict, at this moment."""
        with self._lock:
            followed = self._followed.setdefault(run, Followed(run))
            followed.look(self._store)
            return followed.to_json()

    def only(self, runs: set[str]) -> None:
        """Forget all runs but these."""
        with self._lock:
            for gone in self._followed.keys() - runs:
                del self._followed[gone]
