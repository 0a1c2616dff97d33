"""From the moves of a search to a linearization: the operations in one legal order."""

from __future__ import annotations

from collections.abc import Iterable

from checker.linearizability.part import Compiled
from checker.models.model import Kind
from histories.event import Operation


def linearization(compiled: Compiled, moves: Iterable[int]) -> list[Operation]:
    """The order that ``moves`` (root first) stand for, with what the search left implicit.

    Observers placed as soon as they were legal are put where that happened; a write that
    was hidden, and never used, goes just before the write that hid it. Runs the rules of
    ``kernels.py`` once more, in plain Python over sets. Linear in operations times
    concurrency.
    """
    return _Replay(compiled).run(moves)


class _Replay:
    def __init__(self, compiled: Compiled) -> None:
        self.part = compiled.part
        self.compiled = compiled
        self.state = compiled.init
        self.rank = 0
        self.required: dict[int, None] = {}
        self.hider: dict[int, int] = {}
        """For each optional write, the position in ``order`` of the write that hid it."""
        self.order: list[Operation] = []
        self.before: dict[int, list[Operation]] = {}
        self.consumed = [0] * len(compiled.members)

    def run(self, moves: Iterable[int]) -> list[Operation]:
        self._enter(0, int(self.part.called[0]))
        self._advance()
        for move in moves:
            self._step(move)
        result: list[Operation] = []
        for position, operation in enumerate(self.order):
            result += self.before.get(position, ())
            result.append(operation)
        return result

    def _place(self, j: int) -> None:
        self.order.append(self.compiled.required[j])

    def _observes(self, j: int) -> bool:
        kind, expected = self.part.kind[j], self.part.expected[j]
        if kind == Kind.READ:
            return bool(expected == self.state)
        return bool(kind == Kind.DIFFERS and expected != self.state)

    def _enter(self, start: int, end: int) -> None:
        for j in range(start, end):
            if self._observes(j):
                self._place(j)
            else:
                self.required[j] = None

    def _advance(self, dropping: bool = False) -> None:
        part = self.part
        while self.rank < len(part.kind):
            j = int(part.returning[self.rank])
            if j in self.required:
                return
            if j in self.hider:
                if part.needed[part.new[j]] >= self.rank and not dropping:
                    return
                dropping = False
                position = self.hider.pop(j)
                self.before.setdefault(position, []).append(self.compiled.required[j])
            self.rank += 1
            self._enter(int(part.called[self.rank - 1]), int(part.called[self.rank]))

    def _step(self, move: int) -> None:
        part = self.part
        if move == len(part.kind):
            self._advance(dropping=True)
            return
        if move >= 0:
            self.required.pop(move, None)
            self.hider.pop(move, None)
            kind, self.state = int(part.kind[move]), int(part.new[move])
            self._place(move)
        else:
            c = -1 - move
            kind, self.state = int(part.class_kind[c]), int(part.class_new[c])
            self.order.append(self.compiled.members[c][self.consumed[c]])
            self.consumed[c] += 1
        if kind == Kind.WRITE:
            hider = len(self.order) - 1
            for j in [j for j in self.required if part.kind[j] == Kind.WRITE]:
                del self.required[j]
                self.hider[j] = hider
        for j in [j for j in self.required if self._observes(j)]:
            del self.required[j]
            self._place(j)
        self._advance()
