"""T9: a transaction that lost its locks is started again with what it had read before.

T1  reads x: []    dies for the lock on y                          appends 1 to y
T2                               appends 2 to x    appends 2 to y
"""

from __future__ import annotations

from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.work import Running

NAME = "two-phase-commit.blind-retry"


class BlindRetry(TwoPhaseCommit):
    """What was read is neither read nor locked again; each such read counts."""

    def _restart(self, running: Running) -> None:
        self._count(NAME, len(running.reads) - len(running.asked.kept))
        running.asked.kept.update(running.reads)
        super()._restart(running)
