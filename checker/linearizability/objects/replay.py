"""From the moves of a search to a linearization: rows of the table in one legal order."""

from __future__ import annotations

from collections.abc import Iterable

from checker.linearizability.objects.layout import STEP
from checker.linearizability.objects.part import Part, Prepared
from checker.linearizability.objects.steps import Transitions


def linearization(
    prepared: Prepared,
    transitions: Transitions,
    moves: Iterable[tuple[int, int]],
    *,
    early: bool = True,
) -> list[int]:
    """The rows that ``moves`` (the first first) stand for, with the observers that the search
    placed as soon as they were possible (``early``). Linear in operations times concurrency."""
    return _Replay(prepared, transitions, early).run(moves)


class _Replay:
    def __init__(self, prepared: Prepared, transitions: Transitions, early: bool) -> None:
        self.part = Part(*(column.tolist() for column in prepared.part))
        self.required = prepared.required.tolist()
        self.members = prepared.members.tolist()
        self.transitions = transitions
        self.early = early
        self.state = transitions.init
        self.rank = 0
        self.pending: dict[int, None] = {}
        self.consumed = list(self.part.first)
        self.order: list[int] = []

    def run(self, moves: Iterable[tuple[int, int]]) -> list[int]:
        self._enter(0, self.part.called[0])
        self._advance()
        for move, state in moves:
            self.state = state
            if move >= 0:
                del self.pending[move]
                self.order.append(self.required[move])
            else:
                c = -1 - move
                self.order.append(self.members[self.consumed[c]])
                self.consumed[c] += 1
            for j in [j for j in self.pending if self._observes(j)]:
                del self.pending[j]
                self.order.append(self.required[j])
            self._advance()
        return self.order

    def _observes(self, j: int) -> bool:
        c = self.part.cls[j]
        if not self.early or not self.part.observer[c]:
            return False
        return self.transitions.value(STEP, self.state, self.part.name[c]) == self.state

    def _enter(self, start: int, end: int) -> None:
        for j in range(start, end):
            if self._observes(j):
                self.order.append(self.required[j])
            else:
                self.pending[j] = None

    def _advance(self) -> None:
        part = self.part
        while self.rank < len(part.cls) and part.returning[self.rank] not in self.pending:
            self.rank += 1
            self._enter(part.called[self.rank - 1], part.called[self.rank])
