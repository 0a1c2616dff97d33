"""The same history told event by event: what is said of a run while it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import fuzz_drawing
from fuzz_checks import Skipped, is_linearizable, opened, premature
from fuzz_drawing import Drawn

from checker import Verdict
from checker.online.monitor import Monitor
from histories.event import Event, EventType, Operation, Outcome

KINDS = {Outcome.OK: EventType.OK, Outcome.FAIL: EventType.FAIL, Outcome.INFO: EventType.INFO}

PREFIX_CONFIGURATIONS_MAX = 5_000
"""What the oracle may keep for a prefix: there are many, and one of a queue takes 0.1 ms."""


def online(drawn: Drawn) -> str | None:
    """What is accused has no linearization, and when nothing is accused there is one.

    Only what is known by then counts, and how an open operation will end is not. The verdict at
    the end is the truth, or unknown.
    """
    drawn = replace(drawn, operations=renumbered(drawn.operations), kept={})
    monitor = Monitor(
        drawn.model, reading=drawn.reading, compile=drawn.rng.random() < fuzz_drawing.COMPILED_SHARE
    )
    often = drawn.rng.choice((0.0, 0.1, 1.0))
    for event in events(drawn.operations):
        violation = monitor.feed(event)
        if violation is None and event.type is not EventType.INVOKE and drawn.rng.random() < often:
            violation = monitor.probe()
            if (
                violation is None
                and often < 1
                and not is_linearizable(
                    drawn, known_by(drawn.operations, event.index), PREFIX_CONFIGURATIONS_MAX
                )
            ):
                if monitor.finish().verdict is Verdict.UNKNOWN:
                    raise Skipped
                return f"accuses nothing at event {event.index}, though nothing linearizes it"
        if violation is not None:
            known = replace(drawn, operations=known_by(drawn.operations, event.index), kept={})
            accused = [o for o in known.operations if o.call == violation.culprit]
            if len(accused) != 1:
                return f"accuses call {violation.culprit}, which is no operation"
            if (wrong := premature(known, accused[0])) is not None:
                return f"at event {event.index} {wrong}"
            return "accuses a valid history" if drawn.valid else None
    result = monitor.finish()
    if result.verdict is Verdict.UNKNOWN:
        raise Skipped
    if (result.verdict is Verdict.INVALID) == drawn.valid:
        return f"ends with {result.verdict}"
    return None


def renumbered(operations: list[Operation]) -> list[Operation]:
    """The same with an index of its own for each event, as in a journal.

    Of those that had the same, calls come first, for such operations overlap.
    """
    instants = [(o.call, 0, i) for i, o in enumerate(operations)]
    instants += [(o.ret, 1, i) for i, o in enumerate(operations) if o.ret is not None]
    at = {(returns, i): index for index, (_, returns, i) in enumerate(sorted(instants))}
    return [replace(o, call=at[0, i], ret=at.get((1, i))) for i, o in enumerate(operations)]


def events(operations: list[Operation]) -> Iterator[Event]:
    """The events of a history, whose indexes differ; what is indeterminate never completes."""
    told = [(o.call, False, o) for o in operations]
    told += [(o.ret, True, o) for o in operations if o.ret is not None]
    for index, returns, o in sorted(told, key=lambda one: one[0]):
        kind = KINDS[o.outcome] if returns else EventType.INVOKE
        value, error = (o.output, o.error) if returns else (o.input, None)
        yield Event(index, index, o.process, kind, o.f, o.key, value, None, error)


def known_by(operations: list[Operation], end: int) -> list[Operation]:
    """What a monitor has been told by the event ``end``."""
    return [
        o if o.ret is not None and o.ret <= end else opened(o) for o in operations if o.call <= end
    ]
