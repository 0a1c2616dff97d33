"""At least once: what went in comes out, and stays until somebody is done with it.

An element that was acknowledged as enqueued, or came out once, has to be in the queue until it is
taken out or an acknowledgement of it may have succeeded. Whether one that never was is gone can
be said once the queue was found empty by somebody who asked when all had come out, and been
acknowledged, that ever did (a *final* answer):

    drained              nothing is left: it is gone, unless a dequeue of unknown outcome took it
    nothing was found    it is gone, or hidden: handed out already, perhaps to somebody whose
                         receive was never answered

Only what was heard of before that answer was asked for is asked about: what is enqueued meanwhile
may come too late for it.

An operation of unknown outcome can explain one missing element, and one alone (a drain any
number): which of them explains which does not matter, only whether there are enough.

    element    |-- enqueue 7 --|
    dequeue                        |-- ? ...            took 7, or not
    drained                                |-- ok --|
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from checker.delivery.element import Element, Queue
from histories.event import Operation


@dataclass(frozen=True, slots=True)
class Gone:
    """An element that is not in the queue any more, as ``final`` shows."""

    element: Element
    final: Operation


@dataclass(frozen=True, slots=True)
class Losses:
    """``lost``: nothing explains these. ``explained``: as many as dequeues of unknown outcome can
    have taken. ``hidden``: those that may be handed out still, as far as anybody was told.
    ``open``: those after which nobody found the queue empty.

    Of several that are missing, which of them is lost and which is explained is a choice.
    """

    lost: list[Gone] = field(default_factory=list)
    explained: list[Element] = field(default_factory=list)
    hidden: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)


def losses(queue: Queue) -> Losses:
    """What became of the elements that nobody is done with. Linear but for sorting."""
    found = Losses()
    drained = _Finals(queue, queue.drained)
    empty = _Finals(queue, queue.empty)
    surely: list[Gone] = []
    unseen: list[Gone] = []
    for element in queue.elements.values():
        heard_at = element.last_heard_at
        if heard_at is None or element.done_with:
            continue
        perhaps_at = min((one.call for one in element.perhaps), default=None)
        if (final := drained.after(heard_at)) is not None:
            if perhaps_at is None or perhaps_at > _end(final):
                surely.append(Gone(element, final))
        elif perhaps_at is not None:
            continue
        elif (final := empty.after(heard_at)) is None:
            found.open.append(element)
        elif element.received:
            found.hidden.append(element)
        else:
            unseen.append(Gone(element, final))
    unseen, hidden = _explained(unseen, queue.unknown_receives)
    found.hidden.extend(gone.element for gone in hidden)
    takers = [*queue.unknown_dequeues, *queue.unknown_drains]
    lost, explained = _explained([*surely, *unseen], takers)
    found.lost.extend(sorted(lost, key=lambda gone: gone.element.last_heard_at or 0))
    found.explained.extend(gone.element for gone in explained)
    return found


class _Finals:
    """Answers that found nothing, to who asked after everything that came out."""

    def __init__(self, queue: Queue, answers: Sequence[Operation]) -> None:
        final = [one for one in answers if queue.is_final(one)]
        final.sort(key=lambda one: one.call)
        # For each, the one that ends first of those that begin no earlier.
        self._calls = [one.call for one in final]
        self._first: list[Operation] = []
        for one in reversed(final):
            best = self._first[-1] if self._first else one
            self._first.append(one if _end(one) <= _end(best) else best)
        self._first.reverse()

    def after(self, event: int) -> Operation | None:
        """The one that ends first of those that began after ``event``."""
        at = bisect_right(self._calls, event)
        return self._first[at] if at < len(self._first) else None


def _explained(
    missing: Sequence[Gone], unknown: Sequence[Operation]
) -> tuple[list[Gone], list[Gone]]:
    """Those that are left unexplained and those that are not, as few of the first as can be.

    An operation can explain what was found missing by an answer that ended after its call; the
    earlier that end, the fewer can. So each in that order takes any that is left (Hall's
    condition for sets of which one always holds the other).
    """
    left: list[Gone] = []
    explained: list[Gone] = []
    calls = sorted((one.call, one.f == "drain") for one in unknown)
    at, free, any_number = 0, 0, False
    for gone in sorted(missing, key=lambda gone: _end(gone.final)):
        while at < len(calls) and calls[at][0] < _end(gone.final):
            free += 1
            any_number |= calls[at][1]
            at += 1
        if any_number or free:
            free -= not any_number
            explained.append(gone)
        else:
            left.append(gone)
    return left, explained


def _end(answer: Operation) -> int:
    assert answer.ret is not None
    return answer.ret
