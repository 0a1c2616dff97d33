"""The state of a Paxos node, and the outbox in which its effects gather.

Every node plays all the roles: acceptor, candidate or leader, learner, and the clients'
counterpart; each is a class in a file of its own, built on this state.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from targets.nodes.command import Answer, Command
from targets.nodes.effects import Effect, Fsync, Note, Replace, Reply, Send, SetTimer, Write
from targets.nodes.frames import encode_json
from targets.nodes.met import LIFE_BITS, MetForwards
from targets.nodes.paxos.ballot import NO_BALLOT, Ballot, Decree, PValue
from targets.nodes.paxos.messages import Answered, Message
from targets.nodes.paxos.options import Options
from targets.nodes.state_machine import StateMachine

ELECTION, HEARTBEAT, QUORUM, LEARN = "election", "heartbeat", "quorum", "learn"
"""Names of the timers."""

PendingRead = tuple[Any, Command]
"""The origin of a read, and the read."""


class Role(StrEnum):
    """What a node is besides an acceptor and a learner. A candidate is in phase 1."""

    FOLLOWER = "follower"
    CANDIDATE = "candidate"
    LEADER = "leader"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state machine as it was when ``slot`` had been applied, as JSON text."""

    slot: int
    text: str


@dataclass(slots=True)
class Recovered:
    """What the disk remembers. ``decided`` holds each slot above the snapshot, to ``chosen``."""

    promised: Ballot = NO_BALLOT
    accepted: dict[int, PValue] = field(default_factory=dict)
    decided: dict[int, Decree] = field(default_factory=dict)
    chosen: int = 0
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """The origin of a request that another member forwarded."""

    peer: str
    id: int


@dataclass(slots=True)
class Parked:
    """A client's request that waits for a leader, or for room in the window."""

    origin: Any
    command: Command
    request: dict[str, Any]


