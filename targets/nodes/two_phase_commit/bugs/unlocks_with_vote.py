"""T10: locks are given up with the vote, so that participants become visible one by one.

n2  votes, unlocks x     is told: x has T1's write
n3  votes, unlocks y                                  is told: y has T1's write
T2                                  reads x new and y old
"""

from __future__ import annotations

from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.work import Work

NAME = "two-phase-commit.unlocks-with-vote"


class UnlocksWithVote(TwoPhaseCommit):
    """Two-phase locking whose second phase begins too early; each such vote counts."""

    def _vote_yes(self, work: Work) -> None:
        super()._vote_yes(work)
        self._count(NAME)
        self._release(work)
