"""T1: a coordinator that starts again does not finish what it had decided.

n1  decides to commit T, dies                 starts: takes T for finished long ago
n2  has heard: T is committed
n3  is in doubt about T                       asks, and is told the presumption: aborted
"""

from __future__ import annotations

from targets.nodes.two_phase_commit.base import Recovered
from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.messages import Inquire
from targets.nodes.two_phase_commit.work import Decided

NAME = "two-phase-commit.no-redo"


class NoRedo(TwoPhaseCommit):
    """Decisions in the log are not taken up; each that somebody asks for afterwards counts."""

    _undone: frozenset[str] = frozenset()

    def _recover_decided(self, recovered: Recovered) -> dict[str, Decided]:
        self._undone = frozenset(recovered.decided)
        return {}

    def _on_inquire(self, peer: str, inquire: Inquire) -> None:
        if inquire.id in self._undone:
            self._count(NAME)
        super()._on_inquire(peer, inquire)
