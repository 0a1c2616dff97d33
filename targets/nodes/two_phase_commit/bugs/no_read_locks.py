"""T8: reads take no locks.

T1  reads x: []      appends 1 to y
T2  reads y: []      appends 2 to x      each before the other, or neither
"""

from __future__ import annotations

from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.locks import Mode
from targets.nodes.two_phase_commit.store import ItemStep

NAME = "two-phase-commit.no-read-locks"


class NoReadLocks(TwoPhaseCommit):
    """Only what is written is locked; each lock that is not taken counts."""

    def _modes(self, steps: list[ItemStep]) -> dict[str, Mode]:
        modes = super()._modes(steps)
        kept = {item: mode for item, mode in modes.items() if mode == "exclusive"}
        self._count(NAME, len(modes) - len(kept))
        return kept
