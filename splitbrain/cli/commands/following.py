"""``splitbrain check -``: follow a pipe, and tell of the first impossible completion at once."""

from __future__ import annotations

import io
import os
import select
import sys
import time
from collections.abc import Callable, Iterable
from typing import IO, TYPE_CHECKING, Any, TextIO, cast

from splitbrain.cli.catalogue import WHOLE
from splitbrain.cli.failure import EXIT_INTERRUPTED
from splitbrain.terminal import moving
from splitbrain.text import printable

if TYPE_CHECKING:
    from checker.models import Model
    from checker.online.monitor import Monitor
    from checker.reading import Reading
    from checker.verdict import Result, Violation
    from histories.event import Event
    from histories.stream import EventStream

NAME = "-"
AS_A_WHOLE = {*WHOLE, "bank"}
"""Models of which the beginning says nothing: whether anybody opened a bank is known at the end."""
PROBE_S = 0.2
"""Between two looks at everything that came, operations that are open included."""
SHARE_MAX = 0.25
"""Of the time, for such looks: on a long window they are expensive and come less often."""
PROBE_EVENTS = 128
"""Events between two looks at the clock."""
LIVE_S, PLAIN_S = 0.5, 10.0
BLOCK_BYTES = 1 << 18


def follow(
    stream: IO[bytes],
    *,
    model: str | None = None,
    reading: str | None = None,
    independent: bool | None = None,
    as_json: bool = False,
    progress: TextIO | None = None,
    quiet: bool = False,
) -> int:
    """Judge the events that come through ``stream`` as they come; returns the exit code.

    1 with the sentence as soon as something is impossible; else, at the end, that of the
    verdict; 130 after Ctrl-C, with what is verified so far. ``independent``: as for
    ``EventStream``. Raises HistoryError, naming the line, for what is no history.
    """
    from histories.errors import HistoryError

    shown = io.StringIO() if quiet else progress or sys.stderr
    following = _Following(stream, model, reading, independent, shown)
    try:
        violation, interrupted = following.run()
    except HistoryError:
        # Often the reason: a header that was cut off.
        _tell_notes(following)
        raise
    finally:
        following.close()
    if violation is not None:
        # Said before what may take some seconds: judging once more, and finding the words.
        sys.stderr.write(f"{NAME}: {printable(violation.sentence)}\n")
        sys.stderr.flush()
    result = following.result()
    _tell(following, result, as_json=as_json, interrupted=interrupted)
    return EXIT_INTERRUPTED if interrupted and violation is None else result.verdict.exit_code


class _Following:
    """The stream, the monitor, and the clock that makes it look."""

    def __init__(
        self,
        stream: IO[bytes],
        model: str | None,
        reading: str | None,
        independent: bool | None,
        progress: TextIO,
    ) -> None:
        from histories.stream import EventStream

        self.began = time.perf_counter()
        self.monitor: Monitor | None = None
        # It asks for readline and read, no more.
        pipe = cast("IO[bytes]", Pipe(stream, self._look))
        self.events: EventStream = EventStream(pipe, NAME, independent=independent)
        self.found: Violation | None = None
        self._model, self._reading = model, reading
        self._next = self.began + PROBE_S
        self._shown = FollowingProgress(progress, self.began)

    def run(self) -> tuple[Violation | None, bool]:
        """Follow to the end, or to the first violation; and whether Ctrl-C ended it."""
        try:
            if self._feed_all(self.events):
                return self.found, False
            if self.monitor is None:
                self.monitor = self._begin()
            return self.monitor.probe(), False
        except _Found:
            return self.found, False
        except KeyboardInterrupt:
            if self.found is None:
                self._feed_all(self.events.held())
            return self.found, True

    def _feed_all(self, events: Iterable[Event]) -> bool:
        """Feed events up to the first violation; whether there was one."""
        for event in events:
            if self.monitor is None:
                self.monitor = self._begin()
            self._feed(self.monitor, event)
            if self.found is not None:
                return True
        return False

    def _feed(self, monitor: Monitor, event: Event) -> None:
        from histories.errors import HistoryError

        try:
            self.found = monitor.feed(event)
        except HistoryError as error:
            raise HistoryError(
                [self._placed(problem, event) for problem in error.problems]
            ) from None
        if monitor.events % PROBE_EVENTS == 0 and time.perf_counter() >= self._next:
            self._probe(monitor)

    def _placed(self, problem: Any, event: Event) -> Any:
        from dataclasses import replace

        here = problem.where == f"event {event.index}"
        return replace(problem, where=f"{NAME}:{self.events.line}") if here else problem

    def _look(self) -> None:
        """Nothing has come for a while: decide what did. Raises _Found to leave the stream."""
        if self.monitor is not None:
            self._probe(self.monitor)
            if self.found is not None:
                raise _Found

    def _probe(self, monitor: Monitor) -> None:
        began = time.perf_counter()
        self.found = self.found or monitor.probe()
        now = time.perf_counter()
        self._next = now + max(PROBE_S, (now - began) / SHARE_MAX)
        self._shown.tick(monitor, now)

    def _begin(self) -> Monitor:
        from checker.online.monitor import Monitor
        from checker.reading import READINGS

        reader = self.events.reader
        natural = reader.reading if reader is not None else "splitbrain"
        reading: Reading = READINGS[self._reading or natural]
        return Monitor(self._definition(), reading=reading, ours=natural == "splitbrain")

    def _definition(self) -> str | Model:
        from checker.models import MODELS
        from histories.errors import HistoryError, Problem

        reader = self.events.reader
        name = self._model or (reader.header.get("model") if reader is not None else None)
        if name in MODELS and name not in AS_A_WHOLE:
            return str(name)
        if self._model is not None and name not in AS_A_WHOLE:
            from checker.models.user import load_model

            loaded: Model = load_model(self._model)
            return loaded
        seen = "no model is named." if name is None else f"the model {name!r} is not known."
        if name in AS_A_WHOLE:
            seen = f"the model {name!r} judges a history as a whole: give the file, not a pipe."
        known = ", ".join(one for one in MODELS if one not in AS_A_WHOLE)
        raise HistoryError([Problem(NAME, seen, f"Name one with --model: {known}.")]) from None

    def result(self) -> Result:
        """The verdict on what came."""
        if self.monitor is None:
            self.monitor = self._begin()
        return self.monitor.finish()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._shown.close()


