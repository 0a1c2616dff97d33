"""The backup: takes what its primary ships, keeps it, and says how far it has it durable.

So does whoever is outside the configuration, to be taken in again. What it holds that its
primary does not, its divergent tail, goes as soon as the primary ships something else for that
place: nobody was told that it is done (with synchronous replication; with asynchronous, clients
may have been, and the node counts what it throws away).
"""

from __future__ import annotations

from targets.nodes.primary_backup.base import Base
from targets.nodes.primary_backup.messages import Append, AppendReply, Discard, Fenced
from targets.nodes.raft.log import Log


class Backup(Base):
    """What a node does while somebody else is primary."""

    def _on_append(self, peer: str, append: Append) -> None:
        if self._is_outdated(append.configuration):
            self._send(peer, Fenced(self.configuration))
            return
        self._adopt(append.configuration)
        if self.is_primary:
            return
        self._hear_primary()
        if append.prev_index < self.snapshot_index:
            self._refuse_below_floor(peer, append)
        elif self._fits(append):
            self._take_entries(append)
            # Only up to here is our log known to be the primary's.
            verified = append.prev_index + len(append.entries)
            self._learn_commit(append, verified)
            self._acknowledge(peer, append, verified)
        else:
            self._refuse_unfitting(peer, append)

    def _refuse_unfitting(self, peer: str, append: Append) -> None:
        reply = self._reply(append, ok=False, index=append.prev_index)
        reply.hint_index, reply.hint_epoch = self.log.conflict(append.prev_index)
        self._send(peer, reply)

    def _refuse_below_floor(self, peer: str, append: Append) -> None:
        assert self.snapshot is not None
        reply = self._reply(append, ok=False, index=append.prev_index)
        reply.hint_index, reply.hint_epoch = self.snapshot.index, self.snapshot.term
        reply.floor = True
        self._send(peer, reply)

    def _reply(self, append: Append, *, ok: bool, index: int) -> AppendReply:
        return AppendReply(self.configuration.epoch, ok, index, append.round)

    def _acknowledge(self, peer: str, append: Append, verified: int) -> None:
        # Behind the sync of this step: what it says is durable.
        self._send(peer, self._reply(append, ok=True, index=verified))

    def _fits(self, append: Append) -> bool:
        """Whether our log agrees with the primary's up to where ``append`` goes on."""
        return self.log.term_at(append.prev_index) == append.prev_epoch

    def _take_entries(self, append: Append) -> None:
        for entry in append.entries:
            present = self.log.term_at(entry.index)
            # What is there already stays: a late, shorter Append must not cut the log.
            if present == entry.term:
                continue
            if present is not None:
                self._throw_away_from(entry.index)
            self._append(entry)

    def _throw_away_from(self, index: int) -> None:
        """Remove our divergent tail, and undo what was applied of it."""
        count = self.log.last_index - index + 1
        self._note(f"throws away {count} entries from {index} on, which its primary has not")
        self.log.truncate(index)
        self.durable_index = min(self.durable_index, index - 1)
        if index <= self.commit_index:
            self._note_lost(self.commit_index - index + 1)
            self._begin_from_snapshot()
            self._commit_to(index - 1)

    def _note_lost(self, count: int) -> None:
        assert not self.is_sync, f"{count} entries were committed and may not be thrown away"
        self.thrown_away += count
        self._note(f"had acknowledged or applied {count} of them: they are lost")

    def _learn_commit(self, append: Append, verified: int) -> None:
        if min(append.commit, verified) > self.commit_index:
            self._commit_to(min(append.commit, verified))

    def _on_synced(self, index: int, epoch: int) -> None:
        # The same index and epoch: the same entry, and the same prefix.
        if self.log.term_at(index) == epoch:
            self.durable_index = max(self.durable_index, index)
            if self.is_primary:
                self._advance_commit()

    def _on_discard(self, peer: str, discard: Discard) -> None:
        if self._is_outdated(discard.configuration):
            self._send(peer, Fenced(self.configuration))
            return
        self._adopt(discard.configuration)
        snapshot = self.snapshot
        is_outside = self.node not in self.configuration.members
        if (
            is_outside
            and snapshot is not None
            and (snapshot.index, snapshot.term) == (discard.index, discard.epoch)
        ):
            self._discard_all(f"its snapshot up to entry {discard.index} is none of {peer}'s")

    def _discard_all(self, why: str) -> None:
        self._note(f"throws everything away: {why}")
        self._note_lost(self.commit_index)
        self.log, self.snapshot = Log(), None
        self.durable_index = 0
        self._begin_from_snapshot()
        self._must_replace = True
