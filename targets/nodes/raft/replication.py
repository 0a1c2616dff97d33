"""Log replication (section 5.3) and commitment (5.4.2), with CheckQuorum (2014, section 6.2).

The leader sends to each peer as soon as there is something new, without waiting for the
answer to what it sent before (pipelining). Whatever gathered during one step goes out as
one ``Append`` a peer and one write to the disk (batching). Messages that are lost show as
a refusal of a later one, and the leader backs off by the follower's hint.
"""

from __future__ import annotations

from targets.nodes.raft.base import ELECTION, HEARTBEAT, QUORUM, Base, Role
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import Append, AppendReply
from targets.nodes.raft.progress import Progress


class Replication(Base):
    """How entries get from the leader to its peers, and become committed."""

    # The leader's side.

    def _lead(self) -> None:
        self.role = Role.LEADER
        self.leader = self.node
        self.leader_is_silent = False
        self._note("leads")
        self.progress = {}
        self._follow_members()
        self.round = 0
        self.first_own_index = self.log.last_index + 1
        self._offered_index = self.log.last_index
        self._heartbeat_is_due = True
        self._begin_lease()
        self._set_timer(ELECTION, None)
        self._set_timer(HEARTBEAT, self.options.heartbeat_s)
        self._set_timer(QUORUM, self.options.election_s_min)
        # Entries of earlier terms are committed by committing one of our own (section 5.4.2).
        self._append_own(Entry(self.first_own_index, self.term, None))
        self._ask_held()

    def _append_own(self, entry: Entry) -> None:
        self._append(entry)

    def _members_changed(self) -> None:
        super()._members_changed()
        if self.role is Role.LEADER:
            self._follow_members()

    def _follow_members(self) -> None:
        """Keep track of those who are members now or about to be, and of nobody else."""
        progress = self.progress
        self.progress = {
            peer: progress.get(peer) or Progress(self.log.last_index + 1)
            for peer in (*self.peers, *self._learners())
        }
        self._voting = [self.progress[peer] for peer in self.peers]

    def _on_heartbeat_timer(self) -> None:
        if self.role is Role.LEADER:
            self._heartbeat_is_due = True
            self._set_timer(HEARTBEAT, self.options.heartbeat_s)

    def _on_quorum_timer(self) -> None:
        if self.role is not Role.LEADER:
            return
        if not self._quorum_was_heard():
            self._note("has not heard from a majority and steps down")
            self._follow(self.term, None)
            return
        for progress in self.progress.values():
            progress.heard = False
        self._check_catch_up()
        self._set_timer(QUORUM, self.options.election_s_min)

    def _quorum_was_heard(self) -> bool:
        """Whether a majority, ourselves included, spoke since the last check."""
        return self.is_voter + sum(p.heard for p in self._voting) >= self.majority

    def _replicate(self) -> None:
        """Send what this step made worth sending: entries, a heartbeat, a round for reads."""
        fresh = self.log.last_index > self._offered_index
        broadcast = self._heartbeat_is_due or self._wants_round(fresh)
        if broadcast:
            self.round += 1
            self._note_round()
            self._round_started()
        for peer, progress in self.progress.items():
            if self._heartbeat_is_due:
                progress.probe_is_out = False
            if progress.next <= self.log.base_index:
                self._offer_snapshot(peer, progress)
                if broadcast:
                    self._send_heartbeat(peer)
                continue
            entries = self._entries_for(progress)
            if entries or broadcast:
                self._send_append(peer, progress, entries)
        self._offered_index = self.log.last_index
        self._heartbeat_is_due = False

    def _entries_for(self, progress: Progress) -> list[Entry]:
        """What may be sent to this peer now: bounded in flight, in number and in bytes."""
        options = self.options
        if progress.probing:
            room = 0 if progress.probe_is_out else options.append_entries_max
        else:
            in_flight = progress.next - 1 - progress.match
            room = min(options.append_entries_max, options.in_flight_entries_max - in_flight)
        if room <= 0 or progress.next > self.log.last_index:
            return []
        entries = self.log.between(progress.next, progress.next + room - 1)
        size = 0
        for count, entry in enumerate(entries):
            size += len(entry.encoded)
            if size > options.append_bytes_max and count:
                return entries[:count]
        return entries

    def _send_append(self, peer: str, progress: Progress, entries: list[Entry]) -> None:
        prev = progress.next - 1
        prev_term = self.log.term_at(prev)
        assert prev_term is not None
        append = Append(self.term, prev, prev_term, self.commit_index, self.round, entries)
        if progress.probing:
            progress.probe_is_out = True
        else:
            progress.next += len(entries)
        # Early: it says what the leader has, and does not count the leader's own copy,
        # which joins the majority only when it is Synced (2014, section 10.2.1).
        self._send_early(peer, append)

    def _send_heartbeat(self, peer: str) -> None:
        """A heartbeat for a peer that lacks what our log begins with; it may well refuse it."""
        base, base_term = self.log.base_index, self.log.base_term
        self._send_early(peer, Append(self.term, base, base_term, self.commit_index, self.round))

    def _on_append_reply(self, peer: str, reply: AppendReply) -> None:
        progress = self.progress.get(peer)
        if progress is None or reply.term != self.term:
            return
        progress.heard = True
        # Replies may be reordered or doubled: nothing known is ever unlearnt.
        progress.round = max(progress.round, reply.round)
        if reply.ok:
            progress.match = max(progress.match, reply.index)
            progress.next = max(progress.next, progress.match + 1)
            progress.probing = False
            if progress.match >= self.log.base_index:
                progress.snapshot = None
            self._advance_commit()
        elif progress.snapshot is None:
            self._back_off(progress, reply)
        self._on_heard(peer, progress)
        self._release_reads()

    def _back_off(self, progress: Progress, reply: AppendReply) -> None:
        """Resend from where the follower's log may agree with ours (section 5.3, end)."""
        is_stale = (
            reply.index != progress.next - 1 if progress.probing else reply.index <= progress.match
        )
        if is_stale:
            return
        hint = reply.hint_index
        if reply.hint_term is not None:
            shared = self.log.last_of_term(reply.hint_term, reply.index)
            hint = hint if shared is None else shared + 1
        progress.next = max(progress.match + 1, min(hint, progress.next - 1))
        progress.probing = True
        progress.probe_is_out = False

    def _on_synced(self, index: int, term: int) -> None:
        # The same index and term: the same entry, and the same prefix (log matching).
        if self.log.term_at(index) == term:
            self.durable_index = max(self.durable_index, index)
            if self.role is Role.LEADER:
                self._advance_commit()

    def _advance_commit(self) -> None:
        """Commit what a majority holds durably, as far as that may be counted."""
        own = self.durable_index if self.is_voter else 0
        held = sorted((own, *(p.match for p in self._voting)))
        index = held[-self.majority]
        if index > self.commit_index and self._counts(index):
            self._commit_to(index)

    def _counts(self, index: int) -> bool:
        """Whether a majority with ``index`` commits it: only if it is of our term (figure 8)."""
        return self.log.term_at(index) == self.term

    # Every node's side.

    def _commit_to(self, index: int) -> None:
        self.commit_index = index
        while self.applied_index < index:
            self.applied_index += 1
            entry = self.log.entry(self.applied_index)
            if entry.command is not None:
                self._applied(entry, self.machine.apply(entry.command))
            elif entry.members is not None:
                self._applied(entry, {"ok": True, "value": list(entry.members)})

    def _on_append(self, peer: str, append: Append) -> None:
        if append.term < self.term:
            self._send(peer, AppendReply(self.term, False, append.prev_index, append.round))
            return
        self._hear_leader(peer)
        if not self._fits(append):
            reply = AppendReply(self.term, False, append.prev_index, append.round)
            reply.hint_index, reply.hint_term = self.log.conflict(append.prev_index)
            self._send(peer, reply)
            return
        self._take_entries(append)
        # Only up to here is our log known to be the leader's.
        verified = append.prev_index + len(append.entries)
        self._learn_commit(append, verified)
        self._acknowledge(peer, append, verified)

    def _fits(self, append: Append) -> bool:
        """Whether our log agrees with the leader's up to where ``append`` goes on (5.3)."""
        # What is compacted was committed, and so it is in the leader's log too (figure 3).
        return (
            append.prev_index < self.log.base_index
            or self.log.term_at(append.prev_index) == append.prev_term
        )

    def _take_entries(self, append: Append) -> None:
        for entry in append.entries:
            if entry.index <= self.log.base_index:
                continue
            present = self.log.term_at(entry.index)
            # What is there already stays: a late, shorter Append must not cut the log.
            if present == entry.term:
                continue
            if present is not None:
                self._remove_from(entry.index)
            self._append(entry)

    def _learn_commit(self, append: Append, verified: int) -> None:
        if min(append.commit, verified) > self.commit_index:
            self._commit_to(min(append.commit, verified))

    def _acknowledge(self, peer: str, append: Append, verified: int) -> None:
        self._send(peer, AppendReply(self.term, True, verified, append.round))

    def _remove_from(self, index: int) -> None:
        """Remove a conflicting suffix; the paper proves that it is never committed."""
        assert index > self.commit_index, (
            f"entry {index} is committed (up to {self.commit_index}) and may not be removed"
        )
        self._truncate(index)
