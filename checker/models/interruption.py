"""Ends a step of a user's model when the time allowed is used up.

A search looks at the clock between configurations, but a step may never return. So while
``within`` is entered, each step that goes through ``ask`` looks at the clock before it begins;
in the main thread, where signals arrive, an interval timer (SIGALRM) also ends it in its midst.
What the timer cannot end is a single call into compiled code that goes on without end.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

LEFT_MIN_S = 0.001
"""A timer of nothing would never go off."""


class OutOfTime(BaseException):
    """The time allowed is used up. No Exception: the user's code must not take it for one."""


class _Allowed(threading.local):
    """What a thread's steps may still take."""

    left: Callable[[], float] | None = None
    """Seconds; None: without end."""
    asking = False
    """A step is under way, and nothing of ours: it may be ended where it is."""
    before: Any = None
    """The handler that ours took the place of; None: the timer is not set."""


_allowed = _Allowed()


@contextmanager
def within(left: Callable[[], float]) -> Iterator[None]:
    """Until this is left, ``ask`` raises OutOfTime when ``left()`` seconds are none.

    ``left`` may grow meanwhile. The timer is set with the first step that is asked, if nobody
    else uses it.
    """
    outer = _allowed.left
    _allowed.left, _allowed.asking = left, False
    try:
        yield
    finally:
        _allowed.left, _allowed.asking = outer, False
        if _allowed.before is not None and outer is None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, _allowed.before)
            _allowed.before = None


def ask(step: Callable[[Any, Any], Any], state: Any, effect: Any) -> Any:
    """What ``step`` gives; raises OutOfTime when that takes too long."""
    if _allowed.left is None:
        return step(state, effect)
    if _allowed.left() <= 0:
        raise OutOfTime
    if _allowed.before is None:
        _set_timer(_allowed.left())
    _allowed.asking = True
    try:
        return step(state, effect)
    finally:
        _allowed.asking = False


def _set_timer(left_s: float) -> None:
    if threading.current_thread() is not threading.main_thread():
        return
    # What somebody else set stays theirs.
    if signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL or left_s == float("inf"):
        return
    _allowed.before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, max(left_s, LEFT_MIN_S))


def _ring(_signal: int, _frame: Any) -> None:
    left = 0.0 if _allowed.left is None else _allowed.left()
    if left > 0:
        signal.setitimer(signal.ITIMER_REAL, max(left, LEFT_MIN_S))
    elif _allowed.asking:
        raise OutOfTime
