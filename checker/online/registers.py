"""One register, followed event by event: a window, a board, and crashed operations by class."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from checker.online.assertion import Assertion, assertion
from checker.online.attempt import Attempt
from checker.online.configurations import (
    BITS,
    CALL,
    CAS,
    DIFFERS,
    DONE,
    OUTSIDE,
    PENDING,
    READ,
    REFUTED,
    RETURN,
    STATE,
    WORDS,
    WRITE,
)
from checker.online.crashed import CrashedClass, CrashedClasses
from checker.online.engine import Engine
from checker.online.layout import Layout
from checker.online.limits import Limits
from checker.online.numbers import NIL, Numbers
from checker.online.window import Window
from checker.reading import Reading

BATCH = 2048
"""Integers of a stream that are worth a run of the kernels; some 400 events."""
COLUMNS_TIDY = 4
"""Classes on the board from which on it is seen after each batch whether all are wanted."""
SLOTS_FIRST = 8


class RegisterKey:
    """Follows a register or compare-and-set register (``follower.py``)."""

    exact = True
    complaint: str | None = None

    def __init__(self, reading: Reading, engine: Engine, limits: Limits) -> None:
        self.reading = reading
        self.limits = limits
        self.window = Window()
        self.culprit: Attempt | None = None
        self.trouble: str | None = None
        self.numbers = Numbers()
        self.crashed = CrashedClasses()
        self.columns: list[CrashedClass] = []
        self.layout = Layout(engine, NIL, limits.rows_max)
        self._stream: list[int] = []
        self._returning: list[Attempt] = []
        self._open: dict[int, tuple[int, Assertion]] = {}
        self._free = list(range(SLOTS_FIRST - 1, -1, -1))
        self._outer = -1

    # -- events ------------------------------------------------------------------------

    def call(self, attempt: Attempt) -> None:
        """An operation is invoked."""
        self.window.add(attempt)

    def complete(self, attempt: Attempt) -> None:
        """It ended; ``attempt.outcome`` is set."""
        if attempt.ret is not None:
            self.window.add(attempt)
        self.advance()

    def advance(self) -> None:
        """Take up what is settled; decide it once that is worth a run."""
        for attempt, returns in self.window.settled():
            self._take(attempt, returns)
        if len(self._stream) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Decide all that is settled."""
        if self._stream:
            self._run()
        if len(self.columns) >= COLUMNS_TIDY or len(self.numbers) > self.limits.names_tidy:
            self._tidy()

    def probe(self) -> Attempt | None:
        """The culprit if what is open were open for ever; changes nothing."""
        self.flush()
        if self.culprit is not None or self.trouble is not None or not len(self.window):
            return self.culprit
        return self.ahead().culprit

    def waiting(self) -> int:
        """Events in the window."""
        return len(self.window)

    def give_up_on_first(self) -> Attempt:
        """Decide on without the end of what holds up the window."""
        attempt = self.window.give_up_on_first()
        self.advance()
        return attempt

    def configurations(self) -> int:
        """Configurations in the frontier."""
        return self.layout.count

    def ahead(self) -> RegisterKey:
        """A copy that has taken up the window too, open operations as indeterminate."""
        other = self._copy()
        for attempt, returns in self.window.ahead():
            other._take(attempt, returns)
        other.flush()
        return other

    # -- what is settled ---------------------------------------------------------------

    def _take(self, attempt: Attempt, returns: bool) -> None:
        if self.culprit is not None or self.trouble is not None:
            return
        if returns:
            held = self._open.pop(attempt.call, None)
            if held is not None:
                assert attempt.ret is not None
                self._stream += (RETURN, held[0], attempt.ret)
                self._returning.append(attempt)
                self._free.append(held[0])
            return
        asserted = assertion(attempt, self.numbers, self.reading)
        if asserted is None:
            return
        if attempt.ret is None:
            self._crash(asserted, attempt.call)
            return
        if len(self.crashed) > len(self.columns):
            self._demand(asserted)
        if not self._free:
            self._more_slots()
        if self.culprit is not None or self.trouble is not None:
            return
        slot = self._free.pop()
        self._open[attempt.call] = slot, asserted
        self._stream += (
            CALL,
            slot,
            asserted.kind,
            asserted.expected,
            asserted.new,
            attempt.call,
            attempt.ret,
        )

    # -- the board ---------------------------------------------------------------------

    def _run(self) -> None:
        stream, self._stream = self._stream, []
        code = self.layout.run(stream)
        while code == OUTSIDE:
            stream = stream[self.layout.at() :]
            self._place_on_board([one for one in self.crashed if one.column < 0])
            if self.trouble is not None:
                return
            code = self.layout.run(stream)
        if code == DONE:
            self._returning.clear()
            return
        now = stream[self.layout.at() + 2]
        attempt = next(one for one in self._returning if one.ret == now)
        if code == REFUTED and self.layout.tight:
            self.trouble = (
                "indeterminate operations that do the same were so many that they were not "
                "counted, and then ran out"
            )
        elif code == REFUTED:
            self.culprit = attempt
        else:
            self.trouble = (
                f"more than {self.limits.rows_max:,} configurations are possible at one return"
            )
        self._returning.clear()

    def _flushed(self) -> bool:
        """Decide what is settled so far; whether the key is followed on."""
        if self._stream:
            self._run()
        return self.culprit is None and self.trouble is None

    def _more_slots(self) -> None:
        if not self._flushed():
            return
        slots = self.layout.slots
        if slots >= self.limits.open_max:
            self.trouble = f"more than {self.limits.open_max:,} operations are open at once"
            return
        self._rebuild(self.columns, 2 * slots)
        self._free.extend(range(2 * slots - 1, slots - 1, -1))

    def _crash(self, asserted: Assertion, call: int) -> None:
        """One more crashed operation, from here on: what was settled before is decided first."""
        one = self.crashed.of(asserted.kind, asserted.expected, asserted.new)
        if not self._flushed():
            return
        one.calls.append(call)
        if one.column >= 0 and self.layout.add_member(one.column, call):
            return
        more = [] if one.column >= 0 else [one]
        if one.kind == CAS:
            # An open operation may be the better for it, if only the state can be set for it.
            more += [
                other
                for other in self.crashed.leading_to([one.expected])
                if other.column < 0 and other is not one
            ]
        self._place_on_board(more)

    def _demand(self, asserted: Assertion) -> None:
        """Put on the board every class that this operation could be the better for."""
        if self._wanted(asserted) and self._flushed():
            # Asked again: deciding what came before may have put some there.
            self._place_on_board(self._wanted(asserted))

    def _wanted(self, asserted: Assertion) -> list[CrashedClass]:
        if asserted.kind == DIFFERS:
            # Which writes help it is asked when it returns, and only if it needs any.
            classes = self.crashed.sets()
        elif asserted.kind == WRITE:
            return []
        else:
            classes = self.crashed.leading_to([asserted.expected])
        return [one for one in classes if one.column < 0]

    def _place_on_board(self, more: list[CrashedClass]) -> None:
        """The stream is run. Give these classes columns, after the ones there are."""
        columns = self.columns + more
        if len(columns) > self.limits.columns_max:
            self.trouble = (
                f"more than {self.limits.columns_max} kinds of indeterminate operations could "
                "matter at once"
            )
            return
        self._settle_calls(self.columns, self.layout.hiders())
        self._rebuild(columns, self.layout.slots)

    @staticmethod
    def _settle_calls(columns: list[CrashedClass], hiders: list[int]) -> None:
        lowest = min(hiders)
        for one in columns:
            one.settle(lowest)

    def _rebuild(self, columns: list[CrashedClass], slots: int) -> None:
        """The board anew with these classes, which may be others than before."""
        words, classes = int(self.layout.board.scalars[WORDS]), self.layout.classes
        words_new = max(1, -(-slots // BITS))
        before = [one.column for one in columns]
        rows = []
        for row in self.layout.rows():
            pending = row[PENDING : PENDING + words]
            counts = row[PENDING + words :]
            totals = [counts[c] if c >= 0 else 0 for c in before]
            early = [counts[classes + c] if c >= 0 else 0 for c in before]
            pending += [0] * (words_new - words)
            rows.append([*row[: PENDING - 1], 0, *pending, *totals, *early])
        old, self.columns = self.columns, columns
        for one in old:
            one.lent = self.layout.lent(one.column)
            one.column = -1
        for column, one in enumerate(columns):
            one.column = column
        for one in old:
            if one.column < 0 and one.calls:
                self._outer = max(self._outer, one.calls[-1])
        self.layout.resized(rows, slots, columns)
        if len(self.crashed) > len(columns):
            self.layout.outer(max(self._outer, 0))
        else:
            self.layout.outer(-1)

    def _tidy(self) -> None:
        """Take off the board, and out of memory, what cannot matter now, or ever again."""
        if self.culprit is not None or self.trouble is not None:
            return
        if self.columns:
            self._tidy_columns()
        if len(self.crashed) > self.limits.crashed_max:
            self.trouble = (
                f"more than {self.limits.crashed_max:,} kinds of indeterminate operations may "
                "still take effect"
            )
        if len(self.numbers) > self.limits.names_tidy:
            live = {row[STATE] for row in self.layout.rows()}
            for _, asserted in self._open.values():
                live |= {asserted.expected, asserted.new}
            live.update(self.crashed.numbers())
            self.numbers.keep(live)
            self.limits = self.limits.with_names_tidy(2 * len(self.numbers))

    def _tidy_columns(self) -> None:
        rows = self.layout.rows()
        first = PENDING + int(self.layout.board.scalars[WORDS])
        classes = self.layout.classes
        asserted = [one for _, one in self._open.values()]
        values = [one.expected for one in asserted if one.kind in (READ, CAS)]
        wanted = set(map(id, self.crashed.leading_to(values)))
        if any(one.kind == DIFFERS for one in asserted):
            wanted.update(map(id, self.crashed.sets()))
        self._settle_calls(self.columns, [row[1] for row in rows])
        stay = []
        for one in self.columns:
            # Placed, and hidden, in every configuration: as if it had never been.
            spent = min(row[first + classes + one.column] for row in rows)
            if spent:
                one.spend(spent)
                for row in rows:
                    row[first + one.column] -= spent
                    row[first + classes + one.column] -= spent
                self._put(rows)
            if one.count == 0:
                self.crashed.drop(one)
            elif id(one) in wanted or any(row[first + one.column] for row in rows):
                stay.append(one)
        if len(stay) < len(self.columns) or any(len(one.calls) for one in stay):
            self._rebuild(stay, self.layout.slots)

    def _put(self, rows: list[list[int]]) -> None:
        """Write changed rows back onto the board."""
        at = 0
        board = self.layout.board.rows
        for row in rows:
            for number in row:
                board[at] = number
                at += 1

    # -- rest, and copies --------------------------------------------------------------

    def rest(self) -> Callable[[], RegisterKey] | None:
        """What gives a follower that goes on from here; see ``follower.py``."""
        self.flush()
        if self.layout.tight:
            return None
        if self._open or len(self.window) or self.culprit is not None or self.trouble is not None:
            return None
        first = PENDING + int(self.layout.board.scalars[WORDS])
        rows = self.layout.rows()
        used = [one for one in self.columns if any(row[first + one.column] for row in rows)]
        self._rebuild(used, SLOTS_FIRST)
        held = tuple(tuple(row) for row in self.layout.rows())
        crashed = self.crashed if len(self.crashed) else None
        numbers = self.numbers if len(self.numbers) else None
        engine = self.layout.engine
        return partial(_woken, self.reading, engine, self.limits, held, crashed, numbers)

    def _copy(self) -> RegisterKey:
        other = RegisterKey.__new__(RegisterKey)
        other.reading, other.limits = self.reading, self.limits
        other.window = Window()
        other.culprit, other.trouble = self.culprit, self.trouble
        other.numbers = self.numbers
        other.crashed = CrashedClasses(self.crashed)
        other.columns = [other.crashed.of(*one.signature) for one in self.columns]
        other.layout = self.layout.copy()
        other._stream, other._returning = [], []
        other._open = self._open.copy()
        other._free = self._free.copy()
        other._outer = self._outer
        return other


def _woken(
    reading: Reading,
    engine: Engine,
    limits: Limits,
    rows: tuple[tuple[int, ...], ...],
    crashed: CrashedClasses | None,
    numbers: Numbers | None,
) -> RegisterKey:
    key = RegisterKey(reading, engine, limits)
    if numbers is not None:
        key.numbers = numbers
    if crashed is not None:
        key.crashed = crashed
        columns = sorted((one for one in crashed if one.column >= 0), key=lambda one: one.column)
        key.columns = columns
        key._outer = max((one.calls[-1] for one in crashed if one.calls), default=-1)
        key.layout.resized([list(row) for row in rows], SLOTS_FIRST, columns)
        key._rebuild(columns, SLOTS_FIRST)
    else:
        key.layout.resized([list(row) for row in rows], SLOTS_FIRST, [])
    return key
