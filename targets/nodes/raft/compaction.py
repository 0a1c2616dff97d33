"""Snapshots instead of the log they stand for (section 7; Ongaro 2014, chapter 5).

Every node snapshots by itself, every so many applied entries, and forgets the log up to
there but for a tail that spares followers who are a little behind the whole snapshot. A
leader sends its snapshot to whoever needs what it has forgotten, chunk by chunk:

    leader     chunk at 0 ->   chunk at 8 ->      (the follower restarts)  chunk at 0 ->  ...
    follower         <- go on at 8    <- go on at 0: nothing of it is here

A chunk is answered with where to go on, so what was lost, doubled or interrupted costs a
repeat at most. A chunk that nobody answers goes out again with the next heartbeat.
"""

from __future__ import annotations

from targets.nodes.raft.base import Base
from targets.nodes.raft.log import Log
from targets.nodes.raft.messages import InstallSnapshot, SnapshotReply
from targets.nodes.raft.progress import Progress
from targets.nodes.raft.snapshot import Incoming, Outgoing, Snapshot


class Compaction(Base):
    """How a log is kept short, and how those who need what is gone are helped."""

    # Every node's own.

    def _compact_if_due(self) -> None:
        """Called before a step's events: the answers of the step before have left already."""
        covered = self.snapshot.index if self.snapshot is not None else 0
        if self.applied_index - covered >= self.options.snapshot_entries:
            self._take_snapshot()

    def _take_snapshot(self) -> None:
        index = self.applied_index
        term = self.log.term_at(index)
        assert term is not None
        members = self.configurations.at(index)
        self.snapshot = Snapshot.of(index, term, members, self.machine.dump())
        self.configurations.compact(index)
        self.log.compact(max(self.log.base_index, index - self.options.trailing_entries))
        self._log_file_is_stale = True

    # The leader's side.

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
        chunk = InstallSnapshot(self.term, out.snapshot.index, out.offset, data, is_last)
        # Early: a snapshot holds committed entries only and promises nothing about our disk.
        self._send_early(peer, chunk)

    def _on_snapshot_reply(self, peer: str, reply: SnapshotReply) -> None:
        progress = self.progress.get(peer)
        if progress is None or reply.term != self.term:
            return
        progress.heard = True
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
        self._on_heard(peer, progress)

    # The follower's side.

    def _on_install_snapshot(self, peer: str, chunk: InstallSnapshot) -> None:
        if chunk.term < self.term:
            self._send(peer, SnapshotReply(self.term, chunk.index, 0, False))
            return
        self._hear_leader(peer)
        if chunk.index <= self.commit_index:
            self._send(peer, SnapshotReply(self.term, chunk.index, 0, True))
            return
        incoming = self._incoming
        if incoming is None or (incoming.peer, incoming.term, incoming.index) != (
            peer,
            self.term,
            chunk.index,
        ):
            incoming = self._incoming = Incoming(peer, self.term, chunk.index)
        if not incoming.add(chunk.offset, chunk.data) or not chunk.done:
            self._send(peer, SnapshotReply(self.term, chunk.index, incoming.length, False))
            return
        self._incoming = None
        self._install(Snapshot.parse(incoming.text()))
        self._send(peer, SnapshotReply(self.term, chunk.index, 0, True))

    def _install(self, snapshot: Snapshot) -> None:
        """Take a leader's snapshot in place of our own state (figure 13, steps 5 to 8)."""
        self._note(f"takes over a snapshot up to entry {snapshot.index}")
        self.snapshot = snapshot
        if self._covers_our_entry(snapshot):
            # What follows the last included entry is kept: it may be acknowledged already.
            self.log.compact(snapshot.index)
        else:
            self.log = Log(None, snapshot.index, snapshot.term)
        self.durable_index = min(self.durable_index, self.log.last_index)
        self._log_file_is_stale = True
        self._begin_from_snapshot()
        self.configurations = self._configurations_of_log(snapshot.members)
        self._members_changed()

    def _covers_our_entry(self, snapshot: Snapshot) -> bool:
        """Whether the last entry it includes is in our log: then so are all before it."""
        return self.log.term_at(snapshot.index) == snapshot.term
