"""The whole Raft node, sans-IO: events in, effects out.

The paper: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm",
2014 (sections named 5.x, 7, 8). The dissertation: Ongaro, "Consensus: Bridging Theory and
Practice", 2014 (sections named 3.10, 4.x, 6.x, 9.x, 10.x).
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
from targets.nodes.raft.base import ELECTION, HEARTBEAT, QUORUM, TRANSFER, Role
from targets.nodes.raft.compaction import Compaction
from targets.nodes.raft.election import Election
from targets.nodes.raft.held_reads import HeldReads
from targets.nodes.raft.lease import Lease
from targets.nodes.raft.membership import Membership
from targets.nodes.raft.messages import (
    Answered,
    Append,
    AppendReply,
    Forward,
    InstallSnapshot,
    Message,
    PreVote,
    PreVoteReply,
    SnapshotReply,
    TimeoutNow,
    Vote,
    VoteReply,
)
from targets.nodes.raft.proposals import Proposals
from targets.nodes.raft.reads import Reads
from targets.nodes.raft.replication import Replication
from targets.nodes.raft.transfer import Transfer

_OF_A_TERM = (Append, AppendReply, VoteReply, InstallSnapshot, SnapshotReply)


class Raft(
    Election, Replication, Compaction, Reads, Lease, Proposals, HeldReads, Membership, Transfer
):
    """One server of a Raft cluster."""

    def step(self, events: list[Event]) -> list[Effect]:
        """Take events, in their order; one write, one sync, one Append a peer for all of them."""
        self._compact_if_due()
        for event in events:
            self._handle(event)
        if self.role is Role.LEADER:
            self._transfer_if_ready()
            self._replicate()
            # A cluster of one confirms itself.
            self._release_reads()
            self._retire_if_removed()
        return self._drain()

    def _handle(self, event: Event) -> None:
        match event:
            case Received(peer, message):
                # Members or not: a server that is to join knows no configuration yet (4.1).
                if peer in self.known:
                    self._receive(peer, message)
            case Requested(origin, request):
                self._on_request(origin, request)
            case Synced(index, term):
                self._on_synced(index, term)
            case Elapsed(name):
                self._on_timer(name)
            case Undelivered(_, message):
                self._on_undelivered(message)
            case Started():
                self._on_started()

    def _on_timer(self, name: str) -> None:
        if name == HEARTBEAT:
            self._on_heartbeat_timer()
        elif name == ELECTION:
            self._on_election_timer()
        elif name == QUORUM:
            self._on_quorum_timer()
        elif name == TRANSFER:
            self._on_transfer_timer()

    def _receive(self, peer: str, message: Message) -> None:
        # Whoever sees a higher term joins it (section 5.1). A pre-vote names a term that
        # nobody is in yet, a vote may have to be ignored (4.2.3), and requests of clients
        # belong to none.
        if isinstance(message, _OF_A_TERM) and message.term > self.term:
            self._follow(message.term, None)
        match message:
            case Append():
                self._on_append(peer, message)
            case AppendReply():
                self._on_append_reply(peer, message)
            case Forward():
                self._on_forward(peer, message)
            case Answered():
                self._on_answered(message)
            case InstallSnapshot():
                self._on_install_snapshot(peer, message)
            case SnapshotReply():
                self._on_snapshot_reply(peer, message)
            case Vote():
                self._on_vote(peer, message)
            case VoteReply():
                self._on_vote_reply(peer, message)
            case PreVote():
                self._on_pre_vote(peer, message)
            case PreVoteReply():
                self._on_pre_vote_reply(peer, message)
            case TimeoutNow():
                self._on_timeout_now(peer, message)

    def _stop_leading(self) -> None:
        self.progress, self._voting = {}, []
        self._abandon_proposals()
        self._abandon_reads()
        self._abandon_catch_up()
        self._abandon_transfer()
