"""Snapshots instead of the log they stand for, on every node; and catching up by one.

Every so many applied entries a node puts its state, sessions included, in the place of the log
that led to it, but for a tail that spares others who are a little behind the whole of it. Who
needs what its primary has forgotten gets the snapshot, piece by piece; a piece is answered with
where to go on, so what was lost or doubled costs a repeat at most.
"""

from __future__ import annotations

from targets.nodes.primary_backup.base import Base
from targets.nodes.primary_backup.messages import Fenced, InstallSnapshot, SnapshotReply
from targets.nodes.primary_backup.progress import Progress
from targets.nodes.raft.log import Log
from targets.nodes.raft.snapshot import Incoming, Outgoing, Snapshot


class Snapshots(Base):
    """How a log is kept short, and how those who need what is gone are helped."""

    def _compact_if_due(self) -> None:
        """Called before a step's events: the answers of the step before have left already."""
        if self.applied_index - self.snapshot_index < self.options.snapshot_entries:
            return
        index = self.applied_index
        epoch = self.log.term_at(index)
        assert epoch is not None
        self.snapshot = Snapshot.of(index, epoch, (), self.machine.dump())
        self.log.compact(max(self.log.base_index, index - self.options.trailing_entries))
        self._must_replace = True

    # The primary's side.

    def _offer_snapshot(self, peer: str, progress: Progress) -> None:
        assert self.snapshot is not None
        out = progress.snapshot
        if out is None:
            out = progress.snapshot = Outgoing(self.snapshot)
            self._note(f"sends {peer} a snapshot up to entry {out.snapshot.index}")
        if out.chunk_is_out and not self._heartbeat_is_due:
            return
        out.chunk_is_out = True
        text, end = out.snapshot.text, out.offset + self.options.snapshot_chunk_bytes
        data, is_last = text[out.offset : end], end >= len(text)
        index = out.snapshot.index
        # Behind the sync: with asynchronous replication it may hold what only we have.
        self._send(peer, InstallSnapshot(self.configuration, index, out.offset, data, is_last))

    def _on_snapshot_reply(self, peer: str, reply: SnapshotReply) -> None:
        if not self.is_primary or reply.epoch != self.configuration.epoch:
            return
        progress = self.progress[peer]
        progress.hear(0)
        out = progress.snapshot
        if out is None or out.snapshot.index != reply.index:
            return
        if not reply.done:
            # A doubled reply asks for what is out already.
            if reply.offset != out.offset:
                out.offset = reply.offset
                out.chunk_is_out = False
            return
        progress.match = max(progress.match, reply.index)
        progress.next = progress.match + 1
        # What follows the snapshot in the peer's log, if anything, has yet to be compared.
        progress.snapshot, progress.probing, progress.probe_is_out = None, True, False
        self._advance_commit()

    # The other side.

    def _on_install_snapshot(self, peer: str, chunk: InstallSnapshot) -> None:
        if self._is_outdated(chunk.configuration):
            self._send(peer, Fenced(self.configuration))
            return
        self._adopt(chunk.configuration)
        if self.is_primary:
            return
        self._hear_primary()
        epoch, index = self.configuration.epoch, chunk.index
        incoming = self._incoming
        if incoming is None or (incoming.peer, incoming.term, incoming.index) != (
            peer,
            epoch,
            index,
        ):
            incoming = self._incoming = Incoming(peer, epoch, index)
        if not incoming.add(chunk.offset, chunk.data) or not chunk.done:
            self._send(peer, SnapshotReply(epoch, index, incoming.length, False))
            return
        self._incoming = None
        snapshot = Snapshot.parse(incoming.text())
        if self.log.term_at(index) != snapshot.term or index > self.commit_index:
            self._install(snapshot)
        self._send(peer, SnapshotReply(epoch, index, 0, True))

    def _install(self, snapshot: Snapshot) -> None:
        """Take the primary's snapshot in place of our own state."""
        self._note(f"takes over a snapshot up to entry {snapshot.index}")
        if snapshot.index < self.commit_index:
            self._note_lost(self.commit_index - snapshot.index)
        self.snapshot = snapshot
        if self.log.term_at(snapshot.index) == snapshot.term:
            # What follows the last included entry is kept: it may be acknowledged already.
            self.log.compact(snapshot.index)
        else:
            self.log = Log(None, snapshot.index, snapshot.term)
        self.durable_index = min(self.durable_index, self.log.last_index)
        self._must_replace = True
        self._begin_from_snapshot()
