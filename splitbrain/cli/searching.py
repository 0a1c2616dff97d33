"""Progress of a long check: on a terminal a moving line, elsewhere a line every ten seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from splitbrain.terminal import moving
from splitbrain.text import printable

QUIET_S = 2.0
"""Nobody needs to be told of what is over sooner."""
LIVE_S, PLAIN_S = 0.2, 10.0
STALLED_S = 5.0
"""Without a further completion verified for so long, no estimate is honest."""


class Searching:
    """Tells how far reading and deciding one file are; ``close`` leaves the terminal as it was.

    ``clock`` in seconds. The estimate assumes that what is left is like what is behind, and is
    left out when the search has not got further for some seconds: then nobody knows.
    """

    def __init__(
        self,
        file: str,
        *,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = file
        self._stream = stream if stream is not None else sys.stderr
        self._live = moving(self._stream)
        self._clock = clock
        self._began = clock()
        self._next = self._began + QUIET_S
        self._keys = self._completions = 0
        self._best = 0
        self._best_at = self._began
        self._shown = False

    def total(self, keys: int, completions: int) -> None:
        """What there is to decide; the search begins now."""
        self._keys, self._completions = keys, completions
        self._began = self._best_at = self._clock()

    def tick(self, keys: int, verified: int, configurations: int) -> None:
        """How far the search is. Cheap; may be called often and from any thread."""
        now = self._clock()
        if verified > self._best:
            self._best, self._best_at = verified, now
        if now >= self._next:
            self._next = now + (LIVE_S if self._live else PLAIN_S)
            self._show(self._words(now, keys, verified, configurations))

    def close(self) -> None:
        """Nothing more comes."""
        if self._shown and self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
        self._shown = False

    def _words(self, now: float, keys: int, verified: int, configurations: int) -> str:
        elapsed = max(now - self._began, 1e-9)
        share = f"{verified:,} of {self._completions:,} completions"
        if self._keys > 1:
            share += f", {keys:,} of {self._keys:,} keys"
        words = f"{self._file}: {elapsed:.0f} s, {share}"
        if configurations:
            words += f", {configurations / elapsed:,.0f} configurations a second"
        if now - self._best_at > STALLED_S or not 0 < verified < self._completions:
            if now - self._best_at > STALLED_S:
                words += f"; no further for {now - self._best_at:.0f} s, nobody knows how long yet"
            return words
        left = elapsed * (self._completions - verified) / verified
        return f"{words}; about {left:.0f} s left if the rest is like this"

    def _show(self, words: str) -> None:
        self._shown = True
        if self._live:
            self._stream.write(f"\r\x1b[K{printable(words)[:110]}")
        else:
            self._stream.write(f"{printable(words)}\n")
        self._stream.flush()
