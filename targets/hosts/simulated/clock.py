"""A node's own clocks: a monotonic one with an origin of its own, and a wall clock.

Both hang on one oscillator, which may run too fast or too slow; only the wall clock knows
steps. A clock that is set right keeps, as a monotonic one, what it has gained or lost.
"""

from __future__ import annotations

from math import ceil

from targets.hosts.simulated.loop import SECOND, VirtualLoop


class LocalClock:
    """Both clocks of one machine, over the loop's true time. ``origin_s``: where it began."""

    def __init__(self, loop: VirtualLoop, origin_s: float) -> None:
        self._loop = loop
        self._from_ns = loop.now_ns
        self._from_s = origin_s
        self._rate = 1.0
        self._error_s = 0.0

    def now(self) -> float:
        """The monotonic clock, in seconds."""
        return self._from_s + (self._loop.now_ns - self._from_ns) / SECOND * self._rate

    def wall_error_s(self) -> float:
        """Seconds that the wall clock is ahead of the true time."""
        elapsed_s = (self._loop.now_ns - self._from_ns) / SECOND
        return self._error_s + elapsed_s * (self._rate - 1.0)

    def wall(self) -> float:
        """The wall clock: seconds since the run began, as this machine has them."""
        return self._loop.now_ns / SECOND + self.wall_error_s()

    def ns_at(self, local_s: float) -> int:
        """The true time at which the monotonic clock, at its present rate, shows ``local_s``."""
        # A nanosecond later, so that rounding never makes it a hair too early.
        return self._from_ns + ceil((local_s - self._from_s) / self._rate * SECOND) + 1

    def set(self, offset_s: float, rate: float) -> None:
        """Step the wall clock to be ``offset_s`` ahead, and run at ``rate`` from now on."""
        self._from_s, self._from_ns = self.now(), self._loop.now_ns
        self._error_s, self._rate = offset_s, rate
