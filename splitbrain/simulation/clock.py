"""The run's clock over a virtual event loop."""

from __future__ import annotations

from collections.abc import Callable

from targets.hosts.simulated.loop import VirtualLoop


class VirtualLoopClock:
    """The loop's own nanoseconds from the clock's making on; calls are never late."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._zero_ns = loop.now_ns
        self._closed = False

    def now_ns(self) -> int:
        """Nanoseconds since the clock was made."""
        return self._loop.now_ns - self._zero_ns

    def call_at(self, at_ns: int, action: Callable[[], None]) -> None:
        """Call ``action`` at ``at_ns``."""
        self._loop.at(self._zero_ns + at_ns, self._ring, action)

    def close(self) -> None:
        """Forget all calls."""
        self._closed = True

    def _ring(self, action: Callable[[], None]) -> None:
        if not self._closed:
            action()
