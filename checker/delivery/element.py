"""One queue's operations, gathered by element."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from checker.delivery.shapes import element_of, found_nothing
from histories.canonical import canonical
from histories.event import Operation, Outcome


@dataclass(slots=True)
class Element:
    """All that happened to one element.

    ``received`` are the receives that handed it out; ``taken`` the dequeues and drains that took
    it out (one that answered it twice stands there twice); ``acknowledged`` the acknowledgements
    that succeeded, with the receive each is about, and ``perhaps`` those of unknown outcome.
    """

    value: Any
    enqueues: list[Operation] = field(default_factory=list)
    received: list[Operation] = field(default_factory=list)
    taken: list[Operation] = field(default_factory=list)
    acknowledged: list[tuple[Operation, Operation | None]] = field(default_factory=list)
    perhaps: list[Operation] = field(default_factory=list)

    @property
    def handed_out(self) -> list[Operation]:
        """Everything that answered it, in order of invocation."""
        return sorted((*self.received, *self.taken), key=lambda one: one.call)

    @property
    def last_heard_at(self) -> int | None:
        """The event after which nothing more was told of it: the end of the last receive, or else
        of its enqueue; None where it may never have been in the queue."""
        told = self.received or self.enqueues
        ends = [one.ret for one in told if one.outcome is Outcome.OK]
        return max((end for end in ends if end is not None), default=None)

    @property
    def done_with(self) -> bool:
        """Whether it was taken out, or acknowledged."""
        return bool(self.taken or self.acknowledged)


class Queue:
    """One queue: its elements by canonical value, and the operations that are of none.

    ``unknown_dequeues`` and ``unknown_receives`` had no answer: each may have been given one
    element (an ``unknown_drain`` any number). ``empty`` found nothing waiting, ``drained`` nothing
    at all. ``settled_at`` is when the last answer came that handed out or acknowledged an
    element, drains aside, and ``drained_from`` when the last drain began that took something;
    -1 where there was none.
    """

    def __init__(self, key: Any, operations: Sequence[Operation]) -> None:
        self.key = key
        self.elements: dict[Hashable, Element] = {}
        self.unknown_dequeues: list[Operation] = []
        self.unknown_receives: list[Operation] = []
        self.unknown_drains: list[Operation] = []
        self.empty: list[Operation] = []
        self.drained: list[Operation] = []
        self.settled_at = -1
        self.drained_from = -1
        self._drained_until = -1
        self._held: dict[int, dict[Hashable, Element]] = {}
        for operation in sorted(operations, key=lambda one: one.call):
            self._take(operation)

    def _take(self, operation: Operation) -> None:
        f, outcome = operation.f, operation.outcome
        if found_nothing(operation):
            self.empty.append(operation)
        if f == "enqueue":
            self._element(operation.input).enqueues.append(operation)
        elif f == "acknowledge":
            self._acknowledge(operation)
        elif outcome is Outcome.INFO:
            by_name = {
                "dequeue": self.unknown_dequeues,
                "receive": self.unknown_receives,
                "drain": self.unknown_drains,
            }
            by_name.get(f, []).append(operation)
        elif outcome is Outcome.OK and f == "drained":
            self.drained.append(operation)
        elif outcome is Outcome.OK and f == "drain":
            for value in operation.output:
                self._hand_out(self._element(value).taken, operation)
        elif outcome is Outcome.OK and (value := element_of(operation)) is not None:
            element = self._element(value)
            self._hand_out(element.received if f == "receive" else element.taken, operation)
            if f == "receive":
                self._held.setdefault(operation.process, {})[canonical(value)] = element

    def _hand_out(self, to: list[Operation], operation: Operation) -> None:
        to.append(operation)
        self._settle(operation)

    def is_final(self, answer: Operation) -> bool:
        """Whether an answer that found nothing is of somebody who asked when all had come out.

        Who drains finds nothing after all that it took; several may at once.
        """
        if answer.f != "drain":
            return answer.call > max(self.settled_at, self._drained_until)
        return answer.call > self.settled_at and (answer.ret or 0) > self.drained_from

    def _settle(self, operation: Operation) -> None:
        assert operation.ret is not None
        if operation.f == "drain":
            self.drained_from = max(self.drained_from, operation.call)
            self._drained_until = max(self._drained_until, operation.ret)
            return
        self.settled_at = max(self.settled_at, operation.ret)

    def _acknowledge(self, operation: Operation) -> None:
        if operation.outcome is Outcome.FAIL:
            return
        held = self._held.setdefault(operation.process, {})
        told = operation.input
        if told is None and operation.outcome is Outcome.OK:
            told = operation.output
        if told is None:
            # It was of one of those, nobody knows which.
            for element in held.values():
                element.perhaps.append(operation)
        elif operation.outcome is Outcome.INFO:
            self._element(told).perhaps.append(operation)
        else:
            element = self._element(told)
            self._settle(operation)
            own = [one for one in element.received if one.process == operation.process]
            element.acknowledged.append((operation, own[-1] if own else None))
            held.pop(canonical(told), None)

    def _element(self, value: Any) -> Element:
        return self.elements.setdefault(canonical(value), Element(value))
