"""A counter, followed event by event: the bounds of checker.counters, as far as they are known.

    adds acknowledged before the read began  <=  value  <=  adds begun before it returned

An add that may be negative moves the other bound. The same holds for the difference between
a read and the last one that returned before it began. An open add may count; should it fail
later, the reads it might have counted in are looked at once more. Sound, not complete.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from checker.online.attempt import Attempt
from histories.event import Outcome

UNSETTLED_MAX = 1_000
"""Reads that are looked at again when an add that was open as they returned has failed."""


@dataclass(slots=True)
class _Sums:
    """Sums of positive and of negative adds."""

    up: int = 0
    down: int = 0

    def add(self, amount: int, sign: int = 1) -> None:
        if amount > 0:
            self.up += sign * amount
        else:
            self.down += sign * amount

    def copy(self) -> _Sums:
        return _Sums(self.up, self.down)


@dataclass(slots=True)
class _Answer:
    """A read that returned. ``done_at_call``: adds acknowledged before it began; ``since``:
    acknowledged adds that began after it returned, while no later read has returned."""

    attempt: Attempt
    value: int
    done_at_call: _Sums
    since: _Sums = field(default_factory=_Sums)


@dataclass(slots=True)
class _Base:
    """What was known when a read began: adds acknowledged by then, the last read that had
    returned, and the adds that lie wholly between the two."""

    done: _Sums
    earlier: _Answer | None
    between: _Sums


@dataclass(slots=True)
class _Unsettled:
    """A read that returned while adds were open: ``begun`` counts them as long as they may."""

    attempt: Attempt
    base: _Base
    begun: _Sums
    open: set[int]


class CounterKey:
    """Follows one counter (``follower.py``); ``complaint`` says what is wrong with the culprit."""

    exact = False

    def __init__(self) -> None:
        self.culprit: Attempt | None = None
        self.trouble: str | None = None
        self.complaint: str | None = None
        self._begun = _Sums()
        self._done = _Sums()
        self._open: dict[int, _Answer | None] = {}
        """Open adds by call, with the last read that had returned when each began."""
        self._reads: dict[int, _Base] = {}
        self._last: _Answer | None = None
        self._unsettled: list[_Unsettled] = []

    def call(self, attempt: Attempt) -> None:
        """An add or a read is invoked."""
        if attempt.f == "add":
            self._begun.add(attempt.input)
            self._open[attempt.call] = self._last
        else:
            last = self._last
            between = _Sums() if last is None else last.since.copy()
            self._reads[attempt.call] = _Base(self._done.copy(), last, between)

    def complete(self, attempt: Attempt) -> None:
        """It ended."""
        if self.culprit is not None:
            return
        if attempt.f == "read":
            base = self._reads.pop(attempt.call)
            if attempt.outcome is Outcome.OK:
                self._answered(attempt, base)
            return
        amount, call = attempt.input, attempt.call
        since = self._open.pop(call)
        if attempt.outcome is Outcome.OK:
            self._done.add(amount)
            if since is not None and since is self._last:
                since.since.add(amount)
        elif attempt.outcome is Outcome.FAIL:
            self._begun.add(amount, -1)
        still = []
        for one in self._unsettled:
            if call in one.open:
                one.open.remove(call)
                if attempt.outcome is Outcome.FAIL:
                    one.begun.add(amount, -1)
                    self._look(one)
            if one.open:
                still.append(one)
        self._unsettled = still

    def _answered(self, read: Attempt, base: _Base) -> None:
        one = _Unsettled(read, base, self._begun.copy(), set(self._open))
        self._look(one)
        if one.open:
            self._unsettled.append(one)
            # Looked at less often is still sound.
            del self._unsettled[:-UNSETTLED_MAX]
        self._last = _Answer(read, read.output, base.done)

    def _look(self, one: _Unsettled) -> None:
        """Accuse a read that is out of bounds."""
        value, done, begun = one.attempt.output, one.base.done, one.begun
        least, most = done.up + begun.down, begun.up + done.down
        earlier = one.base.earlier
        if earlier is not None:
            # May count: begun by now, not acknowledged before the earlier read began.
            may_up = begun.up - earlier.done_at_call.up
            may_down = begun.down - earlier.done_at_call.down
            least = max(least, earlier.value + one.base.between.up + may_down)
            most = min(most, earlier.value + may_up + one.base.between.down)
        if not least <= value <= most and self.culprit is None:
            self.culprit = one.attempt
            self.complaint = (
                f"answers {value}; with the adds that had begun by then, and those acknowledged "
                f"before it began, it must lie between {least} and {most}"
                if least <= most
                else f"answers {value}; what was read before rules out every answer"
            )

    def probe(self) -> Attempt | None:
        """Everything is decided as it comes."""
        return self.culprit

    def waiting(self) -> int:
        """Nothing waits."""
        return 0

    def give_up_on_first(self) -> Attempt:
        """Nothing waits, so there is nothing to give up on."""
        raise ValueError("no event of a counter waits for another")

    def rest(self) -> None:
        """It holds no more than it must."""

    def configurations(self) -> int:
        """One: the sums."""
        return 1
