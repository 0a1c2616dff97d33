"""A register's frontier between two batches of events: the board, its size, its rows as lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from checker.online.board import Board
from checker.online.configurations import (
    AT,
    BITS,
    BUCKETS,
    CAPACITY,
    CLASSES,
    COUNT,
    EXPANDED,
    FIELDS,
    FULL,
    HIDER,
    LENT,
    OPENS,
    OUTER,
    PENDING,
    RECENT,
    SCALARS,
    SLOTS,
    TIGHT,
    WIDTH,
    WORDS,
)
from checker.online.crashed import CrashedClass
from checker.online.engine import Engine

ROWS_FIRST = 64


class Layout:
    """The board of one key. ``rows_max`` bounds the configurations of one return.

    Everything here is between runs of the kernels; ``run`` is the only way to run them.
    """

    __slots__ = ("board", "engine", "rows_max")

    def __init__(self, engine: Engine, state: int, rows_max: int) -> None:
        self.engine = engine
        self.rows_max = rows_max
        self.board: Board = self._board([[state, -1, 0, 0, 0]], 8, 1, 0, 0)

    @staticmethod
    def _board(
        rows: Sequence[list[int]], slots: int, words: int, classes: int, opens: int
    ) -> Board:
        """An empty board of these sizes with the given rows, whose stage is 0."""
        width = PENDING + words + 2 * classes
        capacity = ROWS_FIRST
        while capacity < 2 * len(rows) + 3 * (slots + classes) + 16:
            capacity *= 2
        scalars = [0] * SCALARS
        scalars[COUNT], scalars[WIDTH], scalars[WORDS] = len(rows), width, words
        scalars[SLOTS], scalars[CLASSES], scalars[OPENS] = slots, classes, opens
        scalars[CAPACITY], scalars[BUCKETS] = capacity, 16
        flat = [number for row in rows for number in row]
        return Board(
            rows=flat + [0] * (capacity * width - len(flat)),
            link=[0] * capacity,
            heads=[-1] * capacity,
            slots=[-1, 0, 0, 0, 0] * slots,
            classes=[-1, 0, 0, 0, 0, 0] * max(classes, 1),
            opens=[0] * max(classes * opens, 1),
            masks=[0] * (3 * words),
            scalars=scalars,
        )

    @property
    def count(self) -> int:
        """Configurations in the frontier."""
        return int(self.board.scalars[COUNT])

    @property
    def slots(self) -> int:
        """Slots there are."""
        return int(self.board.scalars[SLOTS])

    @property
    def classes(self) -> int:
        """Columns for crashed classes there are."""
        return int(self.board.scalars[CLASSES])

    @property
    def opens(self) -> int:
        """Recent members a class has room for."""
        return int(self.board.scalars[OPENS])

    @property
    def expanded(self) -> int:
        """Configurations expanded since the board was made."""
        return int(self.board.scalars[EXPANDED])

    @property
    def cells(self) -> int:
        """Integers the board holds: eight bytes each, or a little more."""
        return sum(len(column) for column in self.board)

    def rows(self) -> list[list[int]]:
        """The frontier: state, hider, 0, 0, pending words, totals, early counts."""
        width = int(self.board.scalars[WIDTH])
        flat: Any = self.board.rows[: self.count * width]
        if not isinstance(flat, list):
            flat = flat.tolist()
        return [flat[at : at + width] for at in range(0, len(flat), width)]

    def run(self, stream: list[int]) -> int:
        """Follow the stream to its end or to what stops it; rows are added as needed."""
        self.board.scalars[AT] = 0
        while True:
            self.board, code = self.engine.run(self.board, stream)
            if code != FULL or 2 * self.board.scalars[CAPACITY] > self.rows_max:
                return code
            self._double()

    def lent(self, column: int) -> int:
        """Whether members of a class were taken for unlimited (``spends_no_more``)."""
        return int(self.board.classes[column * FIELDS + LENT])

    @property
    def tight(self) -> bool:
        """Whether members of such a class were missing after all."""
        return bool(self.board.scalars[TIGHT])

    def at(self) -> int:
        """Where in the stream the last run stopped."""
        return int(self.board.scalars[AT])

    def _double(self) -> None:
        scalars = self.board.scalars
        capacity = 2 * int(scalars[CAPACITY])
        rows = self.rows()
        width = int(scalars[WIDTH])
        flat = [number for row in rows for number in row]
        scalars[CAPACITY] = capacity
        self.board = self.board._replace(
            rows=flat + [0] * (capacity * width - len(flat)),
            link=[0] * capacity,
            heads=[-1] * capacity,
            slots=list(self.board.slots),
            classes=list(self.board.classes),
            opens=list(self.board.opens),
            masks=list(self.board.masks),
            scalars=[int(number) for number in scalars],
        )

    def outer(self, call: int) -> None:
        """Classes are kept off the board whose last member was called at ``call`` (-1: none)."""
        self.board.scalars[OUTER] = call + 1

    def add_member(self, column: int, call: int) -> bool:
        """Note one more crashed operation of a class, if there is room."""
        at = column * FIELDS + RECENT
        recent = int(self.board.classes[at])
        if recent >= self.opens:
            return False
        self.board.opens[column * self.opens + recent] = call
        self.board.classes[at] = recent + 1
        return True

    def resized(
        self, rows: Sequence[list[int]], slots: int, columns: Sequence[CrashedClass]
    ) -> None:
        """A board with ``slots`` slots and these classes; ``rows`` are cut to fit already.

        The slots keep what is in them.
        """
        old = self.board
        words = max(1, -(-slots // BITS))
        opens = 4
        while opens < 2 + max((len(one.calls) for one in columns), default=0):
            opens *= 2
        board = self._board(rows, slots, words, len(columns), opens)
        kept = min(len(old.slots), len(board.slots))
        board.slots[:kept] = [int(number) for number in old.slots[:kept]]
        old_words = int(old.scalars[WORDS])
        for kind in range(3):
            for word in range(min(words, old_words)):
                board.masks[kind * words + word] = int(old.masks[kind * old_words + word])
        for column, one in enumerate(columns):
            at = column * FIELDS
            calls = one.calls
            board.classes[at : at + FIELDS] = [
                one.kind,
                one.expected,
                one.new,
                one.base,
                len(calls),
                one.lent,
            ]
            board.opens[column * opens : column * opens + len(calls)] = calls
        board.scalars[EXPANDED] = int(old.scalars[EXPANDED])
        board.scalars[OUTER] = int(old.scalars[OUTER])
        board.scalars[TIGHT] = int(old.scalars[TIGHT])
        self.board = board

    def copy(self) -> Layout:
        """Another that may be run apart."""
        other = Layout.__new__(Layout)
        other.engine, other.rows_max = self.engine, self.rows_max
        other.board = Board(
            *(column[:] if isinstance(column, list) else column.copy() for column in self.board)
        )
        return other

    def hiders(self) -> list[int]:
        """Each configuration's hider."""
        return [row[HIDER] for row in self.rows()]
