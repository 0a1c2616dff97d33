"""Histories told event by event, so that a test reads like what happened.

Story().call(0, "write", 1).call(1, "read").ok(0).ok(1, 1).operations()
"""

from __future__ import annotations

from typing import Any

from histories.event import Event, EventType, Operation
from histories.history import History
from histories.pairing import pair


class Story:
    """Events in the order told, ten milliseconds apart; process p talks to node n(p+1)."""

    def __init__(self, key: Any = None, model: str | None = None) -> None:
        self.key = key
        self.model = model
        self.events: list[Event] = []
        self._open: dict[int, tuple[str, Any]] = {}

    def _tell(
        self, process: int, kind: EventType, f: str, value: Any, error: str | None = None
    ) -> Story:
        index = len(self.events)
        self.events.append(
            Event(
                index,
                (index + 1) * 10_000_000,
                process,
                kind,
                f,
                self.key,
                value,
                f"n{process + 1}",
                error,
            )
        )
        return self

    def call(self, process: int, f: str, value: Any = None) -> Story:
        self._open[process] = (f, value)
        return self._tell(process, EventType.INVOKE, f, value)

    def ok(self, process: int, value: Any = None) -> Story:
        f, invoked = self._open.pop(process)
        return self._tell(process, EventType.OK, f, invoked if value is None else value)

    def fail(self, process: int, error: str | None = None) -> Story:
        f, invoked = self._open.pop(process)
        return self._tell(process, EventType.FAIL, f, invoked, error)

    def info(self, process: int, error: str | None = "timeout") -> Story:
        f, invoked = self._open.pop(process)
        return self._tell(process, EventType.INFO, f, invoked, error)

    def did(self, process: int, f: str, value: Any = None, answer: Any = None) -> Story:
        """A call and its ok with nothing in between."""
        return self.call(process, f, value).ok(process, answer)

    def operations(self) -> list[Operation]:
        return pair(self.events, lambda position: f"story:{position + 1}")

    def history(self) -> History:
        return History.of({"model": self.model}, self.events)