class Base:
    """State shared by all parts of a node, and its outbox.

    ``incarnation`` differs from one start of the node to the next, so that what was meant
    for a predecessor is never taken for ours. ``rng`` is the only source of randomness.
    """

    def __init__(
        self,
        node: str,
        members: Collection[str],
        *,
        recovered: Recovered,
        rng: random.Random,
        incarnation: int,
        options: Options,
    ) -> None:
        self.node = node
        self.peers = tuple(sorted(set(members) - {node}))
        self.options = options
        self.quorum = self._quorum_size()
        self.rng = rng
        self.incarnation = incarnation
        self.clock: Callable[[], float] = _no_clock
        self.reached: dict[str, int] = {}
        # The acceptor: all of it on the disk before anybody hears of it.
        self.promised = recovered.promised
        self.accepted = recovered.accepted
        # The learner. ``chosen`` is the watermark: every slot up to it is decided and applied.
        self.snapshot = recovered.snapshot
        self.decided = recovered.decided
        self.chosen = 0
        self.last_slot = max(recovered.chosen, *recovered.accepted, 0)
        self.acceptances: dict[int, dict[Ballot, set[str]]] = {}
        self.machine = self._make_machine()
        # Who leads, as far as this node knows. One that just started has heard of nobody.
        self.role = Role.FOLLOWER
        self.leader: str | None = None
        self.leader_is_silent = True
        self.ballot = NO_BALLOT
        """The ballot under which this node prepares or leads, or last did."""
        self.highest = recovered.promised
        """The highest ballot this node has heard of."""
        self.attempts = 0
        # Candidates: the peers' watermarks as promised, the highest pvalue reported by slot.
        self.promises: dict[str, int] = {}
        self.reported: dict[int, PValue] = {}
        # Leaders: proposals without a majority yet, and for how many heartbeats.
        self.next_slot = 1
        self.first_own_slot = 1
        self.in_flight: dict[int, PValue] = {}
        self._ages: dict[int, int] = {}
        self._offered: list[PValue] = []
        self._heartbeat_is_due = False
        self._has_settled = False
        self.heard: dict[str, bool] = {}
        # Leaders: reads not yet in a round of heartbeats, and those in rounds not yet confirmed.
        self.round = 0
        self.confirmed: dict[str, int] = {}
        self._reads: list[PendingRead] = []
        self._confirming: deque[tuple[int, list[PendingRead]]] = deque()
        # Leases: when each unconfirmed round was sent, ours as a leader, the one we granted.
        self._sent_at: deque[tuple[int, float]] = deque()
        self.lease_until = float("-inf")
        self.granted_to: str | None = None
        self.granted_until = float("-inf")
        # Clients: who waits for which command in which slot, and for a leader.
        self.waiting: dict[int, tuple[Decree, list[Parked]]] = {}
        self._slot_of: dict[tuple[str | None, int | None], int] = {}
        self.parked: deque[Parked] = deque()
        self._stale_parked = 0
        self._forwarded: dict[int, Parked] = {}
        self._next_forward = incarnation << LIFE_BITS
        # The requests that others have passed on.
        self._met = MetForwards()
        # Learning from another node: whether an answer is awaited, and a snapshot's pieces.
        self._is_learning = False
        self._pieces: tuple[str, int, list[str]] | None = None
        # The outbox.
        self._timers: list[Effect] = []
        self._records: list[bytes] = []
        self._early: list[Effect] = []
        self._late: list[Effect] = []
        self._must_sync = False
        self._must_replace = False
        self._chosen_on_disk = recovered.chosen
        self._writes = 0
        self._fresh: list[tuple[int, Ballot]] = []
        self._syncing: deque[tuple[int, list[tuple[int, Ballot]]]] = deque()
        self._restore(recovered)

    def _quorum_size(self) -> int:
        """How many acceptors are a quorum: any two of these share one (a majority)."""
        return (len(self.peers) + 1) // 2 + 1

    def _make_machine(self) -> StateMachine:
        return StateMachine(self.options.sessions)

    def _count(self, bug: str, times: int = 1) -> None:
        """A seeded bug was reached. The correct node never calls this."""
        self.reached[bug] = self.reached.get(bug, 0) + times

    # The outbox. What is not explicitly early waits for the disk.

    def _send(self, peer: str, message: Message) -> None:
        """Send once everything written so far, this step included, is durable."""
        self._late.append(Send(peer, message))

    def _send_early(self, peer: str, message: Message) -> None:
        """Send without waiting for the disk: only what promises nothing about this node."""
        self._early.append(Send(peer, message))

    def _answer(self, origin: Any, body: Answer) -> None:
        """Answer a request, here or by way of the member that forwarded it."""
        if isinstance(origin, Remote):
            self._send(origin.peer, Answered(origin.id, body))
        else:
            self._late.append(Reply(origin, body))

    def _set_timer(self, name: str, delay_s: float | None) -> None:
        self._timers.append(SetTimer(name, delay_s))

    def _note(self, text: str) -> None:
        self._late.append(Note(f"ballot {self.promised}: {text}"))

    def _persist_promise(self) -> None:
        """The acceptor's promise must survive: whoever hears of it relies on it."""
        self._records.append(encode_json({"promised": self.promised}))
        self._must_sync = True

    def _persist_accepted(self, pvalue: PValue) -> None:
        # It says as well that nothing below its ballot is accepted any more.
        self._records.append(pvalue.encoded)
        self._must_sync = True

    def _persist_learnt(self, slot: int, decree: Decree) -> None:
        # Not synced for its own sake: what is lost can be learnt again.
        self._records.append(learnt_record(slot, decree))

    def _chosen_record(self) -> list[bytes]:
        """Says how far every slot holds, on this disk, what was chosen. A mere shortcut."""
        if self.chosen == self._chosen_on_disk:
            return []
        self._chosen_on_disk = self.chosen
        return [chosen_record(self.chosen)]

    def _drain(self) -> list[Effect]:
        """The effects of a step, persistence before what depends on it."""
        effects = self._timers
        if self._must_replace:
            effects.append(Replace(self._all_records()))
            self._must_sync = True
        elif self._records:
            effects.append(Write([*self._records, *self._chosen_record()]))
        effects += self._early
        if self._must_sync:
            self._writes += 1
            effects.append(Fsync(self._writes, 0))
            if self._fresh:
                self._syncing.append((self._writes, self._fresh))
                self._fresh = []
        effects += self._late
        self._timers, self._records, self._early, self._late = [], [], [], []
        self._must_sync = self._must_replace = False
        return effects

    # What the parts ask of each other.

    def _restore(self, recovered: Recovered) -> None:
        """Bring the state machine to where the disk says it was."""
        raise NotImplementedError

    def _all_records(self) -> list[bytes]:
        """Everything the disk has to remember, a snapshot first."""
        raise NotImplementedError

    def _prepare(self, ballot: Ballot) -> None:
        """Begin phase 1 under ``ballot``, which is fresh."""
        raise NotImplementedError

    def _next_ballot(self) -> Ballot:
        """A ballot of ours above all that we know of."""
        raise NotImplementedError

    def _await_election(self) -> None:
        """Wait a whole randomised time-out before the next attempt."""
        raise NotImplementedError

    def _lead(self) -> None:
        """Begin phase 2: a quorum has promised."""
        raise NotImplementedError

    def _follow(self, leader: str | None) -> None:
        """Be a follower, of ``leader`` where that is known."""
        raise NotImplementedError

    def _hear_leader(self, peer: str) -> None:
        """The leader of a ballot we support has spoken."""
        raise NotImplementedError

    def _stop_leading(self) -> None:
        """Give up what only a candidate or leader has; the role is already another one."""
        raise NotImplementedError

    def _accept(self, pvalue: PValue) -> None:
        """Accept, as an acceptor that may."""
        raise NotImplementedError

    def _offer(self, slot: int, decree: Decree) -> None:
        """Propose ``decree`` for ``slot`` under our ballot."""
        raise NotImplementedError

    def _decide(self, slot: int, decree: Decree) -> None:
        """``decree`` is chosen for ``slot``."""
        raise NotImplementedError

    def _tally(self, acceptor: str, slot: int, ballot: Ballot) -> None:
        """``acceptor`` has accepted what ``ballot`` proposed for ``slot``."""
        raise NotImplementedError

    def _apply_chosen(self) -> None:
        """Apply what is chosen, in the order of the slots and without a gap."""
        raise NotImplementedError

    def _learn_chosen(self, peer: str, ballot: Ballot, chosen: int) -> None:
        """``peer``, who leads ``ballot``, says that the slots up to ``chosen`` are chosen."""
        raise NotImplementedError

    def _ask_to_learn(self, peer: str) -> None:
        """Ask ``peer`` for what it knows to be chosen and we do not."""
        raise NotImplementedError

    def _compact(self) -> None:
        """Put a snapshot in the place of all slots up to the watermark."""
        raise NotImplementedError

    def _send_part(self, peer: str, offset: int) -> None:
        """Send a piece of our snapshot."""
        raise NotImplementedError

    def _applied(self, slot: int, decree: Decree, answer: Answer | None) -> None:
        """The decree of a slot was applied; ``answer`` is None for a no-op."""
        raise NotImplementedError

    def _unpark(self) -> None:
        """Serve the requests that waited for a leader."""
        raise NotImplementedError

    def _refuse_parked(self) -> None:
        """Refuse the requests that have waited for longer than one attempt to lead."""
        raise NotImplementedError

    def _abandon_forwards(self) -> None:
        """Give up the requests passed on to a leader that is silent, or leads no more."""
        raise NotImplementedError

    def _read(self, origin: Any, command: Command) -> None:
        """Serve a read as the leader."""
        raise NotImplementedError

    def _hold_reads(self) -> None:
        """Reads that wait for rounds of a ballot that is no longer ours wait for others."""
        raise NotImplementedError

    def _wants_round(self) -> bool:
        """Whether reads wait for a round of heartbeats to start now."""
        raise NotImplementedError

    def _round_started(self) -> None:
        """``self.round`` is about to be sent to all peers."""
        raise NotImplementedError

    def _release_reads(self) -> None:
        """Answer the reads that may be answered."""
        raise NotImplementedError

    def _grant_lease(self, peer: str) -> None:
        """Promise ``peer`` to support nobody else for a while, if leases are on."""
        raise NotImplementedError

    def _lease_binds(self, peer: str) -> float:
        """For how many seconds yet a lease we granted forbids us to support ``peer``."""
        raise NotImplementedError


def learnt_record(slot: int, decree: Decree) -> bytes:
    """The record of a decree that was learnt, not accepted."""
    return b'{"learnt":%d,"decree":%b}' % (slot, decree.encoded)


def chosen_record(slot: int) -> bytes:
    """The record that says: up to this slot, what this file holds last was chosen."""
    return b'{"chosen":%d}' % slot


def _no_clock() -> float:
    raise RuntimeError("whoever drives a core hands it a clock before it is started")
