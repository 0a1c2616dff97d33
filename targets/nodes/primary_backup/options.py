"""What can be set on a primary-backup node, and how it is written: ``name=value``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from targets.nodes.raft.options import election_times

SYNC, ASYNC = "sync", "async"
CONFIRMED, LEASE, SESSION = "confirmed", "lease", "session"
REPLICATION = (SYNC, ASYNC)
READS = (CONFIRMED, LEASE, SESSION)


@dataclass(frozen=True, slots=True)
class Options:
    """Times in seconds; sizes in entries, requests, sessions and bytes.

    ``replication``: a write is acknowledged when all backups have it durable (sync), or when
    the primary alone has (async): then what was not shipped yet is lost when a backup is
    promoted. ``reads``: by the primary once its backups have confirmed it (confirmed) or under
    its lease (lease), both linearizable; or by any node from its own state, once that holds all
    that the session has seen (session), which is sequentially consistent and may be stale.

    A backup that leaves ``patience_beats`` heartbeats unanswered is removed; one that hears
    nothing of its primary for ``grace_s_min`` to ``grace_s_max`` takes over. ``clock_drift_max``
    is how much faster one node's clock may run than another's, as a fraction.
    """

    replication: str = SYNC
    reads: str = CONFIRMED
    heartbeat_s: float = 0.05
    patience_beats: int = 8
    lease_s: float = 0.4
    grace_s_min: float = 0.6
    grace_s_max: float = 1.0
    election_s_min: float = 0.4
    election_s_max: float = 0.8
    clock_drift_max: float = 0.1
    append_entries_max: int = 512
    append_bytes_max: int = 1 << 20
    in_flight_entries_max: int = 4096
    join_lag_entries_max: int = 64
    waiting_max: int = 4096
    command_bytes_max: int = 1 << 20
    sessions: int = 10_000
    snapshot_entries: int = 10_000
    snapshot_chunk_bytes: int = 1 << 18

    @property
    def trailing_entries(self) -> int:
        """How many of the entries a snapshot covers stay in the log."""
        return self.snapshot_entries // 10

    @property
    def retry_s(self) -> tuple[float, float]:
        """Least and most pause before a backup proposes itself once more."""
        return self.grace_s_min / 3, self.grace_s_min / 2

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> Options:
        """The options in ``texts``, each ``name=value``; a later one of a name wins.

        Raises ValueError that names all that is wrong.
        """
        values: dict[str, Any] = {}
        problems = []
        for text in texts:
            name, equals, value = text.partition("=")
            if name not in _PARSERS or not equals:
                known = ", ".join(_PARSERS)
                problems.append(f"{text!r} is none of this system's options NAME=VALUE: {known}")
                continue
            try:
                values |= _PARSERS[name](value)
            except ValueError as error:
                problems.append(f"{name}={value}: {error}")
        options = cls(**values)
        patience_s = options.patience_beats * options.heartbeat_s
        if not 0 < options.heartbeat_s < options.election_s_min:
            problems.append(
                f"a heartbeat every {options.heartbeat_s * 1000:g} ms is not shorter than the "
                f"smallest election time-out, {options.election_s_min * 1000:g} ms"
            )
        elif not patience_s < options.grace_s_min:
            problems.append(
                f"a backup takes over after {options.grace_s_min * 1000:g} ms of silence, and its "
                f"primary would remove it only after {patience_s * 1000:g} ms: give grace-ms "
                "more, or heartbeat-ms less"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return options


def _grace(text: str) -> dict[str, Any]:
    low, high = election_times(text)
    return {"grace_s_min": low, "grace_s_max": high}


def _election(text: str) -> dict[str, Any]:
    low, high = election_times(text)
    return {"election_s_min": low, "election_s_max": high}


def _milliseconds(field: str) -> Callable[[str], dict[str, Any]]:
    def parse(text: str) -> dict[str, Any]:
        try:
            seconds = float(text) / 1000
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            raise ValueError("expected milliseconds above 0 (as in 50)")
        return {field: seconds}

    return parse


def _count(field: str) -> Callable[[str], dict[str, Any]]:
    def parse(text: str) -> dict[str, Any]:
        if not (text.isascii() and text.isdecimal()) or int(text) < 1:
            raise ValueError("expected a whole number, at least 1")
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


def _one_of(field: str, words: tuple[str, ...]) -> Callable[[str], dict[str, Any]]:
    def parse(text: str) -> dict[str, Any]:
        if text not in words:
            raise ValueError(f"expected {', '.join(words[:-1])} or {words[-1]}")
        return {field: text}

    return parse


_PARSERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "replication": _one_of("replication", REPLICATION),
    "reads": _one_of("reads", READS),
    "sessions": _count("sessions"),
    "snapshot-entries": _count("snapshot_entries"),
    "snapshot-chunk-bytes": _count("snapshot_chunk_bytes"),
    "waiting": _count("waiting_max"),
    "patience-beats": _count("patience_beats"),
    "heartbeat-ms": _milliseconds("heartbeat_s"),
    "lease-ms": _milliseconds("lease_s"),
    "grace-ms": _grace,
    "election-ms": _election,
    "clock-drift": _drift,
}
