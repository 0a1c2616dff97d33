"""R16: a candidate does not note that it has voted for itself.

A   stands in term 5, has the votes of B and C on their way
E   stands in term 5 too, is given A's vote and D's: A, D and E elect E, A, B and C elect A
"""

from __future__ import annotations

from targets.nodes.raft.base import Role
from targets.nodes.raft.bugs.rewinds import Rewinds
from targets.nodes.raft.messages import Vote

NAME = "raft.own-vote-forgotten"


class OwnVoteForgotten(Rewinds):
    """A candidate may vote for another, and stands on; each vote so given counts."""

    def _ask_votes(self, *, transfer: bool = False) -> None:
        super()._ask_votes(transfer=transfer)
        self.voted_for = None
        self._persist_vote()

    def _on_vote(self, peer: str, question: Vote) -> None:
        role, term = self.role, self.term
        super()._on_vote(peer, question)
        if role is Role.CANDIDATE and self.term == term and self.voted_for == peer:
            self._count(NAME)
            self.role = role
