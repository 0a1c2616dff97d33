"""T5: what a participant has voted yes on is there to be read, before it is decided.

T1  writes x at n2 and y at n3      n2: yes     n3: no, so T1 is aborted
T2                                     reads T1's x     (x is taken back)
"""

from __future__ import annotations

from typing import Any

from targets.nodes.two_phase_commit.base import COMMITTED
from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.request import APPEND
from targets.nodes.two_phase_commit.work import Work

NAME = "two-phase-commit.reads-undecided"


class ReadsUndecided(TwoPhaseCommit):
    """A yes puts the writes in place and gives up the locks; what is taken back counts."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        self._before: dict[str, dict[str, Any]] = {}
        super().__init__(*args, **settings)

    def _vote_yes(self, work: Work) -> None:
        super()._vote_yes(work)
        self._before[work.id] = {item: self.store.values.get(item) for item, _, _ in work.writes}
        self.store.install(work.writes)
        self._release(work)

    def _commit(self, work: Work) -> None:
        if self._before.pop(work.id, None) is None:
            super()._commit(work)
        else:
            self._end(work, COMMITTED)

    def _abort(self, work: Work) -> None:
        if (before := self._before.pop(work.id, None)) is not None:
            self._count(NAME)
            self._take_back(work, before)
        super()._abort(work)

    def _take_back(self, work: Work, before: dict[str, Any]) -> None:
        for item, f, value in work.writes:
            now = self.store.values.get(item)
            if f != APPEND:
                self.store.values[item] = before[item]
            elif isinstance(now, list) and value in now:
                # Others may have appended after it.
                at = now.index(value)
                self.store.values[item] = [*now[:at], *now[at + 1 :]]
