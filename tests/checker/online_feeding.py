"""Operations told to a monitor as events, and what a plain oracle says of every prefix."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import frontier

from checker.reading import SPLITBRAIN, Reading
from histories.event import Event, EventType, Operation, Outcome


def events_of(operations: Sequence[Operation]) -> list[Event]:
    """In order of index; indeterminate operations get no completion."""
    told = []
    for one in operations:
        told.append(
            Event(one.call, one.call_ns, one.process, EventType.INVOKE, one.f, one.key, one.input)
        )
        if one.ret is not None:
            kind = EventType(one.outcome.value)
            told.append(
                Event(
                    *(one.ret, one.ret_ns or 0, one.process, kind, one.f, one.key, one.output),
                    one.node,
                    one.error,
                )
            )
    return sorted(told, key=lambda event: event.index)


def with_crashes(
    rng: random.Random, operations: Sequence[Operation], rate: float = 0.3
) -> Iterator[Event]:
    """The events, and now and then the ``info`` of an operation that stays without answer."""
    crashing = {one.call: one for one in operations if one.ret is None}
    waiting: list[Operation] = []
    for event in events_of(operations):
        yield event
        if event.type is EventType.INVOKE and event.index in crashing:
            waiting.append(crashing[event.index])
        while waiting and rng.random() < rate:
            one = waiting.pop(rng.randrange(len(waiting)))
            yield Event(event.index, 0, one.process, EventType.INFO, one.f, one.key, one.input)


def cut(operations: Sequence[Operation], index: int) -> list[Operation]:
    """What is known after the event ``index``: what is open then is indeterminate."""
    known = []
    for one in operations:
        if one.call <= index:
            if one.ret is not None and one.ret > index:
                one = replace(
                    one, ret=None, ret_ns=None, outcome=Outcome.INFO, output=None, error=None
                )
            known.append(one)
    return known


def first_impossible(
    operations: Sequence[Operation], model: str, reading: Reading = SPLITBRAIN
) -> tuple[int, int] | None:
    """The first completion after which no order is left, and the call of who cannot be placed."""
    for index in sorted(one.ret for one in operations if one.ret is not None):
        stuck = frontier.first_stuck(
            cut(operations, index), model=model, reading=reading, configurations_max=200_000
        )
        if stuck is not None:
            return index, stuck.call
    return None


def in_sequence(operations: Sequence[Operation]) -> list[Operation]:
    """The same order of events, each with an index of its own, as a journal has it."""
    moments = [(one.call, 0, at) for at, one in enumerate(operations)]
    moments += [(one.ret, 1, at) for at, one in enumerate(operations) if one.ret is not None]
    calls, rets = {}, {}
    for index, (_, returns, at) in enumerate(sorted(moments)):
        (rets if returns else calls)[at] = index
    return [replace(one, call=calls[at], ret=rets.get(at)) for at, one in enumerate(operations)]
