"""R6: a leader trusts its lease for as long as it has not stepped down.

n1 (leader, cut off)   ..lease..| .............. read x -> 1 ...| steps down
n2 (new leader)                      write x 2 ok
"""

from __future__ import annotations

from targets.nodes.raft.base import Role
from targets.nodes.raft.core import Raft

NAME = "raft.lease-unchecked"
NEVER = float("-inf")


class LeaseUnchecked(Raft):
    """A lease once confirmed has no end; each read served after its end counts.

    CheckQuorum is off: it ends leadership, and the lease with it, hardly later than another
    can lead.
    """

    def _holds_lease(self) -> bool:
        if super()._holds_lease():
            return True
        trusts = (
            self.options.reads == "lease"
            and self.role is Role.LEADER
            and not self._lease_is_given_up
            and self.commit_index >= self.first_own_index
            and self._lease_until_s > NEVER
        )
        if trusts:
            self._count(NAME)
        return trusts

    def _quorum_was_heard(self) -> bool:
        return True
