"""Cells run in their order, within a budget; an interrupt lets what runs end in good order.

simulated cells   as many at once as there are lanes
others            one at a time, and nothing beside them: they need this machine to themselves
"""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Protocol

from splitbrain.matrix.cell import Cell
from splitbrain.matrix.found import Found
from splitbrain.matrix.lanes import Alone, Lane
from splitbrain.matrix.lengths import Lengths, clock_text
from splitbrain.matrix.outcome import Outcome, State, outcome_of, skipped

TURN_S = 0.1
"""How long a wait may last before it looks again whether it was interrupted."""
PATIENT = 2
"""Interrupts after which what runs is not waited for any more."""


class Teller(Protocol):
    """Told how it goes."""

    def begun(self, cell: Cell) -> None:
        """A cell runs now."""

    def ended(self, outcome: Outcome) -> None:
        """A cell has run, or will not."""

    def waits(self) -> None:
        """Nothing has happened for a moment."""

    def said(self, line: str) -> None:
        """A run on a real host says something of itself."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far to go. ``budget_s`` in seconds of the real clock."""

    jobs: int = 1
    budget_s: float | None = None
    fail_fast: bool = False


class Run:
    """One run of a matrix. ``outcomes`` grows; in the end there is one for each cell."""

    def __init__(
        self,
        cells: Sequence[Cell],
        store: Path,
        limits: Limits,
        teller: Teller,
        *,
        clock: Callable[[], float] = time.monotonic,
        make_lane: Callable[[Path, SimpleQueue[tuple[Lane, Found]]], Lane] = Lane,
        make_alone: Callable[[Cell, Path, Callable[[str], None]], Alone] = Alone,
    ) -> None:
        self.outcomes: list[Outcome] = []
        self.lengths = Lengths()
        self._pending = deque(cells)
        self._store, self._limits, self._teller = store, limits, teller
        self._clock, self._began = clock, clock()
        self._make_alone = make_alone
        self._done: SimpleQueue[tuple[Lane, Found]] = SimpleQueue()
        self._idle = [make_lane(store, self._done) for _ in range(max(1, limits.jobs))]
        self._busy: dict[Lane, tuple[Cell, float]] = {}
        self._interrupts = 0

    @property
    def interrupted(self) -> bool:
        """Whether the user ended it."""
        return self._interrupts > 0

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return self._clock() - self._began

    @property
    def left_s(self) -> float:
        """How long what is still to run will take, as far as that is known."""
        running = [cell for cell, _ in self._busy.values()]
        return self.lengths.total_s([*self._pending, *running], self._limits.jobs)

    def run(self) -> None:
        """Run them all, or as far as budget and user allow."""
        with self._interruptible():
            try:
                while self._pending or self._busy:
                    self._step()
            finally:
                for lane in (*self._idle, *self._busy):
                    lane.close()

    def _step(self) -> None:
        if (why := self._over()) is not None:
            while self._pending:
                self._end(skipped(self._pending.popleft(), why))
        elif self._pending:
            cell = self._pending[0]
            if (why := self._too_long(cell)) is not None:
                self._pending.popleft()
                self._end(skipped(cell, why))
                return
            if cell.simulated and self._idle:
                self._pending.popleft()
                lane = self._idle.pop()
                self._busy[lane] = cell, self._clock()
                self._teller.begun(cell)
                lane.start(cell)
                return
            if not cell.simulated and not self._busy:
                self._pending.popleft()
                self._run_alone(cell)
                return
        self._wait()

    def _over(self) -> str | None:
        """Why no more cells are begun, if so."""
        if self.interrupted:
            return "interrupted before its turn"
        if self._limits.fail_fast:
            failed = (one for one in self.outcomes if one.state in (State.FAILED, State.ERROR))
            if (first := next(failed, None)) is not None:
                return f"not run any more: {first.cell.name} {first.state} (--fail-fast)"
        return None

    def _too_long(self, cell: Cell) -> str | None:
        """Why a cell does not fit the time there is, if so."""
        budget_s = self._limits.budget_s
        if budget_s is None:
            return None
        left_s, expected_s = budget_s - self.seconds, self.lengths.expected_s(cell)
        if expected_s <= left_s:
            return None
        return (
            f"does not fit the time budget any more: it takes about {clock_text(expected_s)}, and "
            f"{clock_text(max(0.0, left_s))} of {clock_text(budget_s)} are left"
        )

    def _wait(self) -> None:
        if not self._busy:
            return
        try:
            lane, found = self._done.get(timeout=TURN_S)
        except Empty:
            self._teller.waits()
            if self._interrupts >= PATIENT:
                self._give_up()
            return
        cell, began = self._busy.pop(lane)
        self._idle.append(lane)
        self._take(cell, found, began)

    def _give_up(self) -> None:
        for lane, (cell, began) in list(self._busy.items()):
            lane.close()
            seconds = self._clock() - began
            self._end(Outcome(cell, State.INTERRUPTED, "ended amid its run", seconds=seconds))
        self._idle += self._busy
        self._busy.clear()

    def _run_alone(self, cell: Cell) -> None:
        self._teller.begun(cell)
        began = self._clock()
        alone = self._make_alone(cell, self._store, self._teller.said)
        told = 0
        try:
            while (found := alone.poll()) is None:
                if self._interrupts > told:
                    told = self._interrupts
                    alone.interrupt()
                if told > PATIENT:
                    break
                time.sleep(TURN_S)
                self._teller.waits()
        finally:
            alone.close()
        self._take(cell, found or Found(interrupted=True, verdict="unknown"), began)

    def _take(self, cell: Cell, found: Found, began: float) -> None:
        seconds = self._clock() - began
        outcome = outcome_of(cell, found, seconds)
        if outcome.state not in (State.ERROR, State.INTERRUPTED):
            self.lengths.learn(cell, seconds)
        self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._teller.ended(outcome)

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Note interrupts; what runs in lanes is told at once."""

        def note(number: int, frame: FrameType | None) -> None:
            self._interrupts += 1
            for lane in self._busy:
                lane.interrupt()

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {
            number: signal.signal(number, note)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
            # Under nohup a hang-up is ignored, and stays so.
            if signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)
