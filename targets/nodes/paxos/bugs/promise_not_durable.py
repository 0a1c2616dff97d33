"""X1: an acceptor's promise is kept in memory only.

n3   promises 7.n2, reports nothing for slot 5; n2 leads with n3's promise
n3   dies, starts again: accepts slot 5 from n1, who still leads 6.n1
"""

from __future__ import annotations

from targets.nodes.paxos.ballot import NO_BALLOT, Ballot
from targets.nodes.paxos.base import Recovered
from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.messages import Accept, Prepare

NAME = "paxos.promise-not-durable"


class PromiseNotDurable(Paxos):
    """After a restart anything is promised and accepted.

    The record is still written, and read for two uses: the node's own ballots stay its
    own, and the count. A ballot below the forgotten promise counts, prepared or accepted.
    """

    _forgotten: Ballot = NO_BALLOT

    def _restore(self, recovered: Recovered) -> None:
        super()._restore(recovered)
        self._forgotten = recovered.promised
        self.promised = NO_BALLOT

    def _on_prepare(self, peer: str, prepare: Prepare) -> None:
        self._note_if_forgotten(prepare.ballot)
        super()._on_prepare(peer, prepare)

    def _on_accept(self, peer: str, accept: Accept) -> None:
        self._note_if_forgotten(accept.ballot)
        super()._on_accept(peer, accept)

    def _note_if_forgotten(self, ballot: Ballot) -> None:
        if self.promised <= ballot < self._forgotten:
            self._count(NAME)
