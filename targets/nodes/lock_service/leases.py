"""When a lease is over: the leader's own clock says so, and the log makes it so.

The leader waits for each lease's end from when it applied the grant or the latest renewal, a
tenth longer than asked (``clock-drift``), and proposes what frees the lock. A new leader knows
how long leases are and not since when, so each gets its full time again, as from etcd's lessor
(server/lease/lessor.go, ``Promote``):

    n1 (leader)    grants 7 |------- lease -------|
                        cut off
    n2 (leader)                    |------- lease, from the start -------| proposes: 7 is over

So who asked for a lease of d has the lock for d since it asked, whatever happens to leaders, as
long as no clock of a leader runs more than ``clock_drift_max`` faster than the holder's. Whether
it has it any longer it cannot know: that is what fencing is for.
"""

from __future__ import annotations

from typing import NamedTuple

from targets.nodes.command import Answer, Command, Key
from targets.nodes.lock_service.locks import EXPIRE, Held, Locks
from targets.nodes.raft.base import Role
from targets.nodes.raft.core import Raft
from targets.nodes.raft.log import Entry

LEASES = "leases"
"""Name of the timer."""


class Deadline(NamedTuple):
    """The lease under ``token``, renewed so often, is over at ``at_s`` by our own clock."""

    at_s: float
    token: int
    renewals: int


class Leases(Raft):
    """How a leader follows the leases that are in force."""

    state_machine = Locks
    machine: Locks

    _deadlines: dict[Key, Deadline]
    _wakes_at_s = float("inf")

    def _on_started(self) -> None:
        self._deadlines = {}
        super()._on_started()

    def _lead(self) -> None:
        self._deadlines = {}
        self._wakes_at_s = float("inf")
        super()._lead()
        for key, held in self.machine.held.items():
            self._follow_lease(key, held)

    def _ends_leases(self) -> bool:
        """Whether it is ours to say that a lease is over."""
        return self.role is Role.LEADER

    def _stop_leading(self) -> None:
        super()._stop_leading()
        self._set_timer(LEASES, None)

    def _applied(self, entry: Entry, answer: Answer) -> None:
        super()._applied(entry, answer)
        if not self._ends_leases() or entry.command is None:
            return
        key = entry.command.key
        held = self.machine.held.get(key)
        if held is None:
            self._deadlines.pop(key, None)
            return
        known = self._deadlines.get(key)
        if known is None or (known.token, known.renewals) != (held.token, held.renewals):
            self._follow_lease(key, held)

    def _follow_lease(self, key: Key, held: Held) -> None:
        """The lease begins now, as far as this leader can know."""
        at_s = self.clock() + self._lasts_s(held)
        self._deadlines[key] = Deadline(at_s, held.token, held.renewals)
        self._wake_by(at_s)

    def _lasts_s(self, held: Held) -> float:
        return held.lease_ms / 1000 * (1 + self.options.clock_drift_max)

    def _wake_by(self, at_s: float) -> None:
        if at_s < self._wakes_at_s:
            self._wakes_at_s = at_s
            self._set_timer(LEASES, max(0.0, at_s - self.clock()))

    def _on_timer(self, name: str) -> None:
        if name == LEASES:
            self._on_leases_timer()
        else:
            super()._on_timer(name)

    def _on_leases_timer(self) -> None:
        if not self._ends_leases():
            return
        now_s = self.clock()
        self._wakes_at_s = float("inf")
        for key, deadline in list(self._deadlines.items()):
            if deadline.at_s > now_s:
                self._wake_by(deadline.at_s)
                continue
            # It stays in force until this is applied; should we be deposed, the next leader
            # begins anew.
            self._deadlines[key] = deadline._replace(at_s=float("inf"))
            self._expire(key, deadline)

    def _expire(self, key: Key, deadline: Deadline) -> None:
        over = Command(EXPIRE, key, [deadline.token, deadline.renewals], None, None)
        self._append_own(Entry(self.log.last_index + 1, self.term, over))
