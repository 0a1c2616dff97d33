"""T4: a yes leaves before what it is for is on the disk.

n2  votes yes, loses power      starts without T       told to commit: has nothing to commit
n1  decides to commit T, n3 commits                    n2 acknowledges what it has not done
"""

from __future__ import annotations

from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.messages import Commit
from targets.nodes.two_phase_commit.participant import prepared_record
from targets.nodes.two_phase_commit.work import Work

NAME = "two-phase-commit.vote-not-durable"


class VoteNotDurable(TwoPhaseCommit):
    """The record is written and not synced; a commit of what is not known any more counts."""

    def _persist_prepared(self, work: Work) -> None:
        self._persist(prepared_record(work), sync=False)

    def _on_commit(self, peer: str, commit: Commit) -> None:
        if commit.id not in self.work and commit.id not in self.finished:
            self._count(NAME)
        super()._on_commit(peer, commit)
