"""The whole Multi-Paxos node, sans-IO: events in, effects out.

Sources, named in the parts by short titles: Lamport, "Paxos Made Simple", 2001; Lamport,
"The Part-Time Parliament", 1998; van Renesse and Altinbuken, "Paxos Made Moderately
Complex", 2015; Chandra, Griesemer and Redstone, "Paxos Made Live", 2007.
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
from targets.nodes.paxos.acceptor import Acceptor
from targets.nodes.paxos.base import ELECTION, HEARTBEAT, LEARN, QUORUM, Role
from targets.nodes.paxos.candidate import Candidate
from targets.nodes.paxos.clients import Clients
from targets.nodes.paxos.leader import Leader
from targets.nodes.paxos.learner import Learner
from targets.nodes.paxos.messages import (
    Accept,
    Accepted,
    Answered,
    Confirm,
    Fetch,
    Forward,
    Heartbeat,
    Learn,
    Learned,
    Message,
    Part,
    Preempted,
    Prepare,
    Promise,
)
from targets.nodes.paxos.reads import Reads
from targets.nodes.paxos.snapshots import Snapshots


class Paxos(Acceptor, Candidate, Leader, Snapshots, Learner, Reads, Clients):
    """One member of a Multi-Paxos cluster."""

    def step(self, events: list[Event]) -> list[Effect]:
        """Take events, in their order; one write, one sync, one Accept a peer for all of them."""
        for event in events:
            self._handle(event)
        if self.role is Role.CANDIDATE:
            self._count_promises()
        if self.role is Role.LEADER:
            self._fill_window()
            self._release_reads()
            self._read_under_lease()
            self._speak()
            if not self.peers:
                # A cluster of one confirms itself.
                self._release_reads()
        if self.chosen - self.snapshot_slot >= self.options.snapshot_slots:
            self._compact()
        return self._drain()

    def _handle(self, event: Event) -> None:
        match event:
            case Received(peer, message):
                if peer in self.peers:
                    self._receive(peer, message)
            case Requested(origin, request):
                self._on_request(origin, request)
            case Synced(index, _):
                self._on_synced(index)
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
        elif name == LEARN:
            self._on_learn_timer()

    def _receive(self, peer: str, message: Message) -> None:
        match message:
            case Accept():
                self._on_accept(peer, message)
            case Accepted():
                self._on_accepted(peer, message)
            case Heartbeat():
                self._on_heartbeat(peer, message)
            case Confirm():
                self._on_confirm(peer, message)
            case Forward():
                self._on_forward(peer, message)
            case Answered():
                self._on_answered(message)
            case Prepare():
                self._on_prepare(peer, message)
            case Promise():
                self._on_promise(peer, message)
            case Preempted():
                self._on_preempted(peer, message)
            case Learn():
                self._on_learn(peer, message)
            case Learned():
                self._on_learned(peer, message)
            case Fetch():
                self._on_fetch(peer, message)
            case Part():
                self._on_part(peer, message)

    def _stop_leading(self) -> None:
        self.in_flight, self._offered = {}, []
        self._clear_promises()
        self._abandon_proposals()
        self._abandon_reads()
