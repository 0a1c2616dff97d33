"""Transactions of which only the completions were written down, as Elle's examples are.

    {:process 0, :type :ok, :value [[:append :x 1] [:r :y [1]]]}
    {:process 1, :type :ok, :value [[:append :x 2] [:append :y 1]]}

When each began is not known, but a process runs one transaction at a time: so each began after
the completion of its process before it, and the earliest moment it can have begun is right after
that; the first of a process, before everything. Nothing can be accused under these intervals that
could not be under the true ones, for an interval that is longer allows more orders.

    process 0   |------------- first ------------||----- second -----|
    process 1   |---- first ----||-------------- second --------------------|
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from histories.event import NEMESIS, Event, EventType

Placed = tuple[int, Event]
"""An event with the line it stands in."""


def invoked(placed: Iterable[Placed], transaction: str, notes: list[str]) -> Iterator[Placed]:
    """``placed`` as it is, or, where nobody ever invoked anything, with the invocations.

    Only transactions are completed so, by the function ``transaction``: a history that begins
    with the completion of something else, and one in which some are invoked, is told where it
    does not pair. Events are held in memory as soon as the first of a client is a completion.
    ``notes`` gets a remark when invocations were added; indexes are then those of the events
    as given here.
    """
    events = iter(placed)
    held: list[Placed] = []
    alone = False
    for line, event in events:
        held.append((line, event))
        if event.process == NEMESIS:
            continue
        alone = event.type is not EventType.INVOKE and event.f == transaction
        break
    if alone:
        held.extend(events)
    if not alone or any(event.type is EventType.INVOKE for _, event in held):
        yield from held
        yield from events
        return
    notes.append(
        "only completions are in it: when a transaction began is known no better than after the "
        "one before it of its process"
    )
    for index, (line, event) in enumerate(_completed(held)):
        yield line, replace(event, index=index)


def _completed(held: list[Placed]) -> Iterator[Placed]:
    """The events, each transaction begun as early as can be."""
    following: dict[int, Placed] = {}
    after: list[Placed | None] = [None] * len(held)
    for at in range(len(held) - 1, -1, -1):
        line, event = held[at]
        if isinstance(event.process, int) and event.type is not EventType.INVOKE:
            after[at] = following.get(event.process)
            following[event.process] = (line, event)
    for line, event in sorted(following.values(), key=lambda first: first[1].index):
        yield line, _invocation(event, 0)
    for (line, event), next_one in zip(held, after, strict=True):
        yield line, event
        if next_one is not None:
            yield next_one[0], _invocation(next_one[1], event.time)


def _invocation(event: Event, time: int) -> Event:
    return replace(event, type=EventType.INVOKE, time=time, error=None, extra={})
