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
from typing import Any, ClassVar

from targets.nodes.command import Answer, Command
from targets.nodes.effects import Effect, Fsync, Note, Replace, Reply, Send, SetTimer, Write
from targets.nodes.frames import encode_json
from targets.nodes.met import LIFE_BITS, MetForwards
from targets.nodes.raft.configuration import Configurations
from targets.nodes.raft.log import Entry, Log
from targets.nodes.raft.messages import Answered, Message
from targets.nodes.raft.options import Options
from targets.nodes.raft.parts import Parts
from targets.nodes.raft.progress import Progress
from targets.nodes.raft.snapshot import Incoming, Snapshot
from targets.nodes.raft.undertaking import CatchUp, TransferRequest
from targets.nodes.replicated import Replicated
from targets.nodes.state_machine import StateMachine

ELECTION, HEARTBEAT, QUORUM, TRANSFER = "election", "heartbeat", "quorum", "transfer"
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
    """What the disk remembers: figure 2's persistent state, and the latest snapshot."""

    term: int
    voted_for: str | None
    log: Log
    snapshot: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Remote:
    """The origin of a request that another member forwarded."""

    peer: str
    id: int


def _no_clock() -> float:
    raise RuntimeError("whoever drives a core hands it a clock before it is started")


class Base(Parts):
    """State shared by all parts of a node, and its outbox.

    ``incarnation`` differs from one start of the node to the next, so that what was meant
    for a predecessor is never taken for ours. ``rng`` is the only source of randomness.
    ``addresses`` are all nodes that can be reached, this one included; the cluster's
    members are those of them that its latest configuration names. A subclass of the whole node
    may name another ``state_machine``: what is replicated is no business of Raft.
    """

    state_machine: ClassVar[type[Replicated]] = StateMachine

    def __init__(
        self,
        node: str,
        addresses: Collection[str],
        *,
        recovered: Recovered,
        rng: random.Random,
        incarnation: int,
        options: Options,
    ) -> None:
        self.node = node
        self.known = frozenset(addresses) - {node}
        self.options = options
        self.rng = rng
        self.incarnation = incarnation
        # Persistent.
        self.term = recovered.term
        self.voted_for = recovered.voted_for
        self.log = recovered.log
        self.snapshot = recovered.snapshot
        # Volatile.
        self.role = Role.FOLLOWER
        self.leader: str | None = None
        self.commit_index = 0
        self.applied_index = 0
        self.durable_index = recovered.log.last_index
        self.reached: dict[str, int] = {}
        self.clock: Callable[[], float] = _no_clock
        # Leaders only, but a change of members would look for it.
        self.progress: dict[str, Progress] = {}
        self._voting: list[Progress] = []
        self._catch_up: CatchUp | None = None
        self._transfer: TransferRequest | None = None
        # The configuration in force, and what follows from it.
        self.members: tuple[str, ...] = ()
        self.peers: tuple[str, ...] = ()
        self.majority = 0
        self.is_voter = False
        """Whether our own vote and our own copy of an entry count."""
        self.configurations = self._configurations_of_log(addresses)
        self._members_changed()
        self._begin_from_snapshot()
        # Election. A node that just started has heard of no leader.
        self.votes: set[str] = set()
        self.leader_is_silent = True
        # Leaders only: replication.
        self.round = 0
        self.first_own_index = 0
        self._offered_index = 0
        self._heartbeat_is_due = False
        # Leaders only: reads not yet in a round, and those in rounds not yet confirmed.
        self._reads: list[PendingRead] = []
        self._confirming: deque[tuple[int, list[PendingRead]]] = deque()
        self._reads_held = 0
        # Leaders only: when the rounds not yet confirmed were sent, and the lease they gave.
        self._sent_at_s: deque[tuple[int, float]] = deque()
        self._lease_until_s = float("-inf")
        self._lease_is_given_up = False
        # Leaders only: who waits for the entry at an index, and which command is where.
        self._waiting: dict[int, list[Any]] = {}
        self._index_of: dict[tuple[str | None, int | None], int] = {}
        # Followers only: a snapshot that is coming in.
        self._incoming: Incoming | None = None
        # Everybody: requests passed on to a leader, by the id of the Forward.
        self._forwarded: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._next_forward = incarnation << LIFE_BITS
        # Everybody: the requests that others have passed on.
        self._met = MetForwards()
        # … and reads held for the next leader; so many of them since before the last election.
        self._held: deque[tuple[Any, dict[str, Any]]] = deque()
        self._held_before = 0
        self._timers: list[Effect] = []
        self._records: list[bytes] = []
        self._log_file_is_stale = False
        self._early: list[Effect] = []
        self._late: list[Effect] = []

    def _make_machine(self) -> Replicated:
        return self.state_machine(self.options.sessions)

    def _begin_from_snapshot(self) -> None:
        """The state the snapshot describes: what it covers is committed and applied."""
        self.machine = self._make_machine()
        self.commit_index = self.applied_index = 0
        if self.snapshot is not None:
            self.machine.restore(self.snapshot.state())
            self.commit_index = self.applied_index = self.snapshot.index

    # The log, and the configuration that the latest entry of its kind in it says.

    def _configurations_of_log(self, addresses: Collection[str]) -> Configurations:
        if self.snapshot is not None:
            configurations = Configurations(self.snapshot.index, self.snapshot.members)
        else:
            first = self.options.members if self.options.members is not None else addresses
            configurations = Configurations(0, tuple(sorted(first)))
        for entry in self.log.between(self.log.base_index + 1, self.log.last_index):
            if entry.members is not None and entry.index > configurations.index:
                configurations.append(entry.index, entry.members)
        return configurations

    def _members_changed(self) -> None:
        self.members = self.configurations.members
        self.peers = tuple(name for name in self.members if name != self.node)
        self.majority = len(self.members) // 2 + 1
        self.is_voter = self.node in self.members

    def _append(self, entry: Entry) -> None:
        self.log.append(entry)
        self._persist_entry(entry)
        if entry.members is not None:
            self.configurations.append(entry.index, entry.members)
            self._members_changed()

    def _truncate(self, index: int) -> None:
        """Remove the entry at ``index`` and all after it, and what they configured."""
        self.log.truncate(index)
        self.durable_index = min(self.durable_index, index - 1)
        if self.configurations.index >= index:
            self.configurations.truncate(index)
            self._members_changed()

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
        if self._log_file_is_stale:
            effects.append(Replace(self._whole_log_file()))
        elif self._records:
            effects.append(Write(self._records))
        effects += self._early
        if self._records or self._log_file_is_stale:
            effects.append(Fsync(self.log.last_index, self.log.last_term))
        effects += self._late
        self._timers, self._records, self._early, self._late = [], [], [], []
        self._log_file_is_stale = False
        return effects

    def _whole_log_file(self) -> list[bytes]:
        """The records of a log file that begins with the snapshot."""
        assert self.snapshot is not None
        log = self.log
        vote = encode_json({"term": self.term, "vote": self.voted_for})
        entries = log.between(log.base_index + 1, log.last_index)
        snapshot = self.snapshot.record(log.base_index, log.base_term)
        return [snapshot, vote, *(entry.encoded for entry in entries)]
