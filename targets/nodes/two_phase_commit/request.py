"""A transaction as a client asks for it: a list of steps, all known before it begins.

    {"f": "txn", "key": 7, "value": [["append", "x", 1], ["r", "y", null], ["w", "z", 5]], …}

``append`` puts a value at the end of a list, ``w`` puts one in a register, ``add`` adds an integer
to one, which must not fall below zero, and ``r`` reads either, what the transaction itself has
written included. ``key`` is the group to which the names
belong. A transaction that writes says its session and a sequence number (Ongaro 2014, section
6.3), so that one that is sent again is the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from targets.nodes.command import DEPTH_MAX, BadRequest, is_deeper
from targets.nodes.frames import encode_json

READ, APPEND, WRITE, ADD = "r", "append", "w", "add"
TXN = "txn"
BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """A transaction to run. ``session`` and ``seq`` are there when it writes."""

    group: Any
    steps: tuple[tuple[str, Any, Any], ...]
    session: str | None
    seq: int | None
    since: int = 0

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return any(f != READ for f, _, _ in self.steps)

    @classmethod
    def from_json(cls, request: Any, steps_max: int) -> Request:
        """The transaction in a client's request. Raises BadRequest."""
        if not isinstance(request, dict):
            raise BadRequest(f"a request is a JSON object, not {type(request).__name__}")
        f, group, value = request.get("f"), request.get("key"), request.get("value")
        session, seq, since = request.get("session"), request.get("seq"), request.get("since", 0)
        if f != TXN:
            raise BadRequest(f"unknown f {f!r}; this node knows {TXN}, status")
        if not (group is None or _is_name(group)):
            raise BadRequest(f"a key is a string, an integer or null, not {group!r}")
        if not isinstance(value, list) or not 0 < len(value) <= steps_max:
            raise BadRequest(f"a txn is a list of 1 to {steps_max} steps [f, name, value]")
        steps = tuple(_step(step) for step in value)
        if (size := len(encode_json(value))) > BYTES_MAX:
            raise BadRequest(f"a txn of {size} bytes; at most {BYTES_MAX} are taken")
        asked = cls(group, steps, session, seq, since)
        if asked.writes:
            if not isinstance(session, str) or type(seq) is not int:
                raise BadRequest("a txn that writes needs a session (string) and a seq (integer)")
            if type(since) is not int or since < 0:
                raise BadRequest(f"since is a number of applied commands, not {since!r}")
        return asked


def _step(step: Any) -> tuple[str, Any, Any]:
    if not isinstance(step, list) or len(step) != 3:
        raise BadRequest(f"a step is [f, name, value], not {step!r}")
    f, name, value = step
    if f not in (READ, APPEND, WRITE, ADD):
        raise BadRequest(f"a step's f is one of {READ}, {APPEND}, {WRITE}, {ADD}, not {f!r}")
    if f == ADD and type(value) is not int:
        raise BadRequest(f"add takes an integer, not {value!r}")
    if not _is_name(name):
        raise BadRequest(f"a step's name is a string or an integer, not {name!r}")
    if isinstance(value, list | dict) and is_deeper(value, DEPTH_MAX):
        raise BadRequest(f"a value is nested at most {DEPTH_MAX} deep")
    return f, name, None if f == READ else value


def _is_name(value: Any) -> bool:
    # bool is an int to Python, and True == 1 would make two keys one.
    return isinstance(value, str) or type(value) is int
