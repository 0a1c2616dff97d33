"""The primary: orders writes, ships them, and acknowledges what everybody who counts has.

The order is the log's: (epoch, index), as in PacificA, section 3.1 (there configuration version
and serial number), and in Viewstamped Replication (view and op number; Liskov and Cowling, 2012,
section 4.1). Whatever gathered during one step goes out as one ``Append`` a peer and one write
to the disk. Messages that are lost show as a refusal of a later one, and the primary backs off by
the peer's hint.

    synchronous     an entry is committed, applied and acknowledged once the primary and all
                    backups of the configuration have it durable (Alsberg and Day 1976: "two-host
                    resiliency"; Budhiraja et al. 1993, section 8.3.2)
    asynchronous    once the primary alone has. What was not shipped when a backup takes over is
                    lost, though it was acknowledged.

One backup that does not answer would stop everything. So it is removed, by a configuration
without it, before its copy is done without. Who has caught up again is added, and its copies are
waited for from the moment that this is *proposed*: by the time the primary learns that it was
decided, it may be somebody's successor already (PacificA, section 3.4).
"""

from __future__ import annotations

from targets.nodes.command import Answer, Command
from targets.nodes.primary_backup.base import Base
from targets.nodes.primary_backup.messages import Append, AppendReply, Discard
from targets.nodes.primary_backup.progress import Progress
from targets.nodes.raft.log import Entry

STEADY_BEATS = 3
"""So many heartbeats in a row somebody must have answered before it is made a backup."""


