"""What clients of a store of transactions were told: all that a verifier goes by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from histories.canonical import canonical
from histories.event import Operation, Outcome

Key = tuple[Any, Any]
"""The operation's own key, and that of the step."""
UNTOLD = object()
"""What a read saw that says nothing."""


class Unproved(Exception):
    """What is not as the evidence says, in words."""


class Told:
    """What clients were told, by call index."""

    def __init__(
        self, operations: Iterable[Operation], lists: bool, nil_says_nothing: bool
    ) -> None:
        self.lists = lists
        self._silent = nil_says_nothing
        self.all = {one.call: one for one in operations}
        self._index: dict[tuple[Key, Any], list[Operation]] = {}

    def operation(self, call: Any) -> Operation:
        """The transaction with this call index."""
        if call not in self.all:
            raise Unproved(f"there is no transaction of event {call}")
        return self.all[call]

    def steps(self, one: Operation) -> list[tuple[str, Key, Any]]:
        """(f, key, value) of each step; what a read saw is not told unless it was acknowledged."""
        known = one.outcome is Outcome.OK and one.output is not None
        found: list[tuple[str, Key, Any]] = []
        for f, name, *rest in one.output if known else one.input:
            value = rest[0] if rest else None
            key = (canonical(one.key), canonical(name))
            if f not in ("r", "read"):
                found.append((f, key, canonical(value)))
            elif not known or (value is None and self._silent):
                found.append((f, key, UNTOLD))
            elif self.lists:
                found.append((f, key, [canonical(element) for element in value or ()]))
            else:
                found.append((f, key, canonical(value)))
        return found

    def take(
        self,
        one: Operation,
        state: dict[Key, Any],
        counts: Callable[[Key, Any], bool] | None = None,
    ) -> None:
        """Run a transaction on what every key holds. Raises Unproved where it reads what is not
        there. ``counts``: whether a read of a value says something."""
        for f, key, value in self.steps(one):
            if f not in ("r", "read"):
                state[key] = [*state.get(key, ()), value] if self.lists else value
            elif value is UNTOLD or (counts is not None and not counts(key, value)):
                continue
            elif state.get(key, [] if self.lists else None) != value:
                raise Unproved(
                    f"the transaction of event {one.call} reads what is not there in this order"
                )

    def key(self, shown: dict[str, Any]) -> Key:
        """The key that evidence names."""
        return canonical(shown.get("group")), canonical(shown["key"])

    def _told_by(self, call: Any, key: Key) -> list[Any]:
        one = self.operation(call)
        return [
            value
            for f, name, value in self.steps(one)
            if f in ("r", "read") and name == key and value is not UNTOLD
        ]

    def _external(self, one: Operation, key: Key) -> list[Any]:
        """What it read of a key, without its own writes."""
        found, own = [], 0
        for f, name, value in self.steps(one):
            if name != key or value is UNTOLD:
                continue
            if f not in ("r", "read"):
                own += 1
            elif self.lists:
                found.append(value[: len(value) - own])
            elif not own:
                found.append(value)
        return found

    def _wrote(self, one: Operation, key: Key) -> bool:
        return any(f not in ("r", "read") and name == key for f, name, _ in self.steps(one))

    def _writers(self, key: Key, value: Any) -> list[Operation]:
        """Who wrote a value to a key, whatever became of it. The first call looks at all."""
        if not self._index:
            for one in self.all.values():
                for f, name, wrote in self.steps(one):
                    if f not in ("r", "read"):
                        found = self._index.setdefault((name, wrote), [])
                        if one not in found[-1:]:
                            found.append(one)
        return self._index.get((key, value), [])

    def _failed(self, key: Key, value: Any) -> bool:
        writers = self._writers(key, value)
        return bool(writers) and all(one.outcome is Outcome.FAIL for one in writers)

    def _only(self, key: Key, value: Any, writer: Operation) -> None:
        """Nobody else wrote this value there, unless it failed; and the writer once."""
        others = [one for one in self._writers(key, value) if one.outcome is not Outcome.FAIL]
        times = sum(
            f not in ("r", "read") and name == key and wrote == value
            for f, name, wrote in self.steps(writer)
        )
        if others != [writer] or times != 1:
            raise Unproved(f"it cannot be told who wrote a value of {key[1]!r}")
