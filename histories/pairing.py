"""Events to operations: each invocation with its completion, and every misfit reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

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


class Call(NamedTuple):
    """An invocation that is open: its event, its ``place`` and which operation it began."""

    event: Event
    place: int
    row: int


class Pairing:
    """Pairs the events of clients as they come; nemesis events are not for it.

    ``where`` names a place (``file:line``), which is a number given with each event. Memory
    is bounded by the calls that are open and the processes that retired. After twenty
    problems nothing more is looked at.
    """

    def __init__(self, where: Callable[[int], str]) -> None:
        self.problems: list[Problem] = []
        self.open: dict[int, Call] = {}
        self.calls = 0
        self._where = where
        self._retired: dict[int, tuple[str, int]] = {}

    @property
    def full(self) -> bool:
        """Whether so many problems were found that there is no point in going on."""
        return len(self.problems) >= PROBLEMS_MAX

    def invoke(self, event: Event, place: int) -> Call:
        """Note an invocation; its row is the number of invocations before it."""
        process = event.process
        assert isinstance(process, int)
        if (earlier := self.open.get(process)) is not None:
            self._problem(
                place,
                f"process {process} invoked {event.f!r} while its {earlier.event.f!r} "
                f"({self._where(earlier.place)}) is still open.",
                _SEQUENTIAL,
            )
        elif (retired := self._retired.get(process)) is not None:
            self._problem(
                place,
                f"process {process} invoked {event.f!r} although its {retired[0]!r} "
                f"ended in 'info' ({self._where(retired[1])}).",
                _SEQUENTIAL,
            )
        call = self.open[process] = Call(event, place, self.calls)
        self.calls += 1
        return call

    def complete(self, event: Event, place: int) -> Call | None:
        """The call that a completion belongs to; None, and a problem, where there is none."""
        process = event.process
        assert isinstance(process, int)
        call = self.open.pop(process, None)
        if event.type is EventType.INFO:
            self._retired[process] = (event.f, place)
        if call is None:
            self._problem(
                place,
                f"process {process} completed {event.f!r} with {event.type.value!r}, but it "
                "has no operation open.",
                "Every ok, fail or info follows an invoke of the same process and completes it "
                "once.",
            )
        elif call.event.f != event.f:
            self._problem(
                place,
                f"process {process} completed {event.f!r}, but it had invoked "
                f"{call.event.f!r} ({self._where(call.place)}).",
                "A completion repeats the function of its invocation.",
            )
        elif event.key is not None and canonical(call.event.key) != canonical(event.key):
            self._problem(
                place,
                f"process {process} completed {event.f!r} on key {event.key!r}, but it had "
                f"invoked it on key {call.event.key!r} ({self._where(call.place)}).",
                "A completion repeats the key of its invocation.",
            )
        return call

    def _problem(self, place: int, seen: str, expected: str) -> None:
        self.problems.append(Problem(self._where(place), seen, expected))


def pair(events: Sequence[Event], where: Callable[[int], str]) -> list[Operation]:
    """The operations of ``events``, in order of invocation; nemesis events are passed over.

    ``where`` names the place of the event at a *position* of ``events`` (``file:line``).
    An operation that never completed is indeterminate, like one completed by ``info``.

    Raises HistoryError with all problems (up to twenty): a completion without an
    invocation, an invocation while another is open or after the process retired,
    a completion that names another function or key than its invocation.
    """
    pairing = Pairing(where)
    operations: list[Operation | None] = []
    for position, event in enumerate(events):
        if event.process == NEMESIS:
            continue
        if event.type is EventType.INVOKE:
            pairing.invoke(event, position)
            operations.append(None)
        elif (call := pairing.complete(event, position)) is not None:
            operations[call.row] = operation_of(call.event, event)
        if pairing.full:
            break
    if pairing.problems:
        raise HistoryError(pairing.problems)
    for call in pairing.open.values():
        operations[call.row] = operation_of(call.event, None)
    return [operation for operation in operations if operation is not None]


def operation_of(call: Event, completion: Event | None) -> Operation:
    """The operation that ``call`` began; without a completion it is indeterminate."""
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
