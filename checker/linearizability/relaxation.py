"""Relaxations: changes that never make a linearizable history unlinearizable.

A sub-history proves nothing by itself: ``write 1, write 2, read 1``, concurrent enough
to be valid, shrinks greedily to ``read 1`` alone, which is not. So a witness is reached
by relaxations only, each with *H linearizable => R(H) linearizable*; what is refuted at
the end refutes the history it came from. A relaxation whose premise does not hold of the
history it is applied to raises ``Unsound``, so a list of them is evidence that can be checked.

    {"step": "cut", "end": 812}            what was open at event 812 may have happened or not
    {"step": "start", "after": 640}        begin with what operation 640 left behind
    {"step": "only", "values": [4, 7]}     forget everything about other values
    {"step": "drop", "operations": […]}    observers, and mutators that nobody could see
    {"step": "fold"}                       take what precedes every look as done at once
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from checker.linearizability.aspect import Unsound
from checker.linearizability.aspects import aspect_of
from checker.models.model import Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.event import Operation, Outcome


class Relaxation(Protocol):
    """A change of one key's history."""

    def apply(self, operations: Sequence[Operation], relaxer: Relaxer) -> list[Operation]:
        """The relaxed history, in order of call. Raises Unsound when the premise fails."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Itself as JSON; see above."""
        ...


class Relaxer:
    """What relaxations need to know: a model and a reading of outcomes."""

    def __init__(self, model: Model, reading: Reading) -> None:
        self.model = model
        self.reading = reading
        self.aspect = aspect_of(model, reading)
        self._effects: dict[int, tuple[Operation, Any]] = {}

    def effect(self, operation: Operation) -> Any:
        """What the operation asserts and does; None when neither. Asked once of each object."""
        known = self._effects.get(id(operation))
        if known is None:
            known = operation, self.model.effect(operation, self.reading)
            self._effects[id(operation)] = known
        return known[1]

    def observer(self, operation: Operation) -> bool:
        """Whether the operation only looks. Dropping one is sound: it changes nothing."""
        effect = self.effect(operation)
        return effect is not None and self.model.observes(effect)

    def relaxed(
        self, operations: Sequence[Operation], steps: Sequence[Relaxation]
    ) -> list[Operation]:
        """The history after all ``steps``, without what asserts nothing. May raise Unsound."""
        current = [o for o in operations if self.effect(o) is not None]
        for step in steps:
            current = step.apply(current, self)
        return current

    def prefix(self, operations: Sequence[Operation], end: int) -> list[Operation]:
        """The history up to the event ``end``; see Cut."""
        return Cut(end).apply(operations, self)

    def opened(self, operation: Operation) -> Operation | None:
        """The operation as one that may have happened or not; None when it only looks.

        What is known of its answer still holds if it happened: it has an outcome and no return.
        Sound: it may still happen where it did.
        """
        return None if self.observer(operation) else replace(operation, ret=None, ret_ns=None)

    def droppable(self, operations: Sequence[Operation], unwanted: Collection[int]) -> set[int]:
        """Of the calls ``unwanted`` those that may go, all of them together.

        Observers at once; then of the mutators those that nobody who stays could see, as the
        model's aspect says.
        """
        going = {o.call for o in operations if o.call in unwanted and self.observer(o)}
        kept = [o for o in operations if o.call not in going]
        mutators = {o.call for o in kept if o.call in unwanted}
        return going | (self.aspect.unseen(kept, mutators) if mutators else set())

    def without(
        self, operations: Sequence[Operation], unwanted: Collection[int]
    ) -> list[Operation]:
        """``operations`` less those of the ``unwanted`` calls that may soundly be dropped."""
        going = self.droppable(operations, unwanted)
        return [o for o in operations if o.call not in going]


