"""The state of a Raft node, and the outbox in which its effects gather.

The node is put together from one class a noun (election, replication, reads, proposals),
each a file of its own, all built on this state. Names follow figure 2 of the paper.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from targets.nodes.effects import Effect, Fsync, Note, Reply, Send, SetTimer, Write
from targets.nodes.frames import encode_json
from targets.nodes.raft.log import Entry, Log
from targets.nodes.raft.messages import Answered, Message
from targets.nodes.raft.options import Options
from targets.nodes.raft.progress import Progress
from targets.nodes.state_machine import Answer, Command, StateMachine

ELECTION, HEARTBEAT, QUORUM = "election", "heartbeat", "quorum"
"""Names of the timers."""

PendingRead = tuple[Any, Command]
"""The origin of a read, and the read."""


class Role(StrEnum):
    """What a node is at the moment. Pre-candidates ask for votes without raising the term."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre-candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the disk remembers: figure 2's persistent state."""

    term: int
    voted_for: str | None
    log: Log


@dataclass(frozen=True, slots=True)
class Remote:
    """The origin of a request that another member forwarded."""

    peer: str
    id: int


def _no_clock() -> float:
    raise RuntimeError("whoever drives a core hands it a clock before it is started")


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
        self.majority = (len(self.peers) + 1) // 2 + 1
        self.options = options
        self.rng = rng
        self.incarnation = incarnation
        # Persistent.
        self.term = recovered.term
        self.voted_for = recovered.voted_for
        self.log = recovered.log
        # Volatile.
        self.role = Role.FOLLOWER
        self.leader: str | None = None
        self.commit_index = 0
        self.applied_index = 0
        self.durable_index = recovered.log.last_index
        self.reached: dict[str, int] = {}
        self.clock: Callable[[], float] = _no_clock
        self.machine = self._make_machine()
        # Election. A node that just started has heard of no leader.
        self.votes: set[str] = set()
        self.leader_is_silent = True
        # Leaders only: replication.
        self.progress: dict[str, Progress] = {}
        self.round = 0
        self.first_own_index = 0
        self._offered_index = 0
        self._heartbeat_is_due = False
        # Leaders only: reads not yet in a round, and those in rounds not yet confirmed.
        self._reads: list[PendingRead] = []
        self._confirming: deque[tuple[int, list[PendingRead]]] = deque()
        # Leaders only: who waits for the entry at an index, and which command is where.
        self._waiting: dict[int, list[Any]] = {}
        self._index_of: dict[tuple[str | None, int | None], int] = {}
        # Everybody: requests passed on to a leader, by the id of the Forward.
        self._forwarded: dict[int, Any] = {}
        self._next_forward = incarnation << 32
        self._timers: list[Effect] = []
        self._records: list[bytes] = []
        self._early: list[Effect] = []
        self._late: list[Effect] = []

    def _make_machine(self) -> StateMachine:
        return StateMachine()

    def _count(self, bug: str) -> None:
        """A seeded bug was reached. The correct node never calls this."""
        self.reached[bug] = self.reached.get(bug, 0) + 1

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
        self._late.append(Note(f"term {self.term}: {text}"))

    def _persist_vote(self) -> None:
        self._records.append(encode_json({"term": self.term, "vote": self.voted_for}))

    def _persist_entry(self, entry: Entry) -> None:
        # A record for an index that is there already replaces it and all after it.
        self._records.append(entry.encoded)

    def _drain(self) -> list[Effect]:
        """The effects of a step, persistence before what depends on it."""
        effects = self._timers
        if self._records:
            effects.append(Write(self._records))
        effects += self._early
        if self._records:
            effects.append(Fsync(self.log.last_index, self.log.last_term))
        effects += self._late
        self._timers, self._records, self._early, self._late = [], [], [], []
        return effects

    # What the parts ask of each other.

    def _lead(self) -> None:
        """Begin to lead: a majority voted for us."""
        raise NotImplementedError

    def _follow(self, term: int, leader: str | None) -> None:
        """Become a follower in ``term``, of ``leader`` where that is known."""
        raise NotImplementedError

    def _hear_leader(self, peer: str) -> None:
        """The legitimate leader of this term has spoken."""
        raise NotImplementedError

    def _stop_leading(self) -> None:
        """Give up what only a leader has; called when the role is already another one."""
        raise NotImplementedError

    def _abandon_forwards(self) -> None:
        """Give up the requests passed on to a leader that is silent, or leads no more."""
        raise NotImplementedError

    def _release_reads(self) -> None:
        """Answer the reads whose round a majority has confirmed."""
        raise NotImplementedError

    def _wants_round(self, fresh_entries: bool) -> bool:
        """Whether reads wait for a round of heartbeats to start now."""
        raise NotImplementedError

    def _round_started(self) -> None:
        """``self.round`` is about to be sent to all peers."""
        raise NotImplementedError

    def _applied(self, entry: Entry, answer: Answer) -> None:
        """A client's committed command was applied."""
        raise NotImplementedError

    def _append_own(self, entry: Entry) -> None:
        """Append an entry of our own term to our log."""
        raise NotImplementedError

    def _read(self, origin: Any, command: Command) -> None:
        """Serve a read as the leader."""
        raise NotImplementedError
