"""X3: to accept under a ballot does not raise the promise.

n3   accepts slot 5 under 7.n2, which it never promised
n3   accepts slot 5 under 6.n1, late: what 7.n2 had chosen there is gone from n3
"""

from __future__ import annotations

from targets.nodes.paxos.ballot import Ballot
from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.messages import Accept

NAME = "paxos.accept-does-not-promise"


class AcceptDoesNotPromise(Paxos):
    """Only a ``Prepare`` raises the promise.

    A slot counts, not known as chosen here, for which an older ballot is accepted after a newer.
    """

    def _join(self, ballot: Ballot) -> None:
        pass

    def _on_accept(self, peer: str, accept: Accept) -> None:
        if accept.ballot >= self.promised:
            slots = [pvalue.slot for pvalue in accept.pvalues]
            present = [self.accepted.get(s) for s in slots if s not in self.decided]
            older = sum(p is not None and p.ballot > accept.ballot for p in present)
            if older:
                self._count(NAME, older)
        super()._on_accept(peer, accept)
