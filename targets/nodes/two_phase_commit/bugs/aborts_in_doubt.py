"""T3: a participant that has voted yes and hears nothing aborts by itself.

n1  decides to commit T, is cut off or paused      n2  was told: committed
n3  voted yes, waits a while, aborts               readers see half of T
"""

from __future__ import annotations

from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.work import Work

NAME = "two-phase-commit.aborts-in-doubt"


class AbortsInDoubt(TwoPhaseCommit):
    """Instead of the question there is an abort; each counts."""

    def _in_doubt(self, work: Work) -> None:
        self._count(NAME)
        self._abort(work)
