"""What a run says of itself while it goes on: the protocol, and its silent, plain and live kinds.

Progress goes to stderr, so that stdout carries the result alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TextIO

from splitbrain.terminal import colored, moving
from splitbrain.text import printable

if TYPE_CHECKING:
    from rich.status import Status

PLAIN_TICK_S, VERBOSE_TICK_S = 10.0, 1.0


class Progress(Protocol):
    """Told by the harness what it is at. Calls are cheap and may come often."""

    def phase(self, text: str) -> None:
        """A new phase begins (``starting five nodes``)."""

    def line(self, text: str) -> None:
        """A line worth keeping (which host and why, which image was made)."""

    def detail(self, text: str) -> None:
        """A line for whoever asked for all there is (--verbose): a fault as it happens."""

    def tick(
        self,
        operations: int,
        ok: int,
        fail: int,
        info: int,
        elapsed_s: float,
        active_faults: Sequence[str],
    ) -> None:
        """How far the run is: operations so far by outcome, and the faults in force now."""

    def close(self) -> None:
        """Nothing more comes; leave the terminal as it was."""


class SilentProgress:
    """Says nothing."""

    def phase(self, text: str) -> None:
        """Say nothing."""

    def line(self, text: str) -> None:
        """Say nothing."""

    def detail(self, text: str) -> None:
        """Say nothing."""

    def tick(
        self,
        operations: int,
        ok: int,
        fail: int,
        info: int,
        elapsed_s: float,
        active_faults: Sequence[str],
    ) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Nothing to leave."""


class PlainProgress:
    """Lines for a log: phases, lasting lines, and how far the run is every ten seconds.

    ``verbose``: every second, and details.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        verbose: bool = False,
    ) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._verbose = verbose
        self._every_s = VERBOSE_TICK_S if verbose else PLAIN_TICK_S
        self._next_tick = clock() + self._every_s

    def phase(self, text: str) -> None:
        """Print the phase on a line of its own."""
        self.line(text)

    def line(self, text: str) -> None:
        """Print the line."""
        print(printable(text), file=self._stream, flush=True)

    def detail(self, text: str) -> None:
        """Print the line where details were asked for."""
        if self._verbose:
            self.line(text)

    def tick(
        self,
        operations: int,
        ok: int,
        fail: int,
        info: int,
        elapsed_s: float,
        active_faults: Sequence[str],
    ) -> None:
        """Print how far the run is, if it is time to since it was last printed."""
        now = self._clock()
        if now < self._next_tick:
            return
        self._next_tick = now + self._every_s
        self.line("  " + describe_tick(operations, ok, fail, info, elapsed_s, active_faults))

    def close(self) -> None:
        """Nothing to leave."""


class LiveProgress:
    """One moving line at the bottom of a terminal; lasting lines scroll above it."""

    def __init__(self, *, verbose: bool = False) -> None:
        # Imported here: a quarter of the time --help may take.
        from rich.console import Console

        plain = not colored(sys.stderr)
        self._console = Console(stderr=True, highlight=False, markup=False, no_color=plain)
        self._verbose = verbose
        self._status: Status | None = None
        self._phase = ""
        self._next_tick = 0.0

    def phase(self, text: str) -> None:
        """Show the phase in the moving line."""
        self._phase = text
        self._show(text)

    def line(self, text: str) -> None:
        """Print the line above the moving one."""
        self._console.print(printable(text), soft_wrap=True)

    def detail(self, text: str) -> None:
        """Print the line above the moving one where details were asked for."""
        if self._verbose:
            self.line(text)

    def tick(
        self,
        operations: int,
        ok: int,
        fail: int,
        info: int,
        elapsed_s: float,
        active_faults: Sequence[str],
    ) -> None:
        """Refresh the moving line, five times a second at most."""
        now = time.monotonic()
        if now < self._next_tick:
            return
        self._next_tick = now + 0.2
        told = describe_tick(operations, ok, fail, info, elapsed_s, active_faults)
        self._show(f"{self._phase}  {told}" if self._phase else told)

    def close(self) -> None:
        """Take the moving line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _show(self, text: str) -> None:
        from rich.text import Text

        # Text and not str: what a system says of itself must not be read as markup.
        shown = Text(printable(text), no_wrap=True, overflow="ellipsis")
        if self._status is None:
            self._status = self._console.status(shown)
            self._status.start()
        else:
            self._status.update(shown)


def describe_tick(
    operations: int, ok: int, fail: int, info: int, elapsed_s: float, active_faults: Sequence[str]
) -> str:
    """The words of a progress line."""
    faults = f"   fault: {', '.join(active_faults)}" if active_faults else ""
    return (
        f"{elapsed_s:5.1f} s  {operations:,} operations: "
        f"{ok:,} ok, {fail:,} failed, {info:,} indeterminate{faults}"
    )


def progress_for(*, quiet: bool, verbose: bool = False) -> Progress:
    """The kind that fits: silent when asked, live on a terminal, plain lines otherwise."""
    if quiet:
        return SilentProgress()
    if moving(sys.stderr):
        return LiveProgress(verbose=verbose)
    return PlainProgress(verbose=verbose)
