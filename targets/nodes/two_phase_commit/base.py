"""The state of a node of two-phase commit, and the outbox in which its effects gather.

Every node plays all the roles: participant for its shard, coordinator for its clients; each is
a class in a file of its own, built on this state. What a node says to itself it says in the
same step (``_send`` to its own name), by the same messages.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Collection
from typing import Any

from targets.nodes.command import Answer
from targets.nodes.effects import Effect, Fsync, Note, Replace, Reply, Send, SetTimer, Write
from targets.nodes.frames import encode_json
from targets.nodes.sessions import Sessions
from targets.nodes.two_phase_commit.locks import LockTable
from targets.nodes.two_phase_commit.messages import Message
from targets.nodes.two_phase_commit.options import Options
from targets.nodes.two_phase_commit.store import Store
from targets.nodes.two_phase_commit.work import Asked, Decided, Running, Work

TICK, RESTART = "tick", "restart"
"""Names of the timers."""
TICK_S = 0.05
COMMITTED, ABORTED = "committed", "aborted"
"""How a transaction ended."""


class Recovered:
    """What the disk remembers; all of it by transaction, the oldest first."""

    def __init__(self, sessions_max: int) -> None:
        self.store = Store()
        self.prepared: dict[str, Work] = {}
        self.decided: dict[str, Decided] = {}
        self.finished: dict[str, str] = {}
        self.sessions = Sessions(sessions_max)
        self.records = 0
        self.records_least = 0
        """How many of them are the latest checkpoint."""
        self.kept: list[Any] = []
        """Sessions of a checkpoint that is not read to its end yet."""


class Base:
    """State shared by all parts of a node, and its outbox.

    ``incarnation`` differs from one start of the node to the next, so that no two transactions
    bear one name. ``rng`` is the only source of randomness.
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
        self.members = tuple(sorted({*members, node}))
        self.options = options
        self.rng = rng
        self.incarnation = incarnation
        self.clock: Callable[[], float] = _no_clock
        self.reached: dict[str, int] = {}
        # The participant: what the shard holds, and the transactions at work on it.
        self.store = recovered.store
        self.locks = LockTable()
        self.work: dict[str, Work] = {}
        self.finished = recovered.finished
        """How transactions ended here, the oldest first, so far as anybody may still ask."""
        # The coordinator: what runs, what is decided and not yet acknowledged by all.
        self.lamport = 0
        self.running: dict[str, Running] = {}
        self.decided: dict[str, Decided] = {}
        self.restarting: list[tuple[float, Asked]] = []
        self.sessions = recovered.sessions
        self.open: dict[tuple[str, int], Asked] = {}
        self.refused: dict[str, tuple[int, Answer]] = {}
        """The last transaction of a session, where it was aborted for good: in memory only."""
        self._number = 0
        # The outbox.
        self._loopback: deque[Message] = deque()
        self._timers: list[Effect] = []
        self._records: list[bytes] = []
        self._early: list[Effect] = []
        self._late: list[Effect] = []
        self._must_sync = False
        self._must_replace = False
        self._records_on_disk = recovered.records
        self._records_least = recovered.records_least
        self._writes = 0
        self._restore(recovered)

    def _count(self, bug: str, times: int = 1) -> None:
        """A seeded bug was reached. The correct node never calls this."""
        self.reached[bug] = self.reached.get(bug, 0) + times

    # The outbox. What is not explicitly early waits for the disk.

    def _send(self, peer: str, message: Message) -> None:
        """Send once everything written so far, this step included, is durable."""
        if peer == self.node:
            # In the same step: whatever comes of it waits for the same fsync.
            self._loopback.append(message)
        else:
            self._late.append(Send(peer, message))

    def _send_early(self, peer: str, message: Message) -> None:
        """Send without waiting for the disk: only what tells nothing of this node's state."""
        if peer == self.node:
            self._loopback.append(message)
        else:
            self._early.append(Send(peer, message))

    def _answer(self, origin: Any, body: Answer) -> None:
        self._late.append(Reply(origin, body))

    def _set_timer(self, name: str, delay_s: float | None) -> None:
        self._timers.append(SetTimer(name, delay_s))

    def _note(self, text: str) -> None:
        self._late.append(Note(text))

    def _persist(self, record: Any, *, sync: bool) -> None:
        """Append a record; with ``sync`` nothing leaves this node before it is durable."""
        self._records.append(encode_json(record))
        self._must_sync = self._must_sync or sync

    def _drain(self) -> list[Effect]:
        """The effects of a step, persistence before what depends on it."""
        effects = self._timers
        if self._must_replace:
            records = self._all_records()
            effects.append(Replace(records))
            self._records_on_disk = self._records_least = len(records)
            self._must_sync = True
        elif self._records:
            effects.append(Write(self._records))
            self._records_on_disk += len(self._records)
        effects += self._early
        if self._must_sync:
            self._writes += 1
            effects.append(Fsync(self._writes, 0))
        effects += self._late
        self._timers, self._records, self._early, self._late = [], [], [], []
        self._must_sync = self._must_replace = False
        return effects

    # What the parts ask of each other.

    def _restore(self, recovered: Recovered) -> None:
        """Take up what the disk says was under way."""
        raise NotImplementedError

    def _all_records(self) -> list[bytes]:
        """Everything the disk has to remember, in as few records as may be."""
        raise NotImplementedError

    def _begin(self, asked: Asked) -> None:
        """Run a client's transaction, or run it again, under a new name."""
        raise NotImplementedError

    def _decide_commit(self, running: Running, writers: set[str], answer: Answer) -> None:
        """Make the commit durable, and tell ``writers``."""
        raise NotImplementedError

    def _settle(self, asked: Asked, answer: Answer) -> None:
        """A client's transaction is over: tell whoever waits for it."""
        raise NotImplementedError

    def _finish(self, transaction: str, how: str) -> None:
        """Remember how a transaction ended here."""
        self.finished.pop(transaction, None)
        self.finished[transaction] = how
        if len(self.finished) > self.options.finished:
            del self.finished[next(iter(self.finished))]


def _no_clock() -> float:
    raise RuntimeError("whoever drives a core hands it a clock before it is started")
