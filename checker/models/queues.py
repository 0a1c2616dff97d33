"""Queues: what is enqueued is dequeued once; first in, first out, or in any order.

* a dequeue answers the element it took; nil means that it found the queue empty, and so does
  one that failed with ``empty``, except under the reading of Knossos, where what failed says
  nothing;
* any other failure did not happen and says nothing;
* a dequeue of unknown outcome took some element (of a first-in-first-out queue, the first),
  at a point where there was one, or never.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from checker.models.model import Model
from checker.reading import Reading
from histories.canonical import canonical
from histories.event import Operation, Outcome

ENQUEUE, DEQUEUE, TAKE, EMPTY = "enqueue", "dequeue", "take", "empty"
EMPTY_ERROR = "empty"
"""The error of a dequeue that ran and found nothing."""


class QueueEffect(NamedTuple):
    """``f``: ENQUEUE, DEQUEUE, TAKE (a dequeue whose element is not known) or EMPTY."""

    f: str
    element: Hashable = None


def _effect(operation: Operation, reading: Reading) -> QueueEffect | None:
    outcome = operation.outcome
    if operation.f == "enqueue":
        if outcome is Outcome.FAIL:
            return None
        return QueueEffect(ENQUEUE, canonical(operation.input))
    if outcome is Outcome.INFO:
        return QueueEffect(TAKE)
    if outcome is Outcome.FAIL:
        observed = operation.error == EMPTY_ERROR and reading.failed_cas != "never"
        return QueueEffect(EMPTY) if observed else None
    if operation.output is None:
        return QueueEffect(EMPTY)
    return QueueEffect(DEQUEUE, canonical(operation.output))


def _fifo_step(state: tuple[Hashable, ...], effect: QueueEffect) -> tuple[Hashable, ...]:
    """The state lists the elements, the first in first."""
    if effect.f == ENQUEUE:
        return ((*state, effect.element),)
    if effect.f == EMPTY:
        return () if state else (state,)
    if not state or (effect.f == DEQUEUE and state[0] != effect.element):
        return ()
    return (state[1:],)


def _unordered_step(
    state: frozenset[tuple[Hashable, int]], effect: QueueEffect
) -> tuple[Hashable, ...]:
    """The state is a set of pairs: an element, and how often it is there."""
    if effect.f == EMPTY:
        return () if state else (state,)
    if effect.f == TAKE:
        # In an order that does not depend on how hashes fall.
        return tuple(_less(state, *pair) for pair in sorted(state, key=repr))
    count = next((count for element, count in state if element == effect.element), 0)
    if effect.f == ENQUEUE:
        return (state - {(effect.element, count)} | {(effect.element, count + 1)},)
    return (_less(state, effect.element, count),) if count else ()


def _less(state: frozenset[tuple[Hashable, int]], element: Hashable, count: int) -> Hashable:
    less = state - {(element, count)}
    return less | {(element, count - 1)} if count > 1 else less


def _independent(a: QueueEffect, b: QueueEffect, *, ordered: bool) -> bool:
    """One enqueues and the other dequeues another element; or, unordered, of two elements.

    First in, first out: an enqueue adds at the end, so it changes neither whether a dequeue of
    another element is possible nor what it leaves behind. Unordered: counts of different
    elements have nothing to do with each other, and two enqueues add up in any order.
    """
    if EMPTY in (a.f, b.f):
        return a.f == b.f
    if TAKE in (a.f, b.f):
        return False
    if ordered:
        return a.f != b.f and a.element != b.element
    return a.element != b.element or (a.f == b.f == ENQUEUE)


def _fifo_independent(a: QueueEffect, b: QueueEffect) -> bool:
    return _independent(a, b, ordered=True)


def _unordered_independent(a: QueueEffect, b: QueueEffect) -> bool:
    return _independent(a, b, ordered=False)


def _fifo_lack(state: tuple[Hashable, ...], effect: QueueEffect) -> QueueEffect:
    """An empty queue lacks an element; else what is first in is in the way."""
    if not state:
        return QueueEffect(ENQUEUE, effect.element)
    return QueueEffect(DEQUEUE, state[0])


def _unordered_lack(state: frozenset[tuple[Hashable, int]], effect: QueueEffect) -> QueueEffect:
    """An element is not there; or one is, and the queue is to be empty."""
    if effect.f == EMPTY:
        return QueueEffect(DEQUEUE, min((element for element, _ in state), key=repr))
    return QueueEffect(ENQUEUE, effect.element)


def _supplies(lack: QueueEffect, effect: QueueEffect) -> bool:
    """A take may take any element, and is content with any (its own is None)."""
    if lack.f == DEQUEUE and effect.f == TAKE:
        return True
    return effect.f == lack.f and lack.element in (None, effect.element)


def _fifo_misfit(operation: Operation) -> str | None:
    return _misfit(operation, "fifo-queue")


def _unordered_misfit(operation: Operation) -> str | None:
    return _misfit(operation, "unordered-queue")


def _misfit(operation: Operation, name: str) -> str | None:
    if operation.f not in ("enqueue", "dequeue"):
        return f"'{operation.f}' is no operation of the model '{name}' (enqueue, dequeue)"
    if operation.f == "enqueue" and operation.input is None:
        return "an enqueue of nil: a dequeue that answers nil found the queue empty"
    return None


def _observes(effect: QueueEffect) -> bool:
    return effect.f == EMPTY


_OUTCOMES = (
    "a dequeue of nil, or one that failed with 'empty', found it empty; an unknown one took "
    "{some} or nothing"
)
FIFO_QUEUE = Model(
    "fifo-queue",
    (),
    ("enqueue", "dequeue"),
    _effect,
    _fifo_misfit,
    _fifo_step,
    _observes,
    summary="a queue, first in, first out; empty at first",
    outcomes=_OUTCOMES.format(some="the first element"),
    independent=_fifo_independent,
    lack=_fifo_lack,
    supplies=_supplies,
)
UNORDERED_QUEUE = Model(
    "unordered-queue",
    frozenset(),
    ("enqueue", "dequeue"),
    _effect,
    _unordered_misfit,
    _unordered_step,
    _observes,
    summary="a queue that gives its elements in any order",
    outcomes=_OUTCOMES.format(some="any element"),
    independent=_unordered_independent,
    lack=_unordered_lack,
    supplies=_supplies,
)
