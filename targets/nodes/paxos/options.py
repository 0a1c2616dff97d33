"""What can be set on a Paxos node, and how it is written: ``name=value``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

READS = ("quorum", "lease")
LEARNERS = ("leader", "all")


@dataclass(frozen=True, slots=True)
class Options:
    """Times in seconds; sizes in slots, requests, sessions and bytes.

    ``reads``: each by a round of a quorum, or under the leader's lease. ``learners``: whom
    an acceptor tells what it accepted, the leader alone or everybody ("Paxos Made Simple",
    section 2.3 weighs the two). ``window_slots`` is how far proposals may run ahead of what
    is chosen (the paper's alpha, section 3). ``clock_drift_max`` is how much faster one
    node's clock may run than another's, as a fraction.
    """

    heartbeat_s: float = 0.05
    election_s_min: float = 0.4
    election_s_max: float = 0.8
    backoff_s: float = 0.1
    backoff_doublings_max: int = 4
    lease_s: float = 0.3
    clock_drift_max: float = 0.1
    window_slots: int = 1024
    waiting_max: int = 4096
    command_bytes_max: int = 1 << 20
    message_bytes_max: int = 1 << 20
    resend_slots_max: int = 256
    sessions: int = 10_000
    snapshot_slots: int = 10_000
    snapshot_part_chars: int = 1 << 18
    reads: str = "quorum"
    learners: str = "leader"

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
        if not 0 < options.heartbeat_s < options.election_s_min:
            problems.append(
                f"a heartbeat every {options.heartbeat_s * 1000:g} ms is not shorter than the "
                f"smallest election time-out, {options.election_s_min * 1000:g} ms"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return options


def _milliseconds(text: str) -> float:
    try:
        return float(text) / 1000
    except ValueError:
        raise ValueError("expected milliseconds (as in 50)") from None


def _election(text: str) -> dict[str, Any]:
    low, comma, high = text.partition(",")
    times = (_milliseconds(low), _milliseconds(high)) if comma else (0.0, 0.0)
    if not 0 < times[0] <= times[1] < float("inf"):
        raise ValueError("expected MIN,MAX in milliseconds (as in 400,800)")
    return {"election_s_min": times[0], "election_s_max": times[1]}


def _heartbeat(text: str) -> dict[str, Any]:
    return {"heartbeat_s": _milliseconds(text)}


def _lease(text: str) -> dict[str, Any]:
    if not 0 < (lease_s := _milliseconds(text)) < float("inf"):
        raise ValueError("expected milliseconds above 0 (as in 300)")
    return {"lease_s": lease_s}


def _drift(text: str) -> dict[str, Any]:
    try:
        drift = float(text)
    except ValueError:
        drift = -1.0
    if not 0 <= drift < 1:
        raise ValueError("expected a fraction from 0 up to 1 (as in 0.1)")
    return {"clock_drift_max": drift}


def _count(field: str) -> Callable[[str], dict[str, Any]]:
    def parse(text: str) -> dict[str, Any]:
        if not (text.isascii() and text.isdecimal()) or int(text) < 1:
            raise ValueError("expected a whole number, at least 1")
        return {field: int(text)}

    return parse


def _one_of(field: str, words: tuple[str, ...]) -> Callable[[str], dict[str, Any]]:
    def parse(text: str) -> dict[str, Any]:
        if text not in words:
            raise ValueError(f"expected {' or '.join(words)}")
        return {field: text}

    return parse


_PARSERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "reads": _one_of("reads", READS),
    "learners": _one_of("learners", LEARNERS),
    "sessions": _count("sessions"),
    "snapshot-slots": _count("snapshot_slots"),
    "snapshot-part-chars": _count("snapshot_part_chars"),
    "window-slots": _count("window_slots"),
    "waiting": _count("waiting_max"),
    "heartbeat-ms": _heartbeat,
    "election-ms": _election,
    "lease-ms": _lease,
    "clock-drift": _drift,
}
