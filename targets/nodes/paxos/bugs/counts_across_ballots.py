"""X8: a learner counts acceptances of a slot under whatever ballot.

n1   has accepted add 7 for slot 5 under 3.n1, as nobody else has
n1   hears that n2 and n3 accepted slot 5 under 4.n2: three of five, so add 7 is chosen
"""

from __future__ import annotations

from targets.nodes.paxos.ballot import Ballot, PValue
from targets.nodes.paxos.core import Paxos

NAME = "paxos.counts-across-ballots"


class CountsAcrossBallots(Paxos):
    """What it has accepted itself is taken for what the others have.

    A decision counts when no ballot alone had a majority. With the leader as the only
    learner it could hardly happen: so every node learns (``learners=all``).
    """

    def _acceptors(self, slot: int, ballot: Ballot) -> set[str]:
        everybody: set[str] = set()
        return everybody.union(*self.acceptances[slot].values())

    def _proposal(self, slot: int, ballot: Ballot) -> PValue | None:
        return self.accepted.get(slot)

    def _tally(self, acceptor: str, slot: int, ballot: Ballot) -> None:
        before = self.acceptances.get(slot, {})
        super()._tally(acceptor, slot, ballot)
        if slot in self.decided and before and slot not in self.acceptances:
            # ``before`` is what the decision was made of.
            if max(map(len, before.values())) < self.quorum:
                self._count(NAME)
            before.clear()

    def _learn_chosen(self, peer: str, ballot: Ballot, chosen: int) -> None:
        # What the leader says of its own ballot is taken as it should be.
        for slot in range(self.chosen + 1, chosen + 1):
            pvalue = self.accepted.get(slot)
            if pvalue is not None and pvalue.ballot != ballot and slot not in self.decided:
                self._ask_to_learn(peer)
                return
        super()._learn_chosen(peer, ballot, chosen)
