"""T2: a decision to commit is told and answered, but written nowhere.

n1  decides to commit T, tells n2 and the client, dies      starts: knows of no T
n2  committed                                               n3  asks: presumed aborted
"""

from __future__ import annotations

from targets.nodes.command import Answer
from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.work import Decided, Running

NAME = "two-phase-commit.no-decision-log"


class NoDecisionLog(TwoPhaseCommit):
    """What is decided is known as long as the node lives; each decision counts."""

    def _persist_decision(self, running: Running, decided: Decided, answer: Answer) -> None:
        self._count(NAME)