class _Found(Exception):
    """Something impossible was found while nothing came."""


class Pipe:
    """The lines of a stream; ``idle`` is called whenever nothing has come for a while.

    What is not a descriptor (a test's BytesIO) is read as it is, without waiting.
    """

    def __init__(self, stream: IO[bytes], idle: Callable[[], None]) -> None:
        self._stream, self._idle = stream, idle
        self._held = b""
        self._at = 0
        self._over = False
        try:
            self._descriptor: int | None = stream.fileno()
        except (OSError, AttributeError):
            self._descriptor = None

    def readline(self, limit: int = -1) -> bytes:
        """The next line with its end; what there is at the end of the stream; at most ``limit``."""
        searched = self._at
        while True:
            end = self._held.find(b"\n", searched)
            if end >= 0 or self._over or 0 <= limit <= len(self._held) - self._at:
                stop = end + 1 if end >= 0 else len(self._held)
                if limit >= 0:
                    stop = min(stop, self._at + limit)
                line = self._held[self._at : stop]
                self._at = stop
                return line
            searched = self._more(len(self._held))

    def read(self, size: int) -> bytes:
        """Up to ``size`` bytes, at least one unless the stream is over."""
        if self._at == len(self._held) and not self._over:
            self._more(self._at)
        piece = self._held[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def _more(self, searched: int) -> int:
        """Wait for more; where ``searched`` is now that what was given out is dropped."""
        while self._descriptor is not None:
            ready, _, _ = select.select([self._descriptor], [], [], PROBE_S)
            if ready:
                break
            self._idle()
        if self._descriptor is not None:
            block = os.read(self._descriptor, BLOCK_BYTES)
        else:
            block = self._stream.read(BLOCK_BYTES)
        self._over = not block
        searched -= self._at
        self._held = self._held[self._at :] + block
        self._at = 0
        return searched


class FollowingProgress:
    """Progress: events, rate, what is open, configurations, memory; quick runs say nothing."""

    def __init__(self, stream: TextIO, began: float) -> None:
        self._stream = stream
        self._live = moving(stream)
        self._began = self._last = began
        self._events = 0
        self._next = began + (LIVE_S if self._live else PLAIN_S)
        self._shown = False

    def tick(self, monitor: Monitor, now: float) -> None:
        """Show how far it is, if it is time to."""
        if now < self._next:
            return
        from splitbrain.cli.judging import peak_mb

        self._next = now + (LIVE_S if self._live else PLAIN_S)
        rate = (monitor.events - self._events) / max(now - self._last, 1e-9)
        self._events, self._last = monitor.events, now
        text = (
            f"{monitor.events:,} events, {rate:,.0f}/s; {monitor.open:,} open, "
            f"{monitor.configurations:,} configurations, {peak_mb():,.0f} MB; "
            f"{'violation' if monitor.violations else 'no violation so far'}"
        )
        self._shown = True
        start, end = ("\r\x1b[K", "") if self._live else ("", "\n")
        self._stream.write(f"{start}{printable(text)}{end}")
        self._stream.flush()

    def close(self) -> None:
        """Take the moving line away."""
        if self._shown and self._live:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _tell(
    following: _Following,
    result: Result,
    *,
    as_json: bool,
    interrupted: bool,
) -> None:
    from splitbrain.cli.judging import peak_mb
    from splitbrain.cli.output import print_json, print_text, width

    total = time.perf_counter() - following.began
    monitor = following.monitor
    assert monitor is not None
    if as_json:
        document = {
            "file": NAME,
            "verdict": str(result.verdict),
            "reason": result.reason,
            "model": result.model,
            "operations": result.operations,
            "keys": result.keys,
            "algorithm": result.algorithm,
            "search_seconds": result.search_seconds,
            "total_seconds": total,
            "peak_mb": peak_mb(),
            "certificate": None,
        }
        print_json([document | ({"interrupted": True} if interrupted else {})])
        return
    from checker.wording import plural, seconds

    _tell_notes(following)
    stopped = ""
    if interrupted:
        stopped = ", interrupted: this is of what came until then"
    print_text(
        f"{NAME}: {result.verdict}  ({result.model}, {plural(result.operations, 'operation')} "
        f"up to {seconds(monitor.last_ns)}, {plural(result.keys, 'key')}, {total:.2f} s{stopped})"
    )
    if result.reason and not result.violations:
        print_text(f"  {result.reason}")
    for violation in result.violations:
        from splitbrain.report.findings import violation_text

        told = violation_text(violation, monitor.kept(violation), [], width=width())
        print_text(f"\n{told}\n")


def _tell_notes(following: _Following) -> None:
    reader = following.events.reader
    for note in (*following.events.notes, *(reader.notes if reader is not None else ())):
        sys.stderr.write(f"note: {printable(note)}\n")
