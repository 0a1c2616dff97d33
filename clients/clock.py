"""The clock a client needs: the time, and to be called at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Nanoseconds since the start of the run, monotonic. Real or virtual."""

    def now_ns(self) -> int:
        """The time now."""

    def call_at(self, at_ns: int, action: Callable[[], None]) -> None:
        """Call ``action`` once, at ``at_ns`` or soon after, never before and never from here.

        There is no taking back: who no longer needs the call ignores it.
        """
