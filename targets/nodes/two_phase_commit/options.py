"""What can be set on a node of two-phase commit, and how it is written: ``name=value``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """Times in seconds; sizes in transactions, sessions and records.

    ``work_s`` bounds the time from a transaction's first message to its last vote, at the
    coordinator; ``idle_s`` is how long a participant that has not voted holds locks without
    hearing anything; ``again_s`` the pause between two tellings of a decision, and between two
    questions for one. ``restart_s`` is how long a transaction that died for its locks is tried
    again. ``refuse`` is the share of transactions that a participant votes against for no
    reason of its own, as a constraint would: it makes aborts after a vote frequent.
    """

    work_s: float = 1.0
    idle_s: float = 2.0
    again_s: float = 0.2
    restart_s: float = 0.5
    backoff_s: float = 0.004
    backoff_doublings_max: int = 4
    running_max: int = 1024
    steps_max: int = 64
    sessions: int = 10_000
    finished: int = 10_000
    checkpoint_records: int = 20_000
    refuse: float = 0.0

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
            field, parse = _PARSERS[name]
            try:
                values[field] = parse(value)
            except ValueError as error:
                problems.append(f"{name}={value}: {error}")
        options = cls(**values)
        if options.idle_s < options.work_s:
            problems.append(
                f"participants would give up (idle-ms={options.idle_s * 1000:g}) before their "
                f"coordinator does (work-ms={options.work_s * 1000:g}): expected idle-ms >= work-ms"
            )
        if problems:
            raise ValueError("; ".join(problems))
        return options


def _seconds(text: str) -> float:
    try:
        seconds = float(text) / 1000
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ValueError("expected milliseconds above 0 (as in 200)")
    return seconds


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise ValueError("expected a whole number, at least 1")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise ValueError("expected a fraction from 0 up to 1 (as in 0.1)")
    return share


_PARSERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "work-ms": ("work_s", _seconds),
    "idle-ms": ("idle_s", _seconds),
    "again-ms": ("again_s", _seconds),
    "restart-ms": ("restart_s", _seconds),
    "running": ("running_max", _count),
    "sessions": ("sessions", _count),
    "checkpoint-records": ("checkpoint_records", _count),
    "refuse": ("refuse", _share),
}
