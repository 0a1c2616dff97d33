"""The learner: what is chosen, applied in order, and learnt from others where it is missing.

A decree is chosen when a majority has accepted it *under one ballot* ("Paxos Made Simple",
section 2.3). The leader counts, as the distinguished learner, and tells how far everything
is chosen; with ``learners=all`` every node counts. A node that accepted what the leader
proposed for a slot then knows what was chosen there; for the other slots it asks.
"""

from __future__ import annotations

from targets.nodes.paxos.ballot import Ballot, Decree, PValue
from targets.nodes.paxos.base import Base
from targets.nodes.paxos.messages import Learn, Learned

SCAN_SLOTS_MAX = 512
"""How far one message may carry the watermark's search: the rest comes with the next."""


class Learner(Base):
    """What a node knows to be chosen."""

    def _tally(self, acceptor: str, slot: int, ballot: Ballot) -> None:
        if slot <= self.chosen or slot in self.decided:
            return
        by_ballot = self.acceptances.setdefault(slot, {})
        by_ballot.setdefault(ballot, set()).add(acceptor)
        if len(self._acceptors(slot, ballot)) < self.quorum:
            return
        # A learner to whom the proposal never came knows that something is chosen, not what.
        if (pvalue := self._proposal(slot, ballot)) is not None:
            self._decide(slot, pvalue.decree)

    def _acceptors(self, slot: int, ballot: Ballot) -> set[str]:
        """Who has accepted what ``ballot`` proposed for ``slot``: each ballot counts apart."""
        return self.acceptances[slot][ballot]

    def _proposal(self, slot: int, ballot: Ballot) -> PValue | None:
        """What ``ballot`` proposed for ``slot``, if we have accepted it ourselves."""
        pvalue = self.accepted.get(slot)
        return pvalue if pvalue is not None and pvalue.ballot == ballot else None

    def _decide(self, slot: int, decree: Decree) -> None:
        self.decided[slot] = decree
        self.last_slot = max(self.last_slot, slot)
        self.acceptances.pop(slot, None)
        self.in_flight.pop(slot, None)
        self._ages.pop(slot, None)
        accepted = self.accepted.get(slot)
        if accepted is None or accepted.decree.encoded != decree.encoded:
            self._persist_learnt(slot, decree)
        self._apply_chosen()

    def _apply_chosen(self) -> None:
        """Apply what is chosen, in the order of the slots and without a gap."""
        while (slot := self._next_to_apply()) is not None:
            self.chosen = slot
            decree = self.decided[slot]
            answer = None if decree.command is None else self.machine.apply(decree.command)
            self._applied(slot, decree, answer)

    def _next_to_apply(self) -> int | None:
        slot = self.chosen + 1
        return slot if slot in self.decided else None

    def _learn_chosen(self, peer: str, ballot: Ballot, chosen: int) -> None:
        if chosen <= self.chosen:
            return
        for slot in range(self.chosen + 1, min(chosen, self.chosen + SCAN_SLOTS_MAX) + 1):
            pvalue = self._proposal(slot, ballot)
            # The leader proposes one decree a slot, and it is the one that was chosen there.
            if pvalue is not None and slot not in self.decided:
                self._decide(slot, pvalue.decree)
        if chosen > self.chosen:
            self._ask_to_learn(peer)

    # Catch-up.

    def _on_learn(self, peer: str, learn: Learn) -> None:
        if self.snapshot is not None and learn.first <= self.snapshot.slot:
            self._send_part(peer, 0)
            return
        learned = Learned(self.chosen)
        size = 0
        for slot in range(learn.first, self.chosen + 1):
            decree = self.decided.get(slot)
            if decree is not None:
                size += len(decree.encoded)
                if size > self.options.message_bytes_max and learned.decrees:
                    break
                learned.decrees.append((slot, decree))
        self._send(peer, learned)

    def _on_learned(self, peer: str, learned: Learned) -> None:
        before = self.chosen
        for slot, decree in learned.decrees:
            if slot > self.chosen and slot not in self.decided:
                self._decide(slot, decree)
        self._is_learning = False
        if before < self.chosen < learned.chosen:
            self._ask_to_learn(peer)
