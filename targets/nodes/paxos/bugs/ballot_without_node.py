"""X6: a ballot is a round alone, so two nodes use the same one.

n1   prepares round 4: n3 promises       n1   accept slot 5: add 7
n2   prepares round 4: n3 promises       n2   accept slot 5: add 8        both are chosen
"""

from __future__ import annotations

from targets.nodes.paxos.ballot import Ballot
from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.messages import Accept, Prepare

NAME = "paxos.ballot-without-node"


class BallotWithoutNode(Paxos):
    """A ballot that comes from one node after it came from another counts."""

    _owner: tuple[Ballot, str] | None = None

    def _next_ballot(self) -> Ballot:
        ballot = Ballot(super()._next_ballot().round, "")
        self._owner = ballot, self.node
        return ballot

    def _on_prepare(self, peer: str, prepare: Prepare) -> None:
        self._notice(peer, prepare.ballot)
        super()._on_prepare(peer, prepare)

    def _on_accept(self, peer: str, accept: Accept) -> None:
        self._notice(peer, accept.ballot)
        super()._on_accept(peer, accept)

    def _notice(self, peer: str, ballot: Ballot) -> None:
        if self._owner is not None and self._owner[0] == ballot and self._owner[1] != peer:
            self._count(NAME)
        if self._owner is None or ballot > self._owner[0]:
            self._owner = ballot, peer
