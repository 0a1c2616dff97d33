"""Linearizable reads without a slot of their own: the leader makes sure that it still leads.

A leader may have been outbid without knowing. So a read waits until

1. everything that may have been chosen under earlier ballots, which this leader proposed
   anew in phase 2, is chosen and applied: else a value that a client has seen would vanish
   and come back;
2. a quorum has confirmed a heartbeat that was sent after the read arrived: none of these
   acceptors had promised a higher ballot by then, so none was led ("Paxos Made Live",
   section 5.2, tells why reading the leader's copy alone does not do).

One round at a time is out for reads alone; those that arrive meanwhile share the next one.
Under a lease the second step is done ahead of time, for all reads until it runs out.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Command, refusal
from targets.nodes.paxos.base import Role
from targets.nodes.paxos.leases import Leases


class Reads(Leases):
    """The reads a leader holds back until it knows that it still leads."""

    def _read(self, origin: Any, command: Command) -> None:
        if len(self._reads) >= self.options.waiting_max:
            detail = f"{len(self._reads)} reads wait for a quorum"
            self._answer(origin, refusal("busy", definite=True, detail=detail))
            return
        self._reads.append((origin, command))

    def _has_caught_up(self) -> bool:
        """Whether all that earlier leaders may have had chosen is applied here."""
        return self.chosen >= self.first_own_slot - 1

    def _wants_round(self) -> bool:
        return bool(self._reads) and self._has_caught_up() and not self._confirming

    def _round_started(self) -> None:
        self._lease_round_sent()
        if self._reads and self._has_caught_up():
            self._confirming.append((self.round, self._reads))
            self._reads = []

    def _read_under_lease(self) -> None:
        """Answer what waits, if the lease allows it, before a round would be started for it."""
        if self._reads and self._has_caught_up() and self._lease_holds():
            reads, self._reads = self._reads, []
            for origin, command in reads:
                self._answer(origin, self.machine.read(command))

    def _release_reads(self) -> None:
        if self.role is not Role.LEADER:
            return
        confirmed = self._confirmed_round()
        self._renew_lease(confirmed)
        while self._confirming and self._confirming[0][0] <= confirmed:
            _, reads = self._confirming.popleft()
            for origin, command in reads:
                self._answer(origin, self.machine.read(command))

    def _confirmed_round(self) -> int:
        """The latest heartbeat that a quorum, ourselves included, has confirmed."""
        rounds = sorted((self.round, *self.confirmed.values()))
        return rounds[-self.quorum]

    def _hold_reads(self) -> None:
        """The ballot is no longer the one these rounds would confirm: begin them anew."""
        held = [read for _, reads in self._confirming for read in reads]
        self._reads = held + self._reads
        self._confirming.clear()
        self._give_up_lease()

    def _abandon_reads(self) -> None:
        self._hold_reads()
        reads, self._reads = self._reads, []
        for origin, _ in reads:
            # A read changes nothing, so its refusal is always definite.
            self._answer(origin, refusal("no-leader", definite=True))
