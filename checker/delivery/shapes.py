"""What operations on a queue look like, and what each of them tells.

    enqueue      value: the element; each is enqueued once, or nothing can be told
    receive      ok with the element handed out: it stays in the queue, kept from others for a
                 while; nil found nothing. {"element": 7, "invisible_ms": 900} says how long
    acknowledge  value: the element, or nil for one that the process was given and has not
                 acknowledged yet, which the answer names; ok: it is out of the queue
    dequeue      ok with the element taken out at once; nil, or failed with 'empty', found nothing
    drain        ok with a list of all that was taken out until nothing was found
    drained      ok: nothing is left in the queue, neither waiting nor handed out

Queues are told apart by key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checker.models.queues import EMPTY_ERROR
from checker.wording import show
from histories.canonical import canonical
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.event import Operation, Outcome

FUNCTIONS = ("enqueue", "receive", "acknowledge", "dequeue", "drain", "drained")
ELEMENT, INVISIBLE_MS = "element", "invisible_ms"
_EXPECTED = (
    "A queue has enqueue (an element), receive and dequeue (ok with an element or nil), "
    "acknowledge, drain (ok with a list) and drained."
)


def element_of(operation: Operation) -> Any:
    """What a receive or dequeue that succeeded handed out; None: it found nothing."""
    output = operation.output
    return output[ELEMENT] if _is_told_apart(output) else output


def invisible_ns(receive: Operation) -> int | None:
    """How long the element is kept from others, as the answer says; None: it does not."""
    output = receive.output
    told = output.get(INVISIBLE_MS) if receive.f == "receive" and _is_told_apart(output) else None
    return None if told is None else round(told * 1_000_000)


def found_nothing(operation: Operation) -> bool:
    """Whether it ran and found nothing waiting."""
    if operation.f not in ("receive", "dequeue", "drain"):
        return False
    if operation.outcome is Outcome.FAIL:
        return operation.error == EMPTY_ERROR
    if operation.outcome is not Outcome.OK:
        return False
    # Who drains goes on until nothing is found.
    return operation.f == "drain" or element_of(operation) is None


def check_shapes(operations: Sequence[Operation]) -> None:
    """Raises HistoryError for operations that are none of a queue."""
    problems: list[Problem] = []
    for operation in operations:
        if len(problems) >= PROBLEMS_MAX:
            break
        what = _misfit(operation)
        if what is not None:
            problems.append(Problem(f"event {operation.call}", what, _EXPECTED))
    if problems:
        raise HistoryError(problems)


def enqueued_twice(operations: Sequence[Operation]) -> Operation | None:
    """The first enqueue of an element that was enqueued before, be it that one of them failed."""
    seen: set[tuple[Any, Any]] = set()
    for operation in operations:
        if operation.f == "enqueue":
            name = canonical(operation.key), canonical(operation.input)
            if name in seen:
                return operation
            seen.add(name)
    return None


def _is_told_apart(output: Any) -> bool:
    return isinstance(output, dict) and ELEMENT in output


def _misfit(operation: Operation) -> str | None:
    f, output = operation.f, operation.output
    if f not in FUNCTIONS:
        return f"'{f}' is no operation of the model 'total-queue' ({', '.join(FUNCTIONS)})."
    if f == "enqueue" and operation.input is None:
        return "an enqueue of nil: a receive that answers nil found nothing."
    if operation.outcome is not Outcome.OK:
        return None
    if f == "drain" and not isinstance(output, list):
        return f"a drain answered {show(output)}."
    if f == "receive" and _is_told_apart(output):
        told = output.get(INVISIBLE_MS)
        if told is not None and (type(told) not in (int, float) or told < 0):
            return f"a receive answered {show(output)}."
    return None
