"""What each object lets one forget without losing the proof: the soundness of relaxations.

For every object a claim is made of *legal sequences*, and each carries over to histories,
since leaving operations out, or letting them begin earlier or end later, only removes
constraints of real time:

* ``only``: a legal sequence stays legal when everything that concerns other values is left
  out. A register: the last mutator before whatever needs v has written v, and is kept. A
  queue: what is left comes out in the same order as it went in, and an empty queue is still
  empty. A set, and a list that is appended to: elements do not influence each other.
  Several registers, and several lists: nor do they.
* ``founding``: after an operation that pins the whole state, whatever it was before, an
  object that was brought to that state from its beginning goes on alike.
* ``unseen``: mutators that leave no trace in anything that stays.
* ``folded``: mutators that are always possible and whose order does not matter can all be done
  at once, as long as nobody looks before the last of them is over.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from checker.linearizability.aspect import Aspect, Founding, Unsound
from checker.linearizability.aspects_of_transactions import Lists, Registers
from checker.linearizability.sight import Sight
from checker.models import MODELS
from checker.models.bank import balances_of
from checker.models.model import Effect, Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.event import Operation, Outcome

ONE_BY_ONE_MAX = 64


class _Register(Aspect):
    columns: Mapping[str, str] = {"read": "output", "write": "input", "cas": "input2"}

    def values(self, operation: Operation) -> Sequence[Any]:
        if operation.f == "cas":
            return tuple(operation.input)
        if operation.f == "write":
            return (operation.input,)
        return (operation.output,) if operation.outcome is Outcome.OK else ()

    def only(self, operation: Operation, kept: Set[Hashable]) -> Operation | None:
        """A compare-and-set from another value is a write: that it found that is forgotten.

        A mismatch goes: once others are gone, what it did not find may be there.
        """
        if operation.f != "cas":
            return operation if self.names(operation) <= kept else None
        expected, new = (canonical(value) for value in operation.input)
        if operation.outcome is Outcome.FAIL or new not in kept:
            return None
        if expected in kept:
            return operation
        return replace(operation, f="write", input=operation.input[1], output=None)

    def founding(self, operation: Operation, stay: Sequence[Operation]) -> Founding | None:
        if operation.outcome is not Outcome.OK:
            return None
        if operation.f == "write":
            return [("write", operation.input)]
        if operation.f == "cas":
            return [("write", operation.input[1])]
        return [("write", operation.output)]

    def unseen(self, operations: Sequence[Operation], going: Collection[int]) -> set[int]:
        items: list[tuple[Operation, Effect]] = [
            (o, e) for o in operations if (e := self.model.effect(o, self.reading)) is not None
        ]
        found = set(going)
        while found:
            sight = Sight(items, found)
            unseen = {o.call for o, _ in items if o.call in found and sight.unseen(o)}
            if unseen == found:
                break
            found = unseen
        if len(items) - len(found) <= ONE_BY_ONE_MAX:
            # Each of the others may be covered by the next to go.
            rest = [(o, e) for o, e in items if o.call not in found]
            for operation, _ in [one for one in rest if one[0].call in going]:
                if Sight(rest, (operation.call,)).unseen(operation):
                    found.add(operation.call)
                    rest = [one for one in rest if one[0] is not operation]
        return found


class _Queue(Aspect):
    columns: Mapping[str, str] = {"enqueue": "input", "dequeue": "output"}

    def values(self, operation: Operation) -> Sequence[Any]:
        if operation.f == "enqueue":
            return (operation.input,)
        if operation.outcome is Outcome.OK and operation.output is not None:
            return (operation.output,)
        return ()

    def only(self, operation: Operation, kept: Set[Hashable]) -> Operation | None:
        """An open dequeue that took another element did not happen, which it need not."""
        return operation if self.names(operation) <= kept else None

    def founding(self, operation: Operation, stay: Sequence[Operation]) -> Founding | None:
        empty = operation.f == "dequeue" and not self.values(operation)
        return [] if empty else None

    def unseen(self, operations: Sequence[Operation], going: Collection[int]) -> set[int]:
        """Open dequeues, when completed ones took all there was: those never happened."""
        balance: dict[Hashable, int] = {}
        for operation in operations:
            enqueues = operation.f == "enqueue"
            if enqueues or operation.ret is not None:
                for value in self.names(operation):
                    balance[value] = balance.get(value, 0) + (1 if enqueues else -1)
        if any(left > 0 for left in balance.values()):
            return set()
        return {
            o.call for o in operations if o.call in going and o.f == "dequeue" and o.ret is None
        }


class _Set(Aspect):
    columns: Mapping[str, str] = {"add": "input"}

    def values(self, operation: Operation) -> Sequence[Any]:
        if operation.f == "add":
            return (operation.input,)
        if operation.outcome is Outcome.OK and isinstance(operation.output, (list, tuple)):
            return operation.output
        return ()

    def only(self, operation: Operation, kept: Set[Hashable]) -> Operation | None:
        if operation.f == "add":
            return operation if canonical(operation.input) in kept else None
        if operation.outcome is not Outcome.OK or operation.output is None:
            return operation
        return replace(operation, output=_among(operation.output, kept))

    def founding(self, operation: Operation, stay: Sequence[Operation]) -> Founding | None:
        if operation.f != "read" or operation.output is None:
            return None
        return [("add", element) for element in operation.output]

    def unseen(self, operations: Sequence[Operation], going: Collection[int]) -> set[int]:
        """Adds of elements that no read has: without them, the others lack them all the more."""
        seen: set[Hashable] = set()
        for operation in operations:
            if operation.f == "read":
                seen.update(self.names(operation))
        return {
            o.call
            for o in operations
            if o.call in going and o.f == "add" and canonical(o.input) not in seen
        }


class _Counter(Aspect):
    def founding(self, operation: Operation, stay: Sequence[Operation]) -> Founding | None:
        return [("add", operation.output)] if operation.f == "read" else None

    def folded(self, settled: Sequence[Operation]) -> Founding | None:
        return [("add", sum(o.input for o in settled))] if len(settled) > 1 else None


class _Mutex(Aspect):
    def founding(self, operation: Operation, stay: Sequence[Operation]) -> Founding | None:
        """It was free before it was acquired, and is free again after it was released."""
        return [(operation.f, operation.input)] if operation.f == "acquire" else []


class _Lock(_Mutex):
    def unseen(self, operations: Sequence[Operation], going: Collection[int]) -> set[int]:
        """Open acquisitions that nobody could end, and open releases of what nobody acquired.

        After the first no step is legal, so it came last or never; the second never is.
        """
        owners: dict[str, set[Hashable]] = {"acquire": set(), "release": set()}
        for operation in operations:
            owners.setdefault(operation.f, set()).add(_owner(operation))
        counterpart = {"acquire": owners["release"], "release": owners["acquire"]}
        return {
            o.call
            for o in operations
            if o.call in going and o.ret is None and _owner(o) not in counterpart.get(o.f, ())
        }


class _Appends(Aspect):
    columns: Mapping[str, str] = {"append": "input"}

    def values(self, operation: Operation) -> Sequence[Any]:
        if operation.f == "append":
            return (operation.input,)
        if operation.f == "put":
            return _pieces(operation.input)
        return _pieces(operation.output) if operation.outcome is Outcome.OK else ()

    def only(self, operation: Operation, kept: Set[Hashable]) -> Operation | None:
        if operation.f == "append":
            return operation if canonical(operation.input) in kept else None
        if operation.f == "put":
            return replace(operation, input=_among(_pieces(operation.input), kept))
        if isinstance(operation.output, str):
            raise Unsound("pieces cannot be told apart in an answer that is one text")
        if operation.output is None:
            return operation
        return replace(operation, output=_among(operation.output, kept))

    def founding(self, operation: Operation, stay: Sequence[Operation]) -> Founding | None:
        """A text, or nil, does not tell the pieces it is made of: then nobody may ask for them."""
        if operation.f == "append":
            return None
        if operation.f == "put":
            return [("put", operation.input)]
        answers = [o.output for o in stay if o.f in ("get", "read")]
        if operation.output is None or isinstance(operation.output, str):
            if any(isinstance(answer, (list, tuple)) and "" in answer for answer in answers):
                return None
            lists = any(isinstance(answer, (list, tuple)) for answer in answers)
            if operation.output and lists:
                return None
        return [("put", operation.output or None)]

    def unseen(self, operations: Sequence[Operation], going: Collection[int]) -> set[int]:
        """Pieces that no answer contains: nobody looked between such an append and the next put."""
        texts: list[str] = []
        elements: set[Hashable] = set()
        for operation in operations:
            if operation.f in ("get", "read") and operation.outcome is Outcome.OK:
                if isinstance(operation.output, str):
                    texts.append(operation.output)
                else:
                    elements.update(self.names(operation))
        return {
            o.call
            for o in operations
            if o.call in going
            and o.f == "append"
            and o.input != ""
            and canonical(o.input) not in elements
            and not (isinstance(o.input, str) and any(o.input in text for text in texts))
        }


class _Bank(Aspect):
    def founding(self, operation: Operation, stay: Sequence[Operation]) -> Founding | None:
        """What was read or put into all accounts; a read of nothing but nil saw the beginning."""
        if operation.f == "transfer":
            return None
        balances = operation.input if operation.f == "open" else operation.output
        if balances is None:
            return None
        there = balances_of(balances)
        return [("open", there)] if there else []


def _owner(operation: Operation) -> Hashable:
    if operation.input is None:
        return ("process", operation.process)
    return ("named", canonical(operation.input))


def _pieces(shown: Any) -> Sequence[Any]:
    if shown is None:
        return ()
    return shown if isinstance(shown, (list, tuple)) else (shown,)


def _among(elements: Sequence[Any], kept: Set[Hashable]) -> list[Any]:
    return [element for element in elements if canonical(element) in kept]


_ASPECTS: dict[str, type[Aspect]] = {
    "register": _Register,
    "cas-register": _Register,
    "multi-register": Registers,
    "mutex": _Mutex,
    "lock": _Lock,
    "fifo-queue": _Queue,
    "unordered-queue": _Queue,
    "set": _Set,
    "counter": _Counter,
    "append": _Appends,
    "list-append": Lists,
    "bank": _Bank,
}


def aspect_of(model: Model, reading: Reading) -> Aspect:
    """What is known of a model; of one that a user wrote, its steps alone."""
    known = MODELS.get(model.name) is model
    return (_ASPECTS.get(model.name, Aspect) if known else Aspect)(model, reading)
