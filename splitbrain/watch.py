"""Follows a run while it goes on, beside the event loop, and stops it at the first violation."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from splitbrain.record import Stopped

if TYPE_CHECKING:
    from checker.online.monitor import Monitor
    from checker.verdict import Violation
    from histories.event import Event

PROBE_S = 0.1
"""Between two looks at everything that was seen, operations that are open included."""
SHARE_MAX = 0.2
"""Of the time, for such looks."""
PLAIN_RATE_MAX = 1_000.0
"""Operations a second that plain Python follows with ease."""
PROBE_EVENTS = 100
"""Between two such looks in virtual time."""
BACKLOG_MAX = 500_000
"""Events that may wait to be looked at; some hundred MB."""
ON_S = {"list-append": 1.0, "rw-register": 1.0, "set": 1.0}
"""How long a run of a model goes on after its first violation, in seconds; others end at once.

What kind of anomaly it is shows with what comes next. That two transactions wrote two lists in
opposite orders is told by whoever reads both, and some read that fits into no order came before
that; an element is lost, and not one node late, once a second node lacks it.
"""


class Watch:
    """A thread with a monitor. ``observe`` costs the event loop a microsecond an event.

    ``stopped``: when and for what the run was stopped. ``on_s``: for how long it goes on once
    that is known, which is for whoever stops it to wait. ``trouble``: why the run was not
    followed to its end, if it was not; that costs the stop and nothing else, for the whole
    history is judged once the run is over.
    """

    def __init__(self, model: str) -> None:
        self.stopped: Stopped | None = None
        self.on_s = ON_S.get(model, 0.0)
        self.trouble: str | None = None
        self._model = model
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._monitor: Monitor | None = None
        self._thread: threading.Thread | None = None
        self._now_ns: Callable[[], int] = lambda: 0
        self._stop: Callable[[], object] = lambda: None

    def slow_to_warm(self, rate: float) -> bool:
        """Whether ``warm`` takes some seconds: kernels are wanted, and never were compiled."""
        from checker.online.engine import compiled_before

        return _fast(rate) and not compiled_before()

    def warm(self, rate: float) -> None:
        """Make the monitor; at high rates (0: no limit) with compiled kernels."""
        from checker.online.monitor import Monitor

        # Not later: compiling while clients run would hold up the event loop for seconds.
        self._monitor = Monitor(self._model, compile=False, exact=False, explain=False)
        if _fast(rate):
            self._monitor.engine.warm()

    def start(self, now_ns: Callable[[], int], stop: Callable[[], object]) -> None:
        """Follow from here on; ``stop`` is called from the thread, at most once."""
        self._now_ns, self._stop = now_ns, stop
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def observe(self, event: Event) -> None:
        """Take an event, in order."""
        self._events.put(event)

    def close(self) -> None:
        """Follow what is left, and end the thread. Again: does nothing."""
        if self._thread is not None:
            self._events.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        try:
            self._follow()
        except Exception as error:  # the run must not fail because it was watched
            self.trouble = f"{type(error).__name__}: {error}"

    def _follow(self) -> None:
        monitor = self._monitor
        assert monitor is not None
        due = time.monotonic() + PROBE_S
        while True:
            try:
                event = self._events.get(timeout=max(0.0, due - time.monotonic()))
            except Empty:
                event = None
            else:
                if event is None:
                    self._found(monitor.probe())
                    return
                if self._found(monitor.feed(event)):
                    return
                if self._events.qsize() > BACKLOG_MAX:
                    self.trouble = f"it fell behind by {BACKLOG_MAX:,} events"
                    return
            began = time.monotonic()
            if began >= due:
                if self._found(monitor.probe()):
                    return
                now = time.monotonic()
                due = now + max(PROBE_S, (now - began) / SHARE_MAX)

    def _found(self, violation: Violation | None) -> bool:
        """Stop the run if there is a violation."""
        if violation is None:
            return False
        completed_ns = violation.details["completed_ns"]
        stopped_ns = self._now_ns() + round(self.on_s * 1e9)
        self.stopped = Stopped(completed_ns, stopped_ns, violation.sentence)
        self._stop()
        return True


class InlineWatch(Watch):
    """The same without a thread, for virtual time: where it stops must not depend on luck.

    Everything is looked at after each ``PROBE_EVENTS`` events, operations that are open
    included; a completion that cannot have happened is mostly seen at once.
    """

    def start(self, now_ns: Callable[[], int], stop: Callable[[], object]) -> None:
        """Follow from here on; ``stop`` is called from ``observe``, at most once."""
        self._now_ns, self._stop = now_ns, stop
        self._since_probe = 0

    def slow_to_warm(self, rate: float) -> bool:
        """Never: virtual time waits."""
        return False

    def warm(self, rate: float) -> None:
        """Make the monitor, in plain Python: runs are short."""
        super().warm(PLAIN_RATE_MAX)

    def observe(self, event: Event) -> None:
        """Take an event, in order, and look at it."""
        monitor = self._monitor
        if monitor is None or self.stopped is not None or self.trouble is not None:
            return
        try:
            self._since_probe += 1
            if not self._found(monitor.feed(event)) and self._since_probe >= PROBE_EVENTS:
                self._since_probe = 0
                self._found(monitor.probe())
        except Exception as error:  # the run must not fail because it was watched
            self.trouble = f"{type(error).__name__}: {error}"


def watch_for(model: str, *, virtual: bool) -> Watch:
    """The watch for a run in real or in virtual time."""
    return InlineWatch(model) if virtual else Watch(model)


def _fast(rate: float) -> bool:
    return rate == 0 or rate > PLAIN_RATE_MAX
