"""The leader's lease ("Paxos Made Live", section 5.2), an option: reads without messages.

    acceptor  confirms heartbeat 7     supports nobody else for lease_s, on its own clock
    leader    sent heartbeat 7 at t    reads locally until t + lease_s less the drift

Whoever else comes to lead needs a promise of one of these acceptors, who gives none before
its grant has run out; the leader's own count began earlier, and is shorter by what the two
clocks may drift apart. So it rests on ``clock-drift``: with clocks that run further apart,
leases are not safe, and reads by a quorum are.
"""

from __future__ import annotations

from targets.nodes.paxos.base import Base, Role


class Leases(Base):
    """What acceptors grant, and what a leader makes of it."""

    @property
    def _has_leases(self) -> bool:
        return self.options.reads == "lease"

    def _grant_lease(self, peer: str) -> None:
        if self._has_leases:
            self.granted_to = peer
            self.granted_until = self.clock() + self.options.lease_s

    def _lease_binds(self, peer: str) -> float:
        if not self._has_leases or self.granted_to == peer:
            return 0.0
        return self.granted_until - self.clock()

    def _lease_round_sent(self) -> None:
        """Remember when this round was sent: a lease counts from there."""
        if self._has_leases:
            self._sent_at.append((self.round, self.clock()))

    def _renew_lease(self, confirmed: int) -> None:
        """Heartbeat ``confirmed`` has been confirmed by a quorum."""
        while self._sent_at and self._sent_at[0][0] <= confirmed:
            _, sent_at = self._sent_at.popleft()
            length_s = self.options.lease_s * (1 - self.options.clock_drift_max)
            self.lease_until = max(self.lease_until, sent_at + length_s)

    def _lease_holds(self) -> bool:
        """Whether nobody else can lead at this moment."""
        return self._has_leases and self.role is Role.LEADER and self.clock() < self.lease_until

    def _give_up_lease(self) -> None:
        self.lease_until = float("-inf")
        self._sent_at.clear()
