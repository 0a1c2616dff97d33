"""What an object lets one forget without losing the proof; ``aspects`` says why that is sound."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence, Set
from typing import Any

from checker.models.model import Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.event import Operation

Founding = list[tuple[str, Any]]
"""(f, input) of operations that bring a new object to a state."""


class Unsound(Exception):
    """A relaxation that could make a linearizable history unlinearizable; says why."""


class Aspect:
    """An object of which nothing is known but its steps: no value can be told apart."""

    def __init__(self, model: Model, reading: Reading) -> None:
        self.model = model
        self.reading = reading

    columns: Mapping[str, str] = {}
    """Functions of which nothing is left by ``only`` unless the value in this column is kept."""

    def values(self, operation: Operation) -> Sequence[Any]:
        """The values an operation concerns, as far as its answer is known."""
        return ()

    def names(self, operation: Operation) -> set[Hashable]:
        """The same, as what values are compared by."""
        return {canonical(value) for value in self.values(operation)}

    def only(self, operation: Operation, kept: Set[Hashable]) -> Operation | None:
        """What is left of it among the values ``kept``; None when nothing is. May raise Unsound."""
        raise Unsound(f"the model {self.model.name!r} has no values that could be left out")

    def founding(self, operation: Operation, stay: Sequence[Operation]) -> Founding | None:
        """How to reach the state that a completed operation leaves; None when it pins none.

        Only those of its sides matter that the operations which ``stay`` can tell.
        """
        return None

    def unseen(self, operations: Sequence[Operation], going: Collection[int]) -> set[int]:
        """Of the mutators whose calls are ``going`` those that may go, all of them together."""
        return set()

    def folded(self, settled: Sequence[Operation]) -> Founding | None:
        """What completed mutators do that precede every look, in short; None if not shorter."""
        return None
