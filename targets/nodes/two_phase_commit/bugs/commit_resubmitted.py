"""T12: a transaction that is asked for again runs again, though it has committed, or may yet.

client  asks for T (append 1 to x)     no answer: asks again          answered
n1      commits T, dies, starts                         commits it once more      x: [1, 1]
"""

from __future__ import annotations

from targets.nodes.command import Answer
from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.request import Request

NAME = "two-phase-commit.commit-resubmitted"


class CommitResubmitted(TwoPhaseCommit):
    """Sessions are kept and never looked at; each transaction that is under way or done counts."""

    def _settled(self, request: Request) -> Answer | None:
        assert request.session is not None and request.seq is not None
        last = self.sessions.last(request.session)
        is_open = self.open.pop((request.session, request.seq), None) is not None
        if is_open or (last is not None and request.seq <= last[0]):
            self._count(NAME)
        return None
