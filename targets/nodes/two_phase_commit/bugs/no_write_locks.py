"""T7: writes take no locks.

n2  T1 appends 1 to x, T2 appends 2 to x      x: [1, 2]
n3  T2 appends 2 to y, T1 appends 1 to y      y: [2, 1]
"""

from __future__ import annotations

from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.locks import Mode
from targets.nodes.two_phase_commit.store import ItemStep

NAME = "two-phase-commit.no-write-locks"


class NoWriteLocks(TwoPhaseCommit):
    """Only what is read and not written is locked; each lock that is not taken counts."""

    def _modes(self, steps: list[ItemStep]) -> dict[str, Mode]:
        modes = super()._modes(steps)
        kept = {item: mode for item, mode in modes.items() if mode == "shared"}
        self._count(NAME, len(modes) - len(kept))
        return kept
