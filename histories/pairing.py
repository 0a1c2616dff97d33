"""Events to operations: each invocation with its completion, and every misfit reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from histories.canonical import canonical
from histories.errors import PROBLEMS_MAX, HistoryError, Problem
from histories.event import NEMESIS, Event, EventType, Operation, Outcome

_OUTCOMES = {
    EventType.OK: Outcome.OK,
    EventType.FAIL: Outcome.FAIL,
    EventType.INFO: Outcome.INFO,
}
_SEQUENTIAL = (
    "A process runs one operation at a time; after 'info', continue under a new process number."
)


def pair(events: Sequence[Event], where: Callable[[int], str]) -> list[Operation]:
    """The operations of ``events``, in order of invocation; nemesis events are passed over.

    ``where`` names the place of the event at a *position* of ``events`` (``file:line``).
    An operation that never completed is indeterminate, like one completed by ``info``.

    Raises HistoryError with all problems (up to twenty): a completion without an
    invocation, an invocation while another is open or after the process retired,
    a completion that names another function or key than its invocation.
    """
    problems: list[Problem] = []
    open_calls: dict[int, int] = {}
    retired: dict[int, int] = {}
    slots: list[Operation | None] = []
    slot_of: dict[int, int] = {}

    def problem(position: int, seen: str, expected: str) -> None:
        problems.append(Problem(where(position), seen, expected))

    for position, event in enumerate(events):
        process = event.process
        if process == NEMESIS:
            continue
        assert isinstance(process, int)
        if event.type is EventType.INVOKE:
            if (open_at := open_calls.get(process)) is not None:
                problem(
                    position,
                    f"process {process} invoked {event.f!r} while its {events[open_at].f!r} "
                    f"({where(open_at)}) is still open.",
                    _SEQUENTIAL,
                )
            elif (retired_at := retired.get(process)) is not None:
                problem(
                    position,
                    f"process {process} invoked {event.f!r} although its {events[retired_at].f!r} "
                    f"ended in 'info' ({where(retired_at)}).",
                    _SEQUENTIAL,
                )
            open_calls[process] = position
            slot_of[position] = len(slots)
            slots.append(None)
        else:
            called_at = open_calls.pop(process, None)
            if called_at is None:
                problem(
                    position,
                    f"process {process} completed {event.f!r} with {event.type.value!r}, but it "
                    "has no operation open.",
                    "Every ok, fail or info follows an invoke of the same process and completes it "
                    "once.",
                )
            else:
                call = events[called_at]
                if call.f != event.f:
                    problem(
                        position,
                        f"process {process} completed {event.f!r}, but it had invoked {call.f!r} "
                        f"({where(called_at)}).",
                        "A completion repeats the function of its invocation.",
                    )
                elif event.key is not None and canonical(call.key) != canonical(event.key):
                    problem(
                        position,
                        f"process {process} completed {event.f!r} on key {event.key!r}, but it had "
                        f"invoked it on key {call.key!r} ({where(called_at)}).",
                        "A completion repeats the key of its invocation.",
                    )
                slots[slot_of[called_at]] = _operation(call, event)
            if event.type is EventType.INFO:
                retired[process] = position
        if len(problems) >= PROBLEMS_MAX:
            break
    if problems:
        raise HistoryError(problems)
    for called_at in open_calls.values():
        slots[slot_of[called_at]] = _operation(events[called_at], None)
    return [operation for operation in slots if operation is not None]


def _operation(call: Event, completion: Event | None) -> Operation:
    outcome = Outcome.INFO if completion is None else _OUTCOMES[completion.type]
    closed = completion is not None and outcome is not Outcome.INFO
    assert isinstance(call.process, int)
    return Operation(
        call=call.index,
        ret=completion.index if completion is not None and closed else None,
        process=call.process,
        f=call.f,
        key=call.key,
        input=call.value,
        output=completion.value if completion is not None else None,
        outcome=outcome,
        call_ns=call.time,
        ret_ns=completion.time if completion is not None and closed else None,
        node=call.node,
        error=completion.error if completion is not None else None,
    )
