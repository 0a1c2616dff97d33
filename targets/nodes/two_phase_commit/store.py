"""What a shard holds, and what a transaction's steps do to it.

A transaction works on a copy of its own (a *workspace*: Bernstein, Hadzilacos and Goodman,
1987, section 6.2's deferred updates); its writes are kept as steps, and put in place when it
has committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from targets.nodes.two_phase_commit.request import APPEND, READ

ItemStep = tuple[int, str, str, Any]
"""(place in the transaction, f, item, value)."""
Write = tuple[str, str, Any]
"""(item, f, value): a step that is not a read, without its place."""


class NotAList(ValueError):
    """Something is to be appended to a register."""


class Store:
    """Lists and registers by item; what was never written reads as null."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def run(self, steps: Sequence[ItemStep]) -> dict[int, Any]:
        """What the reads among ``steps`` see, by their places. Changes nothing.

        Raises NotAList.
        """
        workspace: dict[str, Any] = {}
        seen: dict[int, Any] = {}
        for place, f, item, value in steps:
            now = workspace.get(item, self.values.get(item))
            if f == READ:
                seen[place] = now
            else:
                workspace[item] = _written(f, item, now, value)
        return seen

    def install(self, writes: Sequence[Write]) -> None:
        """Put the writes of a committed transaction in place, in their order."""
        for item, f, value in writes:
            self.values[item] = _written(f, item, self.values.get(item), value)

    def dump(self) -> list[tuple[str, Any]]:
        """All of it as JSON."""
        return list(self.values.items())

    def restore(self, dump: Sequence[tuple[str, Any]]) -> None:
        """Become what ``dump`` says."""
        self.values = dict(dump)


def writes_of(steps: Sequence[ItemStep]) -> list[Write]:
    """The writes among ``steps``."""
    return [(item, f, value) for _, f, item, value in steps if f != READ]


def _written(f: str, item: str, now: Any, value: Any) -> Any:
    if f != APPEND:
        return value
    if now is not None and not isinstance(now, list):
        raise NotAList(f"{item} holds {now!r}, which is no list to append to")
    return [*(now or ()), value]
