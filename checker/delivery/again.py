"""Exactly once by acknowledgement: who was told that an element is done with can rely on it.

An element is done with when it is taken out (dequeue, drain) or acknowledged, and the answer said
so. From then on nobody who asks later is given it; it is done with once; and while it is handed
out, nobody else has it for as long as the answer promised.

    receive 7       |-- ok --|
    acknowledge 7               |-- ok --|
    receive                                  |-- 7 --|      handed out again
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checker.delivery.apart import too_close
from checker.delivery.element import Element
from histories.event import Operation

AGAIN = "redelivered after acknowledgement"
TWICE = "acknowledged twice"
DEQUEUED_TWICE = "dequeued twice"
AT_ONCE = "two receivers at once"


@dataclass(frozen=True, slots=True)
class Repeat:
    """What happened to an element that must not, and the operations that show it, in order."""

    kind: str
    element: Element
    shown: tuple[Operation, ...]


def repeats(element: Element) -> Iterator[Repeat]:
    """What was done with the element more often than once, and who had it beside somebody."""
    taken = element.taken
    ends = [*taken, *(acknowledgement for acknowledgement, _ in _first_of_each(element))]
    ends.sort(key=_ret)
    later = [one for one in element.handed_out if ends and one.call > _ret(ends[0])]
    if len(taken) > 1:
        yield Repeat(DEQUEUED_TWICE, element, (taken[0], taken[1]))
    elif later:
        yield Repeat(AGAIN, element, (ends[0], min(later, key=lambda one: one.call)))
    elif len(ends) > 1:
        yield Repeat(TWICE, element, (ends[0], ends[1]))
    until_ns = min((one.ret_ns for one in ends if one.ret_ns is not None), default=None)
    before = [one for one in element.handed_out if not ends or one.call <= _ret(ends[0])]
    close = too_close(before, until_ns)
    if close is not None:
        yield Repeat(AT_ONCE, element, tuple(close))


def _first_of_each(element: Element) -> Iterator[tuple[Operation, Operation | None]]:
    """One acknowledgement of each receive: it may be said again that one is done."""
    seen: list[Operation | None] = []
    for acknowledgement, receive in element.acknowledged:
        if not any(receive is one for one in seen):
            seen.append(receive)
            yield acknowledgement, receive


def _ret(operation: Operation) -> int:
    assert operation.ret is not None
    return operation.ret
