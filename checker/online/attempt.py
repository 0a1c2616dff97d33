"""An operation as it is followed: its invocation and, once there is one, its completion."""

from __future__ import annotations

from typing import Any

from histories.event import Event, EventType, Operation, Outcome

_OUTCOMES = {
    EventType.OK: Outcome.OK,
    EventType.FAIL: Outcome.FAIL,
    EventType.INFO: Outcome.INFO,
}


class Attempt:
    """An operation in the making; ``outcome`` is None while it is open.

    ``ret`` stays None when the outcome is INFO. ``entered``: the frontier has taken up its
    call.
    """

    __slots__ = (
        "call",
        "call_ns",
        "entered",
        "error",
        "f",
        "input",
        "key",
        "node",
        "outcome",
        "output",
        "process",
        "ret",
        "ret_ns",
    )

    def __init__(self, event: Event) -> None:
        self.call = event.index
        self.call_ns = event.time
        self.process = event.process
        self.f = event.f
        self.key = event.key
        self.input = event.value
        self.node = event.node
        self.outcome: Outcome | None = None
        self.entered = False
        self.ret: int | None = None
        self.ret_ns: int | None = None
        self.output: Any = None
        self.error: str | None = None

    def complete(self, event: Event) -> None:
        """Take up the completion."""
        self.outcome = outcome = _OUTCOMES[event.type]
        self.output = event.value
        self.error = event.error
        if outcome is not Outcome.INFO:
            self.ret = event.index
            self.ret_ns = event.time

    def operation(self) -> Operation:
        """The operation as far as it is known: indeterminate while it is open."""
        assert isinstance(self.process, int)
        return Operation(
            self.call,
            self.ret,
            self.process,
            self.f,
            self.key,
            self.input,
            self.output,
            self.outcome or Outcome.INFO,
            self.call_ns,
            self.ret_ns,
            self.node,
            self.error,
        )
