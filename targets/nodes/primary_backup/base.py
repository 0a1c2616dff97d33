"""The state of a primary-backup node, and the outbox in which its effects gather.

The node is put together from one class a noun (primary, backup, promotion, service, reads,
clients), each a file of its own, all built on this state. Its log is Raft's, entries and all,
with epochs where Raft has terms; what makes an entry committed is not.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from targets.nodes.command import Answer, Command
from targets.nodes.effects import Effect, Fsync, Note, Replace, Reply, Send, SetTimer, Write
from targets.nodes.frames import encode_json
from targets.nodes.met import LIFE_BITS, MetForwards
from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.primary_backup.messages import Answered, Message
from targets.nodes.primary_backup.options import SYNC, Options
from targets.nodes.primary_backup.parts import Parts
from targets.nodes.primary_backup.progress import Progress
from targets.nodes.raft.core import Raft
from targets.nodes.raft.log import Entry, Log
from targets.nodes.raft.options import Options as ServiceOptions
from targets.nodes.raft.recovery import recover as recover_service
from targets.nodes.raft.snapshot import Incoming, Snapshot
from targets.nodes.state_machine import StateMachine

BEAT, GRACE, OF_SERVICE = "beat", "grace", "service "
"""Names of the timers; those of the service begin with the last."""

PendingRead = tuple[Any, Command]
"""The origin of a read, and the read."""


@dataclass(slots=True)
class Recovered:
    """What the disk remembers; ``service`` are the records of the configuration service."""

    configuration: Configuration | None = None
    log: Log = field(default_factory=Log)
    snapshot: Snapshot | None = None
    service: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Remote:
    """The origin of a request that another member forwarded."""

    peer: str
    id: int


@dataclass(slots=True)
class Proposal:
    """What we have asked the service for; ``beats`` since the last copy of the request."""

    seq: int
    before: Configuration
    after: Configuration
    asked_at_s: float
    beats: int = 0


def _no_clock() -> float:
    raise RuntimeError("whoever drives a core hands it a clock before it is started")


class Base(Parts):
    """State shared by all parts of a node, and its outbox.

    ``incarnation`` differs from one start of the node to the next: it is the life that a
    configuration names. ``rng`` is the only source of randomness.
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
        self.rng = rng
        self.incarnation = incarnation
        self.clock: Callable[[], float] = _no_clock
        self.reached: dict[str, int] = {}
        # Persistent: a node that forgot its epoch would obey a primary that was deposed.
        self.configuration = recovered.configuration or Configuration.first(members)
        self.log = recovered.log
        self.snapshot = recovered.snapshot
        # Volatile.
        self.commit_index = 0
        self.applied_index = 0
        self.durable_index = self.log.last_index
        self.machine = self._make_machine()
        self._begin_from_snapshot()
        self.thrown_away = 0
        """Entries that this node had committed and threw away (asynchronous replication alone)."""
        self.is_primary = False
        self.primary_is_silent = True
        # The configuration service: a Raft of the same nodes.
        self.service = self._make_service(members, recovered.service)
        self._service_records = recovered.service
        self._for_service: list[Any] = []
        self._register: Any = None
        self._proposal: Proposal | None = None
        self._proposals = 0
        self._poll_is_out_for = 0
        self._lease_until_s = float("-inf")
        # Primaries only: replication. ``pledged`` may be backups already, for all we know.
        self.progress: dict[str, Progress] = {}
        self.pledged: frozenset[str] = frozenset()
        self.round = 0
        self.first_own_index = 0
        self._serves_from_s = float("-inf")
        self._offered_index = 0
        self._heartbeat_is_due = False
        # Primaries only: reads not yet in a round, and those in rounds not yet confirmed.
        self._reads: list[PendingRead] = []
        self._confirming: deque[tuple[int, list[PendingRead]]] = deque()
        # Primaries only: who waits for the entry at an index, and which command is where.
        self._waiting: dict[int, list[Any]] = {}
        self._index_of: dict[tuple[str | None, int | None], int] = {}
        # Others: a snapshot that is coming in.
        self._incoming: Incoming | None = None
        # Everybody: reads of sessions for which our state is not far enough yet.
        self._session_reads: deque[tuple[int, float, Any, Command]] = deque()
        # Everybody: requests passed on to a primary, and reads held for the next one.
        self._forwarded: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._next_forward = incarnation << LIFE_BITS
        self._met = MetForwards()
        self._held: deque[tuple[Any, dict[str, Any]]] = deque()
        self._held_before = 0
        # The outbox.
        self._timers: list[Effect] = []
        self._records: list[bytes] = []
        self._early: list[Effect] = []
        self._late: list[Effect] = []
        self._must_sync = False
        self._must_replace = False
        self._service_sync: tuple[int, int] | None = None
        self._syncs = 0
        self._syncing: deque[tuple[int, tuple[int, int] | None, int, int]] = deque()

    def _make_service(self, members: Collection[str], records: list[bytes]) -> Raft:
        """The Raft that decides configurations: an ordinary one, with a register in it."""
        return Raft(
            self.node,
            members,
            recovered=recover_service(records),
            rng=random.Random(self.rng.random()),
            incarnation=self.incarnation,
            options=ServiceOptions(
                heartbeat_s=self.options.heartbeat_s,
                election_s_min=self.options.election_s_min,
                election_s_max=self.options.election_s_max,
            ),
        )

    def _make_machine(self) -> StateMachine:
        return StateMachine(self.options.sessions)

    def _begin_from_snapshot(self) -> None:
        """The state the snapshot describes: what it covers is committed and applied."""
        self.machine = self._make_machine()
        self.commit_index = self.applied_index = 0
        if self.snapshot is not None:
            self.machine.restore(self.snapshot.state())
            self.commit_index = self.applied_index = self.snapshot.index

    @property
    def is_sync(self) -> bool:
        """Whether a write waits for the backups."""
        return self.options.replication == SYNC

    @property
    def snapshot_index(self) -> int:
        """The last entry that the snapshot covers; 0 without one."""
        return 0 if self.snapshot is None else self.snapshot.index

    def _count(self, bug: str, times: int = 1) -> None:
        """A seeded bug was reached. The correct node never calls this."""
        self.reached[bug] = self.reached.get(bug, 0) + times

    # The log.

    def _append(self, entry: Entry) -> None:
        self.log.append(entry)
        # A record for an index that is there already replaces it and all after it.
        self._records.append(entry.encoded)
        self._must_sync = True

    def _persist_configuration(self) -> None:
        self._records.append(configuration_record(self.configuration))
        self._must_sync = True

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
        self._late.append(Note(f"epoch {self.configuration.epoch}: {text}"))

    def _drain(self) -> list[Effect]:
        """The effects of a step, persistence before what depends on it."""
        effects = self._timers
        if self._must_replace:
            effects.append(Replace(self._whole_log_file()))
            self._must_sync = True
        elif self._records:
            effects.append(Write(self._records))
        effects += self._early
        if self._must_sync:
            self._syncs += 1
            sync = (self._syncs, self._service_sync, self.log.last_index, self.log.last_term)
            self._syncing.append(sync)
            effects.append(Fsync(self._syncs, 0))
        effects += self._late
        self._timers, self._records, self._early, self._late = [], [], [], []
        self._must_sync = self._must_replace = False
        self._service_sync = None
        return effects

    def _whole_log_file(self) -> list[bytes]:
        """The records of a log file that begins anew: all that this node has to remember."""
        log = self.log
        records = [configuration_record(self.configuration)]
        if self.snapshot is not None:
            records.append(self.snapshot.record(log.base_index, log.base_term))
        records += [entry.encoded for entry in log.between(log.base_index + 1, log.last_index)]
        return [*records, *map(service_record, self._service_records)]


def configuration_record(configuration: Configuration) -> bytes:
    """The record that says which configuration a node has adopted last."""
    return b'{"configuration":%b}' % encode_json(configuration.plain())


def service_record(record: bytes) -> bytes:
    """A record of the configuration service, as it stands among the node's own."""
    return b'{"service":%b}' % record
