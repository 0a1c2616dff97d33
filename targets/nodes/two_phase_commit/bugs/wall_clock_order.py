"""T11: a transaction's place in the order is what its coordinator's clock says.

n1 (its clock is right)         T1 appends 1 to x, at 12.0 s; done
n2 (two seconds behind)                                          T2 reads x, as of 10.1 s: []

Multiversion timestamp ordering (Bernstein, Hadzilacos and Goodman, 1987, section 5.2) on top
of the locks: a read sees what was there at the transaction's time, and what is too late to be
written dies. Every history is serializable; it is strictly so while all clocks agree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.locks import Age
from targets.nodes.two_phase_commit.participant import CONFLICT
from targets.nodes.two_phase_commit.request import READ
from targets.nodes.two_phase_commit.store import Store
from targets.nodes.two_phase_commit.work import Asked, Work

NAME = "two-phase-commit.wall-clock-order"
VERSIONS_MAX = 200


def _no_wall_clock() -> float:
    raise RuntimeError("whoever drives this core hands it a wall clock before it is started")


class WallClockOrder(TwoPhaseCommit):
    """Versions are kept in memory, by time; a read of one that is not the newest counts."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        self.wall: Callable[[], float] = _no_wall_clock
        self._versions: dict[str, list[tuple[Age, Any]]] = {}
        self._read_at: dict[str, Age] = {}
        super().__init__(*args, **settings)

    def _begin(self, asked: Asked) -> None:
        if not asked.attempts:
            asked.began_s = self.clock()
        # A new time with each attempt: with the old one it would be too late again.
        asked.age = round(self.wall() * 1e6), f"{self.node}.{self._number}"
        super()._begin(asked)

    def _run(self, work: Work) -> None:
        if any(self._is_too_late(item, work.age) for item, _, _ in work.writes):
            self._die(work, CONFLICT)
        else:
            super()._run(work)

    def _is_too_late(self, item: str, age: Age) -> bool:
        versions = self._versions.get(item, ())
        newest = versions[-1][0] if versions else age
        return age < newest or age < self._read_at.get(item, age)

    def _read(self, work: Work) -> dict[int, Any]:
        then = Store()
        for _, f, item, _ in work.steps:
            then.values[item] = self._as_of(item, work.age)
            if f == READ:
                self._read_at[item] = max(work.age, self._read_at.get(item, work.age))
        return then.run(work.steps)

    def _as_of(self, item: str, age: Age) -> Any:
        newest = self.store.values.get(item)
        versions = self._versions.get(item, ())
        for at, (written, _) in enumerate(versions):
            if written > age:
                self._count(NAME)
                return versions[at - 1][1] if at else None
        return newest

    def _commit(self, work: Work) -> None:
        super()._commit(work)
        for item in dict.fromkeys(item for item, _, _ in work.writes):
            versions = self._versions.setdefault(item, [])
            versions.append((work.age, self.store.values[item]))
            versions.sort(key=lambda version: version[0])
            del versions[:-VERSIONS_MAX]
