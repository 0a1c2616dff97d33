"""Every model restated from scratch, as plainly as possible; shares nothing with the checker.

``relevant(model, operation, reading)``: whether an operation changes or asserts anything.
``apply(model, state, operation, reading)``: the states that may follow it, none when it is
impossible. An operation of unknown outcome is applied as what it does if it happens.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from checker.reading import SPLITBRAIN, Reading
from histories.event import Operation, Outcome

INIT: dict[str, Hashable] = {
    "register": None,
    "cas-register": None,
    "multi-register": frozenset(),
    "mutex": "free",
    "lock": None,
    "fifo-queue": (),
    "unordered-queue": (),
    "set": frozenset(),
    "counter": 0,
    "append": (),
    "list-append": frozenset(),
    "bank": (),
}
BY_KEY = {name: name != "multi-register" for name in INIT}


def relevant(model: str, operation: Operation, reading: Reading = SPLITBRAIN) -> bool:
    """Whether the operation changes or asserts anything, and so has a place in an order."""
    f, outcome = operation.f, operation.outcome
    looks = f in ("read", "get")
    if f == "txn":
        looks = all(kind in ("r", "read") for kind, _, _ in operation.input)
    if outcome is Outcome.INFO:
        return not looks
    if outcome is Outcome.FAIL:
        if f == "cas":
            return _mismatch(operation, reading)
        return f == "dequeue" and _empty(operation, reading)
    nil_unknown = reading.nil_read == "anything"
    if f == "txn":
        return any(
            kind not in ("r", "read")
            or (operation.output is not None and not (nil_unknown and value is None))
            for kind, _, value in _said(operation)
        )
    if model == "multi-register" and f == "read" and operation.key is None:
        seen = operation.output or {}
        return any(not (nil_unknown and value is None) for value in seen.values())
    return not (looks and operation.output is None and nil_unknown)


def _mismatch(operation: Operation, reading: Reading) -> bool:
    if reading.failed_cas == "always":
        return True
    return reading.failed_cas == "mismatch" and operation.error == "mismatch"


def _empty(operation: Operation, reading: Reading) -> bool:
    return reading.failed_cas != "never" and operation.error == "empty"


def _said(operation: Operation) -> list[Any]:
    """The micro-operations of a transaction, as far as they are known."""
    if operation.outcome is Outcome.OK and operation.output is not None:
        return operation.output
    return operation.input


def apply(model: str, state: Any, operation: Operation, reading: Reading = SPLITBRAIN) -> list[Any]:
    """The states that may follow: none when the operation is impossible in ``state``."""
    f, given, answer = operation.f, operation.input, operation.output
    known = operation.outcome is not Outcome.INFO
    if model in ("register", "cas-register"):
        if f == "write":
            return [given]
        if f == "read":
            return [state] if answer == state else []
        if operation.outcome is Outcome.FAIL:
            return [state] if state != given[0] else []
        return [given[1]] if state == given[0] else []
    if model == "multi-register":
        return _registers(state, operation, known, reading)
    if model == "mutex":
        if f == "acquire":
            return ["held"] if state == "free" else []
        return ["free"] if state == "held" else []
    if model == "lock":
        owner = operation.process if given is None else ("named", given)
        if f == "acquire":
            return [owner] if state is None else []
        return [None] if state == owner else []
    if model in ("fifo-queue", "unordered-queue"):
        return _queue(model, state, operation, known)
    if model == "set":
        if f == "add":
            return [state | {given}]
        return [state] if len(set(answer)) == len(answer) and set(answer) == state else []
    if model == "counter":
        if f == "add":
            return [state + given]
        return [state] if answer == state else []
    if model == "list-append":
        return _lists(state, operation, known, reading)
    if model == "bank":
        return _bank(state, f, given, answer)
    assert model == "append"
    if f == "append":
        return [(*state, given)]
    if f == "put":
        if given is None:
            return [()]
        return [tuple(given) if isinstance(given, list) else (given,)]
    return [state] if _shows(state, answer) else []


def _bank(state: Any, f: str, given: Any, answer: Any) -> list[Any]:
    """The balances by account, in order of their names; none before they were opened."""
    if f == "open":
        return [tuple(sorted(given.items()))]
    if f == "read":
        seen = tuple(sorted((name, held) for name, held in answer.items() if held is not None))
        return [state] if state == seen else []
    if not state:
        return []
    held = dict(state)
    for name, amount in ((given["from"], -given["amount"]), (given["to"], given["amount"])):
        held[name] = held.get(name, 0) + amount
    return [tuple(sorted(held.items()))]


def _registers(state: Any, operation: Operation, known: bool, reading: Reading) -> list[Any]:
    registers = dict(state)
    if operation.f == "txn":
        steps = [tuple(step) for step in _said(operation)]
    elif operation.key is not None:
        value = operation.output if operation.f == "read" else operation.input
        steps = [(operation.f, operation.key, value)]
    else:
        values = operation.output if operation.f == "read" else operation.input
        steps = [(operation.f, register, value) for register, value in (values or {}).items()]
    for f, register, value in steps:
        if f in ("w", "write"):
            registers[register] = value
        elif known and operation.output is not None and registers.get(register) != value:
            if value is None and reading.nil_read == "anything":
                continue
            return []
    return [frozenset((k, v) for k, v in registers.items() if v is not None)]


def _lists(state: Any, operation: Operation, known: bool, reading: Reading) -> list[Any]:
    lists = {name: list(elements) for name, elements in state}
    for f, name, value in _said(operation):
        held = lists.setdefault(name, [])
        if f == "append":
            held.append(value)
        elif known and operation.output is not None and held != (value or []):
            if value is None and reading.nil_read == "anything":
                continue
            return []
    return [frozenset((k, tuple(v)) for k, v in lists.items() if v)]


def _queue(model: str, state: Any, operation: Operation, known: bool) -> list[Any]:
    if operation.f == "enqueue":
        after = (*state, operation.input)
        return [after if model == "fifo-queue" else tuple(sorted(after, key=repr))]
    if not known:
        if model == "fifo-queue":
            return [state[1:]] if state else []
        return list({state[:i] + state[i + 1 :] for i in range(len(state))})
    if operation.outcome is Outcome.FAIL or operation.output is None:
        return [] if state else [state]
    if model == "fifo-queue":
        return [state[1:]] if state and state[0] == operation.output else []
    if operation.output not in state:
        return []
    at = state.index(operation.output)
    return [state[:at] + state[at + 1 :]]


def _shows(pieces: tuple[Any, ...], answer: Any) -> bool:
    """Whether a get answers what the pieces make: as a string, or as a list."""
    if answer is None:
        return all(piece == "" for piece in pieces)
    if isinstance(answer, str):
        return all(isinstance(p, str) for p in pieces) and "".join(pieces) == answer
    return tuple(answer) == pieces
