"""A leader's lease: reads without a round of their own (Ongaro 2014, section 6.4.1).

Whoever answers a broadcast has heard its leader no earlier than the broadcast was sent, and
refuses every candidate for the smallest election time-out from then on. So for that long,
counted from the sending, no other leader can come to be:

    leader     round 7 sent |------- lease ---------|        (less what clocks may drift)
    majority        hears it  |---- votes for nobody else ----|
    elsewhere                                                  another leader, at the earliest

It is as good as the clocks. A node's clock may run faster than another's by
``clock_drift_max``; one that jumps breaks the promise, which reads by ReadIndex never rely
on. A node that restarts counts as one that has just heard a leader (election.py). Whoever
hands leadership over gives up its lease for good: its successor may ask at once (3.10).
"""

from __future__ import annotations

from targets.nodes.raft.base import Base, Role


class Lease(Base):
    """Until when a leader knows that it is the only one."""

    def _begin_lease(self) -> None:
        """A new leader has no lease yet."""
        self._sent_at_s.clear()
        self._lease_until_s = float("-inf")
        self._lease_is_given_up = False

    def _note_round(self) -> None:
        """``self.round`` is sent now."""
        if self.options.reads == "lease":
            self._sent_at_s.append((self.round, self.clock()))

    def _renew_lease(self, confirmed: int) -> None:
        """A majority has answered the broadcast ``confirmed``."""
        sent = self._sent_at_s
        while sent and sent[0][0] <= confirmed:
            _, sent_at_s = sent.popleft()
            self._lease_until_s = sent_at_s + self._lease_s()

    def _lease_s(self) -> float:
        """How long a confirmed round keeps others from leading, by our own clock."""
        return self.options.election_s_min * (1 - self.options.clock_drift_max)

    def _holds_lease(self) -> bool:
        """Whether a read may be answered from our own state now."""
        return (
            self.options.reads == "lease"
            and self.role is Role.LEADER
            and not self._lease_is_given_up
            and self.commit_index >= self.first_own_index
            and self.clock() < self._lease_until_s
        )
