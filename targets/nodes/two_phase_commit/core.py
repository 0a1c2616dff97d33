"""The whole node of two-phase commit, sans-IO: events in, effects out.

Sources, named in the parts by their authors: Bernstein, Hadzilacos and Goodman, "Concurrency
Control and Recovery in Database Systems", 1987, chapters 3 and 7; Gray and Reuter,
"Transaction Processing: Concepts and Techniques", 1993, chapters 10 and 11; Mohan, Lindsay
and Obermarck, "Transaction Management in the R* Distributed Database Management System", 1986;
Gray and Lamport, "Consensus on Transaction Commit", 2006.
"""

from __future__ import annotations

from targets.nodes.effects import (
    Effect,
    Elapsed,
    Event,
    Received,
    Requested,
    Started,
    Undelivered,
)
from targets.nodes.two_phase_commit.base import RESTART, TICK, TICK_S
from targets.nodes.two_phase_commit.checkpoint import Checkpoint
from targets.nodes.two_phase_commit.clients import Clients
from targets.nodes.two_phase_commit.coordinator import Coordinator
from targets.nodes.two_phase_commit.decisions import Decisions
from targets.nodes.two_phase_commit.messages import (
    Abort,
    Ack,
    Commit,
    Died,
    Done,
    Execute,
    Inquire,
    Message,
    Prepare,
    Vote,
)
from targets.nodes.two_phase_commit.participant import Participant


class TwoPhaseCommit(Participant, Decisions, Coordinator, Clients, Checkpoint):
    """One node of a sharded store."""

    def step(self, events: list[Event]) -> list[Effect]:
        """Take events, in their order; one write and one sync for all of them."""
        for event in events:
            self._handle(event)
            while self._loopback:
                self._receive(self.node, self._loopback.popleft())
        if self._checkpoint_is_due():
            self._must_replace = True
        return self._drain()

    def _handle(self, event: Event) -> None:
        match event:
            case Received(peer, message):
                if peer in self.members:
                    self._receive(peer, message)
            case Requested(origin, request):
                self._on_request(origin, request)
            case Elapsed(name):
                self._on_timer(name)
            case Undelivered(peer, message):
                self._on_undelivered(peer, message)
            case Started():
                self._on_started()

    def _on_started(self) -> None:
        now_s = self.clock()
        for work in list(self.work.values()):
            work.heard_s = now_s
            self._in_doubt(work)
        if self.work or self.decided:
            self._note(
                f"starts with {len(self.work)} transactions in doubt, and "
                f"{len(self.decided)} decided that not all have acknowledged"
            )
        self._redo()
        self._set_timer(TICK, TICK_S)

    def _on_timer(self, name: str) -> None:
        if name == RESTART:
            self._on_restart_timer()
        elif name == TICK:
            now_s = self.clock()
            self._look_after_running(now_s)
            self._look_after_decisions(now_s)
            self._look_after_work(now_s)
            self._set_timer(TICK, TICK_S)

    def _receive(self, peer: str, message: Message) -> None:
        match message:
            case Execute():
                self._on_execute(peer, message)
            case Done():
                self._on_done(peer, message)
            case Died():
                self._on_died(peer, message)
            case Prepare():
                self._on_prepare(peer, message)
            case Vote():
                self._on_vote(peer, message)
            case Commit():
                self._on_commit(peer, message)
            case Abort():
                self._on_abort(peer, message)
            case Ack():
                self._on_ack(peer, message)
            case Inquire():
                self._on_inquire(peer, message)