@dataclass(frozen=True, slots=True)
class Cut:
    """The history up to the event ``end``: what is open then becomes indeterminate.

    Sound: a linearization of all, cut after the last operation that returned by ``end``, is
    one of the prefix; what it holds besides had been called by then or can be cut away, for
    nothing that returned by ``end`` comes after it.
    """

    end: int

    def apply(self, operations: Sequence[Operation], relaxer: Relaxer) -> list[Operation]:
        """Drops what was called later, opens what returned later."""
        kept: list[Operation] = []
        for operation in operations:
            if operation.call > self.end or relaxer.effect(operation) is None:
                continue
            if operation.ret is None or operation.ret <= self.end:
                kept.append(operation)
            elif (open_ := relaxer.opened(operation)) is not None:
                kept.append(open_)
        return kept

    def to_json(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {"step": "cut", "end": self.end}


@dataclass(frozen=True, slots=True)
class Start:
    """Begin right after the completed operation ``after``, in the state it left behind.

    Sound when that state is known whatever it was before (``Aspect.founding``): a legal order
    goes on legally from there. Before that point lies all that had returned before ``after``
    was called, and it is dropped; what was open beside it may lie before or after:

        |- before -|   |- after -|   |- stays -|
                |- may have happened -|

    The state is brought about by operations of a process of its own (numbered below 0) that
    end before everything; or by ``after`` itself, if it leads there from the beginning too.
    """

    after: int

    def apply(self, operations: Sequence[Operation], relaxer: Relaxer) -> list[Operation]:
        """Drops what came before, opens what was open beside ``after``, founds the state."""
        anchor = next((o for o in operations if o.call == self.after), None)
        if anchor is None or anchor.ret is None or relaxer.effect(anchor) is None:
            raise Unsound(f"operation {self.after} did not complete, so nothing starts after it")
        stay: list[Operation] = []
        for operation in operations:
            if operation.call > anchor.ret:
                stay.append(operation)
            elif operation is not anchor and (
                operation.ret is None or operation.ret >= anchor.call
            ):
                open_ = relaxer.opened(operation)
                stay += [] if open_ is None else [open_]
        founding = relaxer.aspect.founding(anchor, stay)
        if founding is None:
            raise Unsound(f"operation {self.after} does not tell the whole state it left behind")
        if founding == [(anchor.f, anchor.input)]:
            return sorted([anchor, *stay], key=lambda operation: operation.call)
        return [*_founders(founding, anchor, operations), *stay]

    def to_json(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {"step": "start", "after": self.after}


@dataclass(frozen=True, slots=True)
class Only:
    """Forget everything that concerns other ``values`` (of a queue, a set, a register …).

    Sound where ``Aspect.only`` gives its reasons.
    """

    values: tuple[Any, ...]

    def apply(self, operations: Sequence[Operation], relaxer: Relaxer) -> list[Operation]:
        """What is left of each operation."""
        kept = {canonical(value) for value in self.values}
        parts = (relaxer.aspect.only(operation, kept) for operation in operations)
        return [o for o in parts if o is not None and relaxer.effect(o) is not None]

    def to_json(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {"step": "only", "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class Drop:
    """Leave out operations that only look, and mutators that nobody who stays could see.

    Sound where ``Aspect.unseen`` gives its reasons; all of them go together.
    """

    calls: frozenset[int]

    def apply(self, operations: Sequence[Operation], relaxer: Relaxer) -> list[Operation]:
        """The others."""
        stay = self.calls - relaxer.droppable(operations, self.calls)
        if stay:
            raise Unsound(f"operation {min(stay)} cannot be left out")
        return [o for o in operations if o.call not in self.calls]

    def to_json(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {"step": "drop", "operations": sorted(self.calls)}


@dataclass(frozen=True, slots=True)
class Fold:
    """Take the completed mutators that precede every look as done at once, before all else.

    Sound where ``Aspect.folded`` gives its reasons.
    """

    def apply(self, operations: Sequence[Operation], relaxer: Relaxer) -> list[Operation]:
        """One or few operations in their place."""
        looks = [o.call for o in operations if relaxer.observer(o)]
        first = min(looks, default=-1)
        settled = [o for o in operations if o.ret is not None and o.ret < first]
        mutators = [o for o in settled if not relaxer.observer(o)]
        founding = relaxer.aspect.folded(mutators)
        if founding is None:
            raise Unsound("nothing that precedes every look can be taken together")
        gone = {o.call for o in mutators}
        founders = _founders(founding, mutators[-1], operations)
        return [*founders, *(o for o in operations if o.call not in gone)]

    def to_json(self) -> dict[str, Any]:
        """Itself as JSON."""
        return {"step": "fold"}


def _founders(
    founding: Sequence[tuple[str, Any]], like: Operation, operations: Sequence[Operation]
) -> list[Operation]:
    """Operations that do what ``founding`` says, one after the other, before all others."""
    first = min(0, min(o.call for o in operations)) - 2 * len(founding)
    return [
        Operation(
            call=first + 2 * number,
            ret=first + 2 * number + 1,
            process=-1,
            f=f,
            key=like.key,
            input=given,
            output=given,
            outcome=Outcome.OK,
            call_ns=like.call_ns,
            ret_ns=like.ret_ns,
            node=like.node,
        )
        for number, (f, given) in enumerate(founding)
    ]


def relaxation_from_json(data: Any) -> Relaxation:
    """The relaxation that ``to_json`` wrote. Raises ValueError for anything else."""
    if isinstance(data, dict):
        name, end, after = data.get("step"), data.get("end"), data.get("after")
        values, calls = data.get("values"), data.get("operations")
        if name == "cut" and type(end) is int:
            return Cut(end)
        if name == "start" and type(after) is int:
            return Start(after)
        if name == "only" and isinstance(values, list):
            return Only(tuple(values))
        if name == "drop" and isinstance(calls, list) and all(type(c) is int for c in calls):
            return Drop(frozenset(calls))
        if name == "fold":
            return Fold()
    raise ValueError("a step is a cut with its end, a start, some values only, a drop or a fold")
