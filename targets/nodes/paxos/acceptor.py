"""The acceptor ("Paxos Made Simple", section 2.2, for every slot at once: section 3).

    P1a  promise a ballot iff nothing as high was promised; report what was accepted
    P2a  accept under a ballot iff nothing higher was promised

An acceptor is all memory: its promise and what it accepted are on the disk before it says
so, whatever it is killed by ("Paxos Made Live", section 5.1, tells what else happens).
"""

from __future__ import annotations

from targets.nodes.paxos.ballot import Ballot, PValue
from targets.nodes.paxos.base import Base, Role
from targets.nodes.paxos.messages import (
    Accept,
    Accepted,
    Confirm,
    Heartbeat,
    Message,
    Preempted,
    Prepare,
    Promise,
)


class Acceptor(Base):
    """What a node promises and accepts, whoever asks."""

    def _on_prepare(self, peer: str, prepare: Prepare) -> None:
        if prepare.ballot < self.promised or not self._may_support(peer):
            self._refuse(peer, prepare.ballot)
            return
        self._promise(prepare.ballot)
        self._send(peer, self._report(prepare))

    def _may_support(self, peer: str) -> bool:
        """Whether we hear of no other leader, nor owe one its lease.

        Paxos is safe without this; but a node that was cut off would come back with a high
        ballot and depose a leader that is well.
        """
        is_loyal = not self.leader_is_silent and self.leader != peer
        return not is_loyal and self._lease_binds(peer) <= 0

    def _promise(self, ballot: Ballot) -> None:
        """Raise the promise to the ballot of another node, durably."""
        if ballot > self.promised:
            self.promised = ballot
            self._persist_promise()
            if self.role is not Role.FOLLOWER:
                self._follow(None)

    def _report(self, prepare: Prepare) -> Promise:
        """The highest accepted pvalues that the candidate cannot learn as chosen."""
        promise = Promise(prepare.ballot, self.chosen)
        size = 0
        for slot in range(max(prepare.first, self.chosen + 1), self.last_slot + 1):
            pvalue = self.accepted.get(slot)
            if pvalue is None:
                continue
            size += len(pvalue.encoded)
            if size > self.options.message_bytes_max and promise.pvalues:
                promise.more = slot
                break
            promise.pvalues.append(pvalue)
        return promise

    def _on_accept(self, peer: str, accept: Accept) -> None:
        if accept.ballot < self.promised:
            self._refuse(peer, accept.ballot)
            return
        self._join(accept.ballot)
        self._hear_leader(peer)
        for pvalue in accept.pvalues:
            present = self.accepted.get(pvalue.slot)
            # What is chosen stays, and a message that comes twice is written once.
            is_news = present is None or present.ballot != pvalue.ballot
            if is_news and pvalue.slot > self.chosen and pvalue.slot not in self.decided:
                self._accept(pvalue)
        self._learn_chosen(peer, accept.ballot, accept.chosen)
        self._tell_accepted(peer, accept)

    def _join(self, ballot: Ballot) -> None:
        """To accept under a ballot is to promise it: nothing lower is accepted after it."""
        self._promise(ballot)

    def _accept(self, pvalue: PValue) -> None:
        self.accepted[pvalue.slot] = pvalue
        self.last_slot = max(self.last_slot, pvalue.slot)
        self._persist_accepted(pvalue)
        if self.role is Role.LEADER or self.options.learners == "all":
            # Our own acceptance counts once it is on the disk, as everybody's does.
            self._fresh.append((pvalue.slot, pvalue.ballot))

    def _tell_accepted(self, leader: str, accept: Accept) -> None:
        told = Accepted(accept.ballot, [pvalue.slot for pvalue in accept.pvalues])
        for peer in self.peers if self.options.learners == "all" else (leader,):
            self._send(peer, told)

    def _on_heartbeat(self, peer: str, heartbeat: Heartbeat) -> None:
        if heartbeat.ballot < self.promised:
            self._refuse(peer, heartbeat.ballot)
            return
        self._join(heartbeat.ballot)
        self._hear_leader(peer)
        self._learn_chosen(peer, heartbeat.ballot, heartbeat.chosen)
        self._grant_lease(peer)
        self._send(peer, Confirm(heartbeat.ballot, heartbeat.round))

    def _refuse(self, peer: str, ballot: Ballot) -> None:
        heard = None if self.leader_is_silent else self.leader
        refusal: Message = Preempted(ballot, self.promised, heard)
        self._send(peer, refusal)

    def _on_synced(self, write: int) -> None:
        while self._syncing and self._syncing[0][0] <= write:
            _, acceptances = self._syncing.popleft()
            for slot, ballot in acceptances:
                self._tally(self.node, slot, ballot)
