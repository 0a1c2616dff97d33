"""X1: what was promised is kept in memory only, to others and to oneself.

n1 (leads 3.n1, cut off)         proposes slot 5 again and again
n3 n4 n5 (led by n2, 4.n2)       choose slot 5; die and start again; the cut heals
n3 n4 n5                         accept under 3.n1, what they had promised n2 not to
"""

from __future__ import annotations

from targets.nodes.paxos.ballot import NO_BALLOT, Ballot
from targets.nodes.paxos.base import Recovered
from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.messages import Accept, Prepare

NAME = "paxos.promise-not-durable"


class PromiseNotDurable(Paxos):
    """After a restart anything is promised and accepted, and one's own ballots begin anew.

    The record is still written, for the count alone: a ballot below the forgotten promise
    that another node prepares, or has accepted here, counts. A leader that is cut off goes
    on, so that there is somebody with a lower ballot.
    """

    _forgotten: Ballot = NO_BALLOT

    def _restore(self, recovered: Recovered) -> None:
        super()._restore(recovered)
        self._forgotten = recovered.promised
        self.promised = self.highest = NO_BALLOT

    def _on_prepare(self, peer: str, prepare: Prepare) -> None:
        self._note_if_forgotten(prepare.ballot)
        super()._on_prepare(peer, prepare)

    def _on_accept(self, peer: str, accept: Accept) -> None:
        self._note_if_forgotten(accept.ballot)
        super()._on_accept(peer, accept)

    def _note_if_forgotten(self, ballot: Ballot) -> None:
        if self.promised <= ballot < self._forgotten:
            self._count(NAME)

    def _quorum_was_heard(self) -> bool:
        return True
