"""T6: a participant puts the writes of a committed transaction in place one by one.

T1  appends 1 and 2 to x      x: [1]                 x: [1, 2]
T2                                    reads x: [1]
"""

from __future__ import annotations

from collections import deque
from typing import Any

from targets.nodes.two_phase_commit.base import COMMITTED
from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.store import Write
from targets.nodes.two_phase_commit.work import Work

NAME = "two-phase-commit.writes-one-by-one"
WRITE, WRITE_S = "write", 0.003


class WritesOneByOne(TwoPhaseCommit):
    """The locks go with the first write; each that comes later counts."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        self._later: deque[Write] = deque()
        super().__init__(*args, **settings)

    def _commit(self, work: Work) -> None:
        first, *rest = work.writes
        self.store.install([first])
        self._later += rest
        if rest:
            self._set_timer(WRITE, WRITE_S)
        self._end(work, COMMITTED)

    def _on_timer(self, name: str) -> None:
        if name != WRITE:
            super()._on_timer(name)
        elif self._later:
            self._count(NAME)
            self.store.install([self._later.popleft()])
            self._set_timer(WRITE, WRITE_S)
