"""How far many runs are: a moving line with a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

from splitbrain.progress import LiveProgress, Progress

QUIET_S = 2.0
"""Nobody needs to be told of what is over sooner."""
LIVE_S, PLAIN_S, PLAIN_LATER_S = 0.2, 10.0, 60.0
LATER_S = 120.0
"""A log that is read afterwards wants fewer lines once it is known to be a long affair."""
BAR = 24


class Meter:
    """Told after each run. ``clock`` in seconds; ``total`` counts the runs that are asked for.

    The estimate assumes that the runs to come take as long as those so far.
    """

    def __init__(
        self,
        progress: Progress,
        total: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = progress
        self._live = isinstance(progress, LiveProgress)
        self._total = total
        self._clock = clock
        self._began = clock()
        self._next = self._began + QUIET_S
        if self._live and total:
            self._bar(0, f"{total:,} runs")

    def show(self, done: int, what: str) -> None:
        """``done`` runs are over; ``what`` says what is being run, or was found so far."""
        now = self._clock()
        if now < self._next:
            return
        elapsed = now - self._began
        usual = PLAIN_S if elapsed < LATER_S else PLAIN_LATER_S
        self._next = now + (LIVE_S if self._live else usual)
        text = words(done, self._total, elapsed, what)
        if self._live:
            self._bar(done, text)
        else:
            self._progress.line(text)

    def _bar(self, done: int, text: str) -> None:
        full = BAR * done // self._total
        self._progress.phase(f"[{'#' * full}{'-' * (BAR - full)}] {text}")


def words(done: int, total: int, elapsed_s: float, what: str) -> str:
    """The words of a progress line."""
    rate = done / max(elapsed_s, 1e-9)
    pace = f"{rate:.1f} a second" if rate >= 0.5 else f"{60 * rate:.1f} a minute"
    told = f"{done:,} of {total:,} runs, {pace}"
    if 0 < done < total:
        told += f", about {_length((total - done) / rate)} left"
    return f"{told}: {what}"


def _length(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
