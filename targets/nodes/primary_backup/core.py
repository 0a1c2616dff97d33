"""The whole primary-backup node, sans-IO: events in, effects out.

Sources, named in the parts by short titles:

- Alsberg and Day, "A Principle for Resilient Sharing of Distributed Resources", 1976: the first
  description; a write is answered when a second host has it.
- Budhiraja, Marzullo, Schneider and Toueg, "The Primary-Backup Approach", 1993: what the
  approach promises (section 8.2: one primary at a time, requests to it alone, fail-over within a
  stated time) and what it costs.
- Lin, Yang, Zhang and Zhou, "PacificA: Replication in Log-Based Distributed Storage Systems",
  2008: the protocol followed here: configurations kept by a service that runs a consensus
  protocol, leases, reconciliation, adding a replica that has caught up (section 3).
- Lamport, Malkhi and Zhou, "Vertical Paxos and Primary-Backup Replication", 2009: the same as an
  instance of Paxos, with a configuration master apart from the data (section 4).
- Liskov and Cowling, "Viewstamped Replication Revisited", 2012: numbers of views and operations,
  and the client table that recognises a command sent again (section 4.1).
- Van Renesse and Schneider, "Chain Replication for Supporting High Throughput and Availability",
  2004: as a contrast, backups in a line, of which the last one answers reads (section 3).
"""

from __future__ import annotations

from targets.nodes.effects import (
    Effect,
    Elapsed,
    Event,
    Received,
    Requested,
    Started,
    Synced,
    Undelivered,
)
from targets.nodes.primary_backup.backup import Backup
from targets.nodes.primary_backup.base import BEAT, GRACE, OF_SERVICE
from targets.nodes.primary_backup.clients import Clients
from targets.nodes.primary_backup.messages import (
    Answered,
    Append,
    AppendReply,
    Discard,
    Fenced,
    Forward,
    InstallSnapshot,
    Message,
    OfService,
    SnapshotReply,
)
from targets.nodes.primary_backup.primary import Primary
from targets.nodes.primary_backup.promotion import Promotion
from targets.nodes.primary_backup.reads import Reads
from targets.nodes.primary_backup.service import Service
from targets.nodes.primary_backup.snapshots import Snapshots


class PrimaryBackup(Primary, Backup, Promotion, Service, Snapshots, Reads, Clients):
    """One node: primary, backup or outside, and a member of the configuration service."""

    def step(self, events: list[Event]) -> list[Effect]:
        """Take events, in their order; one write, one sync, one Append a peer for all of them."""
        self._compact_if_due()
        for event in events:
            self._handle(event)
        if self._for_service:
            self._consult()
        if self.is_primary:
            self._replicate()
            # A primary without backups confirms itself.
            self._release_reads()
        if self._session_reads:
            self._release_session_reads()
        return self._drain()

    def _handle(self, event: Event) -> None:
        match event:
            case Received(peer, OfService(message)):
                self._for_service.append(Received(peer, message))
            case Received(peer, message):
                if peer in self.peers:
                    self._receive(peer, message)
            case Requested(origin, request):
                self._on_request(origin, request)
            case Synced(number, _):
                self._on_sync_number(number)
            case Elapsed(name):
                self._on_timer(name)
            case Undelivered(peer, OfService(message)):
                self._for_service.append(Undelivered(peer, message))
            case Undelivered(_, message):
                self._on_undelivered(message)
            case Started():
                # By way of us, whatever clock we are handed.
                self.service.clock = lambda: self.clock()
                self._for_service.append(Started())
                self._on_started()

    def _on_sync_number(self, number: int) -> None:
        while self._syncing and self._syncing[0][0] <= number:
            _, of_service, index, epoch = self._syncing.popleft()
            if of_service is not None:
                self._for_service.append(Synced(*of_service))
            self._on_synced(index, epoch)

    def _on_timer(self, name: str) -> None:
        if name == BEAT:
            self._on_beat()
        elif name == GRACE:
            self._on_grace_timer()
        elif name.startswith(OF_SERVICE):
            self._for_service.append(Elapsed(name.removeprefix(OF_SERVICE)))

    def _on_beat(self) -> None:
        self._set_timer(BEAT, self.options.heartbeat_s)
        if self.is_primary:
            self._beat_as_primary()
        else:
            self._reclaim_if_restarted()
        self._refuse_session_reads()

    def _receive(self, peer: str, message: Message) -> None:
        match message:
            case Append():
                self._on_append(peer, message)
            case AppendReply():
                self._on_append_reply(peer, message)
            case Forward():
                self._on_forward(peer, message)
            case Answered():
                self._on_answered(message)
            case Fenced():
                self._on_fenced(message)
            case InstallSnapshot():
                self._on_install_snapshot(peer, message)
            case SnapshotReply():
                self._on_snapshot_reply(peer, message)
            case Discard():
                self._on_discard(peer, message)
