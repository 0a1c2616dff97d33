"""The aspects of what transactions are made of: several registers, and several lists.

Neither registers nor lists influence each other; ``checker.linearizability.aspects`` has the
argument.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence, Set
from dataclasses import replace
from typing import Any

from checker.linearizability.aspect import Aspect, Founding
from histories.canonical import canonical
from histories.event import Operation, Outcome


class Registers(Aspect):
    """Registers do not influence each other; what is done to some of them is whole."""

    def values(self, operation: Operation) -> Sequence[Any]:
        """The registers it reads or writes."""
        return list(self._last(operation))

    def _last(self, operation: Operation) -> dict[Any, Any]:
        """Each register that is read or written, and its value afterwards where that is known."""
        if operation.f == "txn":
            return {register: value for _, register, value in _said(operation)}
        shown = operation.output if operation.f == "read" else operation.input
        if operation.key is not None:
            return {operation.key: shown}
        return shown if isinstance(shown, dict) else {}

    def only(self, operation: Operation, kept: Set[Hashable]) -> Operation | None:
        """What it does to the registers that are kept."""
        if operation.f == "txn":
            left = [step for step in _said(operation) if canonical(step[1]) in kept]
            answer = left if operation.outcome is Outcome.OK else None
            return replace(operation, input=left, output=answer) if left else None
        if operation.key is not None:
            return operation if canonical(operation.key) in kept else None
        some = {k: v for k, v in self._last(operation).items() if canonical(k) in kept}
        if operation.f == "read":
            return replace(operation, output=some) if some else None
        return replace(operation, input=some, output=None) if some else None

    def founding(self, operation: Operation, stay: Sequence[Operation]) -> Founding | None:
        """One that reads or writes every register there is."""
        if not all(self.names(operation) >= self.names(one) for one in stay):
            return None
        values = self._last(operation)
        if None in values.values() and self.reading.nil_read == "anything":
            return None
        return [("txn", [["w", register, value] for register, value in values.items()])]


class Lists(Aspect):
    """Lists do not influence each other; what a transaction does to some of them is whole."""

    def values(self, operation: Operation) -> Sequence[Any]:
        """The lists it reads or appends to."""
        return [name for _, name, _ in _said(operation)]

    def only(self, operation: Operation, kept: Set[Hashable]) -> Operation | None:
        """What it does to the lists that are kept."""
        left = [step for step in _said(operation) if canonical(step[1]) in kept]
        answer = left if operation.outcome is Outcome.OK else None
        return replace(operation, input=left, output=answer) if left else None

    def founding(self, operation: Operation, stay: Sequence[Operation]) -> Founding | None:
        """One that reads every list there is."""
        if operation.outcome is not Outcome.OK or operation.output is None:
            return None
        held: dict[Hashable, tuple[Any, list[Any]]] = {}
        for f, name, value in operation.output:
            one = canonical(name)
            if f == "append" and one in held:
                held[one][1].append(value)
            elif f != "append":
                if value is None and self.reading.nil_read == "anything":
                    return None
                held[one] = (name, list(value or ()))
        if not all(held.keys() >= self.names(one) for one in (operation, *stay)):
            return None
        steps = [["append", name, value] for name, values in held.values() for value in values]
        return [("txn", steps)] if steps else []

    def unseen(self, operations: Sequence[Operation], going: Collection[int]) -> set[int]:
        """Transactions none of whose elements was read by another: no list was read after them."""
        seen: dict[tuple[Hashable, Hashable], set[int]] = {}
        for operation in operations:
            if operation.outcome is Outcome.OK and operation.output is not None:
                for f, name, value in operation.output:
                    for element in value or () if f != "append" else ():
                        readers = seen.setdefault((canonical(name), canonical(element)), set())
                        readers.add(operation.call)
        return {
            o.call
            for o in operations
            if o.call in going
            and all(
                seen.get((canonical(name), canonical(value)), set()) <= {o.call}
                for f, name, value in _said(o)
                if f == "append"
            )
        }


def _said(operation: Operation) -> Sequence[Any]:
    known = operation.outcome is Outcome.OK and operation.output is not None
    steps: Sequence[Any] = operation.output if known else operation.input
    return steps
