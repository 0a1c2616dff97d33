"""The run's one clock, over an event loop or virtual."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from itertools import count

_Call = tuple[int, int, Callable[[], None]]


class LoopClock:
    """CLOCK_MONOTONIC from its making, with one heap of calls and one timer of the loop.

    Made before or inside a loop; ``call_at`` needs the running one. Calls come at most a
    few milliseconds late, never early.
    """

    def __init__(self) -> None:
        self._zero_ns = time.monotonic_ns()
        self._calls: list[_Call] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0

    def now_ns(self) -> int:
        """Nanoseconds since the clock was made."""
        return time.monotonic_ns() - self._zero_ns

    def call_at(self, at_ns: int, action: Callable[[], None]) -> None:
        """Call ``action`` from the loop at ``at_ns`` or soon after."""
        heapq.heappush(self._calls, (at_ns, next(self._order), action))
        if self._timer is None or at_ns < self._timer_ns:
            self._set_timer()

    def close(self) -> None:
        """Forget all calls."""
        self._calls.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_ns = self._calls[0][0]
        delay_s = max(0, self._timer_ns - self.now_ns()) / 1e9
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now_ns = self.now_ns()
        due = []
        while self._calls and self._calls[0][0] <= now_ns:
            due.append(heapq.heappop(self._calls)[2])
        if self._calls:
            self._set_timer()
        for action in due:
            action()


class VirtualClock:
    """Time that passes only when ``run_next`` is called: from one call to the next."""

    def __init__(self) -> None:
        self._now_ns = 0
        self._calls: list[_Call] = []
        self._order = count()

    def now_ns(self) -> int:
        """The virtual time."""
        return self._now_ns

    def call_at(self, at_ns: int, action: Callable[[], None]) -> None:
        """Call ``action`` when time has come to ``at_ns``; calls of one time keep their order."""
        heapq.heappush(self._calls, (max(at_ns, self._now_ns), next(self._order), action))

    def run_next(self) -> bool:
        """Let time pass to the next call and make it; False when there is none."""
        if not self._calls:
            return False
        self._now_ns, _, action = heapq.heappop(self._calls)
        action()
        return True
