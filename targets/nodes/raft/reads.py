"""Linearizable reads without writing to the log: ReadIndex (Ongaro 2014, section 6.4).

A leader may have been deposed without knowing. So a read waits until

1. an entry of the leader's own term is committed: only then is its commit index known to
   include all that earlier leaders committed;
2. a majority has answered a broadcast that was sent after the read arrived: nobody else
   was leader at that moment;
3. the state machine has applied what was committed when the read arrived.

The state is applied as it is committed, so 3 holds whenever 1 and 2 do. One round at a
time is out for reads alone; those that arrive meanwhile share the next one. With
``reads=lease`` condition 2 holds by the clock for as long as the lease does (lease.py).
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Command, refusal
from targets.nodes.raft.base import Base, Role


class Reads(Base):
    """The reads a leader holds back until it knows that it still leads."""

    def _read(self, origin: Any, command: Command) -> None:
        """A read has arrived at the leader."""
        if self._holds_lease():
            self._answer(origin, self.machine.read(command))
        elif self._reads_held >= self.options.waiting_max:
            detail = f"{self._reads_held} reads wait for a majority"
            self._answer(origin, refusal("busy", definite=True, detail=detail))
        else:
            self._reads_held += 1
            self._reads.append((origin, command))

    def _wants_round(self, fresh_entries: bool) -> bool:
        if not self._reads or not self._commit_index_is_current():
            return False
        # A broadcast of entries confirms as well as a heartbeat, and costs nothing more.
        return fresh_entries or not self._confirming

    def _round_started(self) -> None:
        if self._reads and self._commit_index_is_current():
            self._confirming.append((self.round, self._reads))
            self._reads = []

    def _commit_index_is_current(self) -> bool:
        """Whether our commit index includes all that earlier leaders committed."""
        return self.commit_index >= self.first_own_index

    def _release_reads(self) -> None:
        if self.role is not Role.LEADER or not (self._confirming or self._sent_at_s):
            return
        confirmed = self._confirmed_round()
        self._renew_lease(confirmed)
        while self._confirming and self._confirming[0][0] <= confirmed:
            _, reads = self._confirming.popleft()
            self._reads_held -= len(reads)
            for origin, command in reads:
                self._answer(origin, self.machine.read(command))

    def _confirmed_round(self) -> int:
        """The latest broadcast that a majority, ourselves included, has answered."""
        own = self.round if self.is_voter else 0
        rounds = sorted((own, *(p.round for p in self._voting)))
        return rounds[-self.majority]

    def _abandon_reads(self) -> None:
        reads = self._reads
        for _, more in self._confirming:
            reads.extend(more)
        self._reads = []
        self._confirming.clear()
        self._reads_held = 0
        for origin, _ in reads:
            # A read changes nothing, so its refusal is always definite.
            self._answer(origin, refusal("no-leader", definite=True))
