"""Phase 2: a leader proposes, slot by slot, until it is outbid ("Paxos Made Simple",
section 3; the *commanders* of "Paxos Made Moderately Complex", section 2.3).

What gathers during one step goes out as one ``Accept`` a peer and one write (batching);
nobody waits for an earlier slot before a later one is proposed (pipelining): slots may be
chosen out of order, and are applied in order.
"""

from __future__ import annotations

from targets.nodes.paxos.ballot import NO_OP, Decree, PValue
from targets.nodes.paxos.base import ELECTION, HEARTBEAT, QUORUM, Base, Role
from targets.nodes.paxos.messages import Accept, Accepted, Confirm, Heartbeat


class Leader(Base):
    """What the node does under a ballot that a quorum has promised it."""

    def _lead(self) -> None:
        self.role = Role.LEADER
        self.leader = self.node
        self.leader_is_silent = False
        self.attempts = 0
        self._note("leads")
        self._set_timer(ELECTION, None)
        self._set_timer(HEARTBEAT, self.options.heartbeat_s)
        self._set_timer(QUORUM, self.options.election_s_min)
        self._heartbeat_is_due = True
        self._has_settled = False
        self.heard = dict.fromkeys(self.peers, True)
        self.confirmed = dict.fromkeys(self.peers, 0)
        self._ages = {}
        self._recover_slots()
        self._unpark()

    def _recover_slots(self) -> None:
        """Propose anew whatever may have been chosen under an earlier ballot, and fill gaps."""
        reported = self._highest_accepted()
        self.next_slot = max(self.chosen, *reported, *self.decided, 0) + 1
        self.first_own_slot = self.next_slot
        for slot in range(self.chosen + 1, self.next_slot):
            if slot not in self.decided:
                self._offer(slot, self._value_for(slot, reported.get(slot)))
        self.reported = {}

    def _highest_accepted(self) -> dict[int, PValue]:
        """By slot, the highest pvalue that the quorum has accepted, ourselves included."""
        reported = {slot: p for slot, p in self.reported.items() if slot > self.chosen}
        for slot in range(self.chosen + 1, self.last_slot + 1):
            own = self.accepted.get(slot)
            if own is not None and (slot not in reported or reported[slot].ballot < own.ballot):
                reported[slot] = own
        return reported

    def _value_for(self, slot: int, highest: PValue | None) -> Decree:
        """P2c of "Paxos Made Simple", 2.2: the highest accepted, else free: a no-op then."""
        return NO_OP if highest is None else highest.decree

    def _offer(self, slot: int, decree: Decree) -> None:
        pvalue = PValue(slot, self.ballot, decree)
        self.in_flight[slot] = pvalue
        self._ages[slot] = 0
        self._offered.append(pvalue)
        self._accept(pvalue)

    def _speak(self) -> None:
        """Send what this step made worth sending: proposals, a heartbeat, a round for reads."""
        if self._offered:
            offered, self._offered = self._offered, []
            for peer in self.peers:
                self._send_accepts(peer, offered)
        if self._heartbeat_is_due or self._wants_round():
            self._heartbeat_is_due = False
            self.round += 1
            self._round_started()
            heartbeat = Heartbeat(self.ballot, self.chosen, self.round)
            for peer in self.peers:
                self._send_early(peer, heartbeat)

    def _send_accepts(self, peer: str, pvalues: list[PValue]) -> None:
        # Early: it asks others to accept. That we accepted it ourselves counts when it is Synced.
        batch: list[PValue] = []
        size = 0
        for pvalue in pvalues:
            size += len(pvalue.encoded)
            if size > self.options.message_bytes_max and batch:
                self._send_early(peer, Accept(self.ballot, self.chosen, batch))
                batch, size = [], len(pvalue.encoded)
            batch.append(pvalue)
        if batch:
            self._send_early(peer, Accept(self.ballot, self.chosen, batch))

    def _on_heartbeat_timer(self) -> None:
        if self.role is not Role.LEADER:
            return
        self._heartbeat_is_due = True
        self._has_settled = True
        self._set_timer(HEARTBEAT, self.options.heartbeat_s)
        self._propose_again()

    def _propose_again(self) -> None:
        """Send again, to who has not accepted it, what is in flight for a whole heartbeat."""
        late: list[PValue] = []
        for slot, pvalue in self.in_flight.items():
            self._ages[slot] += 1
            if self._ages[slot] > 1 and len(late) < self.options.resend_slots_max:
                late.append(pvalue)
        if not late:
            return
        for peer in self.peers:
            missing = [
                pvalue
                for pvalue in late
                if peer not in self.acceptances.get(pvalue.slot, {}).get(self.ballot, ())
            ]
            self._send_accepts(peer, missing)

    def _on_accepted(self, peer: str, accepted: Accepted) -> None:
        self.heard[peer] = True
        for slot in accepted.slots:
            self._tally(peer, slot, accepted.ballot)

    def _on_confirm(self, peer: str, confirm: Confirm) -> None:
        if self.role is not Role.LEADER or confirm.ballot != self.ballot:
            return
        self.heard[peer] = True
        # Replies may be reordered or doubled: nothing known is ever unlearnt.
        self.confirmed[peer] = max(self.confirmed[peer], confirm.round)

    def _on_quorum_timer(self) -> None:
        if self.role is not Role.LEADER:
            return
        if not self._quorum_was_heard():
            self._note("has not heard from a quorum and stops leading")
            self._follow(None)
            return
        self.heard = dict.fromkeys(self.peers, False)
        self._set_timer(QUORUM, self.options.election_s_min)

    def _quorum_was_heard(self) -> bool:
        """Whether a quorum, ourselves included, spoke since the last check."""
        return 1 + sum(self.heard.values()) >= self.quorum
