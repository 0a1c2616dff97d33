"""What can be set on a Raft node, and how it is written: ``name=value``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

READS = ("index", "lease")

Parser = Callable[[str], dict[str, Any]]
"""The members that an option's text gives. Raises ValueError."""


@dataclass(frozen=True, slots=True)
class Options:
    """Times in seconds; sizes in entries, requests, sessions and bytes.

    ``members`` are the voters a new cluster begins with, None for all whose addresses are
    given. ``clock_drift_max`` is how much faster one node's clock may run than another's,
    as a fraction: a lease is that much shorter than the time-out it relies on. A snapshot
    is taken every ``snapshot_entries`` applied entries and leaves ``snapshot_trailing`` of
    them in the log, None for a tenth of that.
    """

    heartbeat_s: float = 0.05
    election_s_min: float = 0.4
    election_s_max: float = 0.8
    append_entries_max: int = 512
    append_bytes_max: int = 1 << 20
    in_flight_entries_max: int = 4096
    waiting_max: int = 4096
    command_bytes_max: int = 1 << 20
    members: tuple[str, ...] | None = None
    reads: str = "index"
    clock_drift_max: float = 0.1
    sessions: int = 10_000
    snapshot_entries: int = 10_000
    snapshot_trailing: int | None = None
    snapshot_chunk_bytes: int = 1 << 18

    @property
    def trailing_entries(self) -> int:
        """How many of the entries a snapshot covers stay in the log."""
        if self.snapshot_trailing is not None:
            return self.snapshot_trailing
        return self.snapshot_entries // 10

    @classmethod
    def parsers(cls) -> Mapping[str, Parser]:
        """What can be said, by its name."""
        return _PARSERS

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Options:
        """The options in ``texts``, each ``name=value``; a later one of a name wins.

        Raises ValueError that names all that is wrong.
        """
        values: dict[str, Any] = {}
        problems = []
        parsers = cls.parsers()
        for text in texts:
            name, equals, value = text.partition("=")
            if name not in parsers or not equals:
                known = ", ".join(parsers)
                problems.append(f"{text!r} is none of this system's options NAME=VALUE: {known}")
                continue
            try:
                values |= parsers[name](value)
            except ValueError as error:
                problems.append(f"{name}={value}: {error}")
        options = cls(**values)
        if not 0 < options.heartbeat_s < options.election_s_min:
            problems.append(
                f"a heartbeat every {options.heartbeat_s * 1000:g} ms is not shorter than the "
                f"smallest election time-out, {options.election_s_min * 1000:g} ms"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return options


def election_times(text: str) -> tuple[float, float]:
    """Seconds, least and most, of ``MIN,MAX`` in milliseconds. Raises ValueError."""
    low, _, high = text.partition(",")
    try:
        times = float(low) / 1000, float(high) / 1000
    except ValueError:
        times = 0.0, 0.0
    if not 0 < times[0] <= times[1] < float("inf"):
        raise ValueError(f"{text!r} is not MIN,MAX in milliseconds (as in 400,800)")
    return times


def _election(text: str) -> dict[str, Any]:
    low, high = election_times(text)
    return {"election_s_min": low, "election_s_max": high}


def _heartbeat(text: str) -> dict[str, Any]:
    try:
        return {"heartbeat_s": float(text) / 1000}
    except ValueError:
        raise ValueError("expected milliseconds (as in 50)") from None


def _count(field: str, least: int) -> Parser:
    def parse(text: str) -> dict[str, Any]:
        if not (text.isascii() and text.isdecimal()) or int(text) < least:
            raise ValueError(f"expected a whole number, at least {least}")
        return {field: int(text)}

    return parse


def _drift(text: str) -> dict[str, Any]:
    try:
        drift = float(text)
    except ValueError:
        drift = -1.0
    if not 0 <= drift < 1:
        raise ValueError("expected a fraction from 0 up to 1 (as in 0.1)")
    return {"clock_drift_max": drift}


def _reads(text: str) -> dict[str, Any]:
    if text not in READS:
        raise ValueError(f"expected {' or '.join(READS)}")
    return {"reads": text}


def _members(text: str) -> dict[str, Any]:
    names = tuple(sorted(text.split(",")))
    if not all(names) or len(set(names)) < len(names):
        raise ValueError("expected names, each once (as in n1,n2,n3)")
    return {"members": names}


_PARSERS: dict[str, Parser] = {
    "members": _members,
    "reads": _reads,
    "snapshot-entries": _count("snapshot_entries", 1),
    "snapshot-trailing": _count("snapshot_trailing", 0),
    "snapshot-chunk-bytes": _count("snapshot_chunk_bytes", 1),
    "sessions": _count("sessions", 1),
    "waiting": _count("waiting_max", 1),
    "heartbeat-ms": _heartbeat,
    "election-ms": _election,
    "clock-drift": _drift,
}
