"""A client's command to a replicated state machine, and what is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Answer = dict[str, Any]
Key = str | int | None

DEPTH_MAX = 100


class BadRequest(ValueError):
    """A request that no node will ever apply; the message says what is wrong with it."""


@dataclass(slots=True)
class Command:
    """One client command. ``session`` and ``seq`` are there for mutations.

    ``since`` is what the client knew of the time when it first sent the command
    (``targets.nodes.sessions``); 0 says nothing.
    """

    f: str
    key: Key
    value: Any
    session: str | None
    seq: int | None
    since: int = 0

    def fields(self) -> list[Any]:
        """What ``Command(*fields)`` takes."""
        fields = [self.f, self.key, self.value, self.session, self.seq]
        return [*fields, self.since] if self.since else fields


def is_deeper(value: Any, depth: int) -> bool:
    """Whether lists and objects are nested more than ``depth`` deep in ``value``."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return depth == 0 or any(is_deeper(item, depth - 1) for item in value)


def refusal(error: str, *, definite: bool, detail: str | None = None) -> Answer:
    """An answer that says no. ``definite``: this request had no effect and never will."""
    answer: Answer = {"ok": False, "error": error, "definite": definite}
    if detail is not None:
        answer["detail"] = detail
    return answer
