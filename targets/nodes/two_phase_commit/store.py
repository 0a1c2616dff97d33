"""What a shard holds, and what a transaction's steps do to it.

A transaction works on a copy of its own (a *workspace*: Bernstein, Hadzilacos and Goodman,
1987, section 6.2's deferred updates); its writes are kept as steps, and put in place when it
has committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from targets.nodes.frames import encode_json
from targets.nodes.two_phase_commit.request import ADD, APPEND, READ

ItemStep = tuple[int, str, str, Any]
"""(place in the transaction, f, item, value)."""
Write = tuple[str, str, Any]
"""(item, f, value): a step that is not a read, without its place."""


class Impossible(ValueError):
    """A step that cannot be done here; the message says why."""


class Store:
    """Lists and registers by item; what was never written reads as null."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._bytes: dict[str, int] = {}
        """How long each value is as JSON, for what cannot be sent must not be promised."""

    def run(self, steps: Sequence[ItemStep]) -> dict[int, Any]:
        """What the reads among ``steps`` see, by their places. Changes nothing.

        Raises Impossible.
        """
        workspace: dict[str, Any] = {}
        seen: dict[int, Any] = {}
        for place, f, item, value in steps:
            now = workspace.get(item, self.values.get(item))
            if f == READ:
                seen[place] = now
            else:
                workspace[item] = _written(f, item, now, value)
                # Only here: what has been decided is put in place whatever it leaves.
                if f == ADD and workspace[item] < 0:
                    raise Impossible(f"{item} would hold {workspace[item]}, which is below zero")
        return seen

    def measure(self, steps: Sequence[ItemStep]) -> int:
        """How many bytes the answer of ``steps`` takes at most, and what they leave behind."""
        grown: dict[str, int] = {}
        answered = 0
        for _, f, item, value in steps:
            now = grown.get(item, self._bytes.get(item, 0))
            if f == READ:
                answered += now
            else:
                size = len(encode_json(value)) + 1
                grown[item] = now + size if f == APPEND else size
        return max(answered, *grown.values(), 0)

    def install(self, writes: Sequence[Write]) -> None:
        """Put the writes of a committed transaction in place, in their order."""
        for item, f, value in writes:
            before = self._bytes.get(item, 0) if f == APPEND else 0
            self.values[item] = _written(f, item, self.values.get(item), value)
            put = self.values[item] if f == ADD else value
            self._bytes[item] = before + len(encode_json(put)) + 1

    def restore(self, item: str, value: Any) -> None:
        """``item`` holds ``value``."""
        self.values[item] = value
        self._bytes[item] = len(encode_json(value))


def writes_of(steps: Sequence[ItemStep]) -> list[Write]:
    """The writes among ``steps``."""
    return [(item, f, value) for _, f, item, value in steps if f != READ]


def _written(f: str, item: str, now: Any, value: Any) -> Any:
    if f == ADD:
        if not (now is None or type(now) is int):
            raise Impossible(f"{item} holds {now!r}, which is no integer to add to")
        return (now or 0) + value
    if f != APPEND:
        return value
    if now is not None and not isinstance(now, list):
        raise Impossible(f"{item} holds {now!r}, which is no list to append to")
    return [*(now or ()), value]
