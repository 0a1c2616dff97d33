"""Leader election: terms and votes (section 5.2), PreVote (2014, 9.6), stickiness (4.2.3).

    follower --silence--> pre-candidate --majority would--> candidate --majority did--> leader
        ^                      |                                 |                        |
        +----------------------+---------- higher term ----------+------- no quorum ------+

A pre-candidate raises no term, and is refused by whoever hears a leader: so a node that
was cut off, paused, restarted or removed cannot depose a leader that is well. A candidate
is refused by them as well, and its term ignored: leases rely on it.
"""

from __future__ import annotations

from targets.nodes.raft.base import ELECTION, HEARTBEAT, QUORUM, Base, Role
from targets.nodes.raft.messages import PreVote, PreVoteReply, Vote, VoteReply


class Election(Base):
    """How a node comes to vote, to lead and to follow."""

    def _on_started(self) -> None:
        self._note(f"started with {self.log.last_index} entries, peers {', '.join(self.peers)}")
        self._await_election()
        if self.options.reads == "lease":
            # Before it died it may have heard a leader, who counts on its silence (6.4.1).
            self.leader_is_silent = False
            self._set_timer(ELECTION, self.options.election_s_min)

    def _await_election(self) -> None:
        """Wait a whole randomised time-out before asking for votes (section 5.2)."""
        low, high = self.options.election_s_min, self.options.election_s_max
        self._set_timer(ELECTION, self.rng.uniform(low, high))

    def _on_election_timer(self) -> None:
        if self.role is Role.LEADER:
            return
        if self.leader_is_silent:
            self._ask_pre_votes()
            return
        # The smallest time-out has passed since the leader spoke: from here on this node
        # supports another one, and asks to be it after the random rest of its time-out.
        self.leader_is_silent = True
        self.leader = None
        self._abandon_forwards()
        spread = self.options.election_s_max - self.options.election_s_min
        self._set_timer(ELECTION, self.rng.uniform(0.0, spread))

    def _hear_leader(self, peer: str) -> None:
        if self.role is not Role.FOLLOWER or self.leader != peer:
            self._follow(self.term, peer)
        self.leader_is_silent = False
        self._set_timer(ELECTION, self.options.election_s_min)

    def _follow(self, term: int, leader: str | None) -> None:
        if term > self.term:
            self.term = term
            self.voted_for = None
            self._persist_vote()
        was_leader = self.role is Role.LEADER
        if was_leader or (leader is not None and leader != self.leader):
            self._note(f"follows {leader or 'nobody yet'}")
        self.role = Role.FOLLOWER
        is_new = leader != self.leader
        if is_new:
            self._abandon_forwards()
        self.leader = leader
        if was_leader:
            self.leader_is_silent = True
            self._set_timer(HEARTBEAT, None)
            self._set_timer(QUORUM, None)
            self._await_election()
            self._stop_leading()
        if is_new and leader is not None:
            self._ask_held()

    # PreVote: would a majority vote for us, if we asked?

    def _may_stand(self) -> bool:
        """Members stand, and so does who may be needed until its removal is committed (4.2.2)."""
        return self.is_voter or self.configurations.index > self.commit_index

    def _ask_pre_votes(self) -> None:
        self._refuse_held()
        if not self._may_stand():
            self._await_election()
            return
        if self.role is Role.FOLLOWER:
            self._note("hears no leader, asks for pre-votes")
        self.role = Role.PRE_CANDIDATE
        self.leader = None
        self.votes = {self.node}
        self._await_election()
        for peer in self.peers:
            self._send_early(peer, PreVote(self.term + 1, self.log.last_index, self.log.last_term))
        self._count_pre_votes()

    def _on_pre_vote(self, peer: str, question: PreVote) -> None:
        granted = (
            question.term > self.term
            and self.leader_is_silent
            and self._is_up_to_date(question.last_index, question.last_term)
        )
        self._send(peer, PreVoteReply(question.term if granted else self.term, granted))

    def _on_pre_vote_reply(self, peer: str, reply: PreVoteReply) -> None:
        if not reply.granted:
            if reply.term > self.term:
                self._follow(reply.term, None)
        elif self.role is Role.PRE_CANDIDATE and reply.term == self.term + 1:
            self.votes.add(peer)
            self._count_pre_votes()

    def _count_pre_votes(self) -> None:
        if self._won():
            self._ask_votes()

    def _won(self) -> bool:
        """Whether a majority of the members is for us; our own vote counts if we are one."""
        return sum(name in self.members for name in self.votes) >= self.majority

    # Votes.

    def _ask_votes(self, *, transfer: bool = False) -> None:
        self.term += 1
        self.voted_for = self.node
        self._persist_vote()
        self.role = Role.CANDIDATE
        self.votes = {self.node}
        self._note("asks for votes")
        self._await_election()
        for peer in self.peers:
            # Not early: our own vote must be durable before anybody can count on it.
            vote = Vote(self.term, self.log.last_index, self.log.last_term, transfer)
            self._send(peer, vote)
        self._count_votes()

    def _on_vote(self, peer: str, question: Vote) -> None:
        if not (self.leader_is_silent or question.transfer):
            self._send(peer, VoteReply(self.term, False))
            return
        if question.term > self.term:
            self._follow(question.term, None)
        granted = (
            question.term == self.term
            and self.voted_for in (None, peer)
            and self._is_up_to_date(question.last_index, question.last_term)
        )
        if granted and self.voted_for is None:
            self.voted_for = peer
            self._persist_vote()
            self.role = Role.FOLLOWER
            self._await_election()
        self._send(peer, VoteReply(self.term, granted))

    def _on_vote_reply(self, peer: str, reply: VoteReply) -> None:
        if self.role is Role.CANDIDATE and reply.term == self.term and reply.granted:
            self.votes.add(peer)
            self._count_votes()

    def _count_votes(self) -> None:
        if self._won():
            self._lead()

    def _is_up_to_date(self, last_index: int, last_term: int) -> bool:
        """Whether a log ending so may lead us: the election restriction of section 5.4.1."""
        return (last_term, last_index) >= (self.log.last_term, self.log.last_index)