class Primary(Base):
    """What a node does while it is primary."""

    def _begin_reign(self) -> None:
        self._note("is primary")
        self.progress = {peer: Progress(self.log.last_index + 1) for peer in self.peers}
        self.first_own_index = self.log.last_index + 1
        self._offered_index = self.log.last_index
        # What earlier epochs left is shipped and committed with an entry of our own.
        self._append_own(Entry(self.first_own_index, self.configuration.epoch, None))
        self._heartbeat_is_due = True

    def _continue_reign(self) -> None:
        self._heartbeat_is_due = True
        self._advance_commit()

    def _end_reign(self) -> None:
        self._note("is primary no more")
        self.progress = {}
        self._lease_until_s = float("-inf")
        self._abandon_writes()
        self._abandon_reads()

    def _append_own(self, entry: Entry) -> None:
        self._append(entry)

    # With every heartbeat.

    def _beat_as_primary(self) -> None:
        self._poll()
        if not self._speaks():
            return
        self._heartbeat_is_due = True
        for progress in self.progress.values():
            progress.beat()
        self._review_members()

    def _speaks(self) -> bool:
        """Whether we go on as primary to the others. Long without a lease, we fall silent.

        So that, where others still hear us and the service does not, one of them takes over; but
        not before the service itself has had time to elect a leader.
        """
        return self.clock() < self._lease_until_s + self.options.election_s_max

    def _review_members(self) -> None:
        backups = [b for b in self.configuration.backups if not self._is_lost(self.progress[b])]
        joining = [p for p in self.peers if p not in backups and self._may_join(self.progress[p])]
        wanted = sorted({*backups, *joining})
        if self._proposal is not None or wanted != sorted(self.configuration.backups):
            self._propose(self.configuration.with_backups(wanted))

    def _is_lost(self, progress: Progress) -> bool:
        return progress.missed > self.options.patience_beats or progress.unfit

    def _may_join(self, progress: Progress) -> bool:
        """Whether a peer holds all that was acknowledged, and keeps up."""
        lag = self.log.last_index - progress.match
        return (
            progress.steady >= STEADY_BEATS
            and not progress.unfit
            and (progress.match >= self.commit_index or not self.is_sync)
            and lag <= self.options.join_lag_entries_max
        )

    # Shipping.

    def _replicate(self) -> None:
        """Send what this step made worth sending: entries, a heartbeat, a round for reads."""
        if not self._speaks():
            return
        broadcast = self._heartbeat_is_due or self._wants_round()
        if broadcast:
            self.round += 1
            self._round_started()
        for peer, progress in self.progress.items():
            if self._heartbeat_is_due:
                progress.probe_is_out = False
            if progress.next <= self.log.base_index:
                self._offer_snapshot(peer, progress)
                if broadcast:
                    base, base_epoch = self.log.base_index, self.log.base_term
                    self._send_append(peer, base, base_epoch, [])
                continue
            entries = self._entries_for(progress)
            if entries or broadcast:
                self._ship(peer, progress, entries)
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

    def _ship(self, peer: str, progress: Progress, entries: list[Entry]) -> None:
        prev = progress.next - 1
        prev_epoch = self.log.term_at(prev)
        assert prev_epoch is not None
        if progress.probing:
            progress.probe_is_out = True
        else:
            progress.next += len(entries)
        self._send_append(peer, prev, prev_epoch, entries)

    def _send_append(self, peer: str, prev: int, prev_epoch: int, entries: list[Entry]) -> None:
        # Early: it says what we have, and our own copy counts only when it is Synced.
        append = Append(
            self.configuration, prev, prev_epoch, self.commit_index, self.round, entries
        )
        self._send_early(peer, append)

    # What comes back.

    def _on_append_reply(self, peer: str, reply: AppendReply) -> None:
        if not self.is_primary or reply.epoch != self.configuration.epoch:
            return
        progress = self.progress[peer]
        progress.hear(reply.round)
        if reply.ok:
            progress.match = max(progress.match, reply.index)
            progress.next = max(progress.next, progress.match + 1)
            progress.probing = False
            progress.unfit = False
            if progress.match >= self.log.base_index:
                progress.snapshot = None
            self._advance_commit()
        elif progress.snapshot is None:
            self._back_off(peer, progress, reply)

    def _back_off(self, peer: str, progress: Progress, reply: AppendReply) -> None:
        """Go on from where the peer's log may agree with ours (Raft, section 5.3, end)."""
        if reply.floor:
            self._find_floor(peer, progress, reply)
            return
        is_stale = (
            reply.index != progress.next - 1 if progress.probing else reply.index <= progress.match
        )
        if is_stale:
            return
        hint = reply.hint_index
        if reply.hint_epoch is not None:
            shared = self.log.last_of_term(reply.hint_epoch, reply.index)
            hint = hint if shared is None else shared + 1
        progress.next = max(progress.match + 1, min(hint, progress.next - 1))
        progress.probing = True
        progress.probe_is_out = False

    def _find_floor(self, peer: str, progress: Progress, reply: AppendReply) -> None:
        """The peer compares nothing below the last entry of its snapshot: is that one of ours?"""
        index, epoch = reply.hint_index, reply.hint_epoch
        if self.log.term_at(index) == epoch:
            progress.next = max(progress.next, index + 1)
            progress.probing, progress.probe_is_out = True, False
            return
        if index < self.log.base_index or epoch is None:
            return
        # It holds what was acknowledged by a primary that nobody could ask any more.
        progress.unfit, progress.probing, progress.probe_is_out = True, True, False
        progress.match = 0
        progress.next = self.log.last_index + 1
        if peer not in self.configuration.backups and peer not in self.pledged:
            self._send(peer, Discard(self.configuration, index, epoch))

    # Commitment.

    def _advance_commit(self) -> None:
        held = [self.durable_index, *(self.progress[peer].match for peer in self._needed())]
        if min(held) > self.commit_index:
            self._commit_to(min(held))

    def _needed(self) -> frozenset[str]:
        """Whose durable copies a commit waits for, besides our own."""
        if not self.is_sync:
            return frozenset()
        return (self.pledged | set(self.configuration.backups)) - {self.node}

    def _commit_to(self, index: int) -> None:
        self.commit_index = index
        while self.applied_index < index:
            self.applied_index += 1
            entry = self.log.entry(self.applied_index)
            if entry.command is not None:
                self._applied(entry, self._apply(entry.index, entry.command))

    def _apply(self, index: int, command: Command) -> Answer:
        return self.machine.apply(command)
