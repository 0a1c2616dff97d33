"""Phase 1: how a node comes to lead ("Paxos Made Simple", section 3; the *scout* of
"Paxos Made Moderately Complex", section 2.4), and when it tries.

    follower --silence--> candidate --a quorum promised--> leader
        ^                     |  ^                            |  |
        |                     |  +------- outbid by a --------+  |
        |                     |           ballot nobody leads    |
        +-- another leads ----+----------------------------------+-- no quorum answers

One ``Prepare`` speaks for all slots from the first one not known as chosen. Two candidates
may outbid each other for ever (section 2.4 of "Made Simple"): so time-outs are random, and
whoever is outbid waits a random time that doubles with each attempt ("Moderately Complex",
section 3, does the like). An attempt that nobody answers goes on under the same ballot.
"""

from __future__ import annotations

from targets.nodes.paxos.ballot import Ballot
from targets.nodes.paxos.base import ELECTION, HEARTBEAT, QUORUM, Base, Role
from targets.nodes.paxos.messages import Preempted, Prepare, Promise


class Candidate(Base):
    """How a node comes to prepare, and to follow."""

    def _on_started(self) -> None:
        self._note(f"started, {self.chosen} slots chosen, peers {', '.join(self.peers)}")
        # Who knows what lease was granted before a crash.
        self.granted_to = None
        self._grant_lease("")
        self._await_election()

    def _await_election(self) -> None:
        low, high = self.options.election_s_min, self.options.election_s_max
        self._set_timer(ELECTION, self.rng.uniform(low, high))

    def _on_election_timer(self) -> None:
        if self.role is Role.LEADER:
            return
        if not self.leader_is_silent:
            # The smallest time-out has passed since the leader spoke: from here on this node
            # supports another one, and tries itself after the random rest of its time-out.
            self.leader_is_silent = True
            self.leader = None
            self._abandon_forwards()
            spread = self.options.election_s_max - self.options.election_s_min
            self._set_timer(ELECTION, self.rng.uniform(0.0, spread))
        elif (rest_s := self._lease_binds(self.node)) > 0:
            # Clocks are fractions: a little later, so that it has run out by then.
            self._set_timer(ELECTION, rest_s + 0.001)
        else:
            self._attempt()

    def _attempt(self) -> None:
        self._refuse_parked()
        if self.role is Role.CANDIDATE and self.highest <= self.ballot:
            self._await_election()
            self._send_prepares()
        else:
            self._prepare(self._next_ballot())

    def _next_ballot(self) -> Ballot:
        # Above all that was promised here, over restarts too: a ballot is used once.
        return Ballot(max(self.promised, self.highest).round + 1, self.node)

    def _prepare(self, ballot: Ballot) -> None:
        if self.role is Role.FOLLOWER:
            self._note(f"hears no leader, prepares {ballot}")
        self.role = Role.CANDIDATE
        self.leader = None
        self.leader_is_silent = True
        self.attempts += 1
        self.ballot = self.highest = ballot
        # Our own promise, durable before the ballot is heard of: see _send.
        self.promised = ballot
        self._persist_promise()
        self._clear_promises()
        # What a leader had in flight it has accepted itself, and finds again in phase 2.
        self.in_flight, self._offered = {}, []
        self._hold_reads()
        self._set_timer(HEARTBEAT, None)
        self._set_timer(QUORUM, None)
        self._await_election()
        self._send_prepares()

    def _clear_promises(self) -> None:
        self.promises = {}
        self.reported = {}

    def _send_prepares(self) -> None:
        for peer in self.peers:
            if peer not in self.promises:
                self._send(peer, Prepare(self.ballot, self.chosen + 1))

    def _on_promise(self, peer: str, promise: Promise) -> None:
        if not self._is_current(promise):
            return
        for pvalue in promise.pvalues:
            highest = self.reported.get(pvalue.slot)
            if highest is None or pvalue.ballot > highest.ballot:
                self.reported[pvalue.slot] = pvalue
        if promise.more is not None:
            self._send(peer, Prepare(self.ballot, promise.more))
            return
        self.promises[peer] = promise.chosen
        if promise.chosen > self.chosen:
            self._ask_to_learn(peer)

    def _is_current(self, promise: Promise) -> bool:
        """Whether a promise was made for this very attempt."""
        return self.role is Role.CANDIDATE and promise.ballot == self.ballot

    def _count_promises(self) -> None:
        """Lead, once a quorum has promised and we know all that it left out as chosen."""
        told = sum(chosen <= self.chosen for chosen in self.promises.values())
        if 1 + told >= self.quorum:
            self._lead()

    # Being outbid, and following.

    def _on_preempted(self, peer: str, preempted: Preempted) -> None:
        self.highest = max(self.highest, preempted.promised)
        is_outbid = preempted.ballot == self.ballot < preempted.promised
        if not is_outbid or self.role is Role.FOLLOWER:
            # One that merely stands by another leader does not stop us: others may promise.
            return
        if self.role is Role.CANDIDATE:
            self._back_off()
        elif preempted.leader in (None, self.node):
            self._outbid()
        else:
            self._follow(None)

    def _outbid(self) -> None:
        """A ballot above ours was promised, yet nobody leads it: prepare one above that.

        A leader that has just come to lead does so after a pause: it may be the other one's
        duellist.
        """
        if self._has_settled:
            self._prepare(self._next_ballot())
        else:
            self._follow(None)
            self._back_off()

    def _back_off(self) -> None:
        doublings = min(self.attempts, self.options.backoff_doublings_max)
        delay_s = self.options.backoff_s * 2**doublings * self.rng.uniform(0.5, 1.5)
        self._set_timer(ELECTION, delay_s)

    def _hear_leader(self, peer: str) -> None:
        if self.role is not Role.FOLLOWER or self.leader != peer:
            self._follow(peer)
        self.leader_is_silent = False
        self._set_timer(ELECTION, self.options.election_s_min)

    def _follow(self, leader: str | None) -> None:
        was = self.role
        if leader is not None and leader != self.leader:
            self._note(f"follows {leader}")
        self.role = Role.FOLLOWER
        if leader != self.leader:
            self._abandon_forwards()
        self.leader = leader
        if was is not Role.FOLLOWER:
            self.leader_is_silent = True
            self._set_timer(HEARTBEAT, None)
            self._set_timer(QUORUM, None)
            self._await_election()
            self._stop_leading()
        if leader is not None:
            self.attempts = 0
            self._unpark()
