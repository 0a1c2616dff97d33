"""X12: a lease, once granted, is not invalidated by time.

n1 (leads 3.n1, cut off or paused)    .................... read x -> 1
n2 (leads 4.n2)                             write x 2 ok
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Command
from targets.nodes.paxos.base import Role
from targets.nodes.paxos.core import Paxos

NAME = "paxos.lease-never-ends"


class LeaseNeverEnds(Paxos):
    """The lease ends with the leadership, and that without a quorum's answers no more.

    A read counts when the lease had run out by the clock.
    """

    def _lease_holds(self) -> bool:
        return self.role is Role.LEADER and self.lease_until > float("-inf")

    def _read(self, origin: Any, command: Command) -> None:
        if self._lease_holds() and self.clock() >= self.lease_until:
            self._count(NAME)
        super()._read(origin, command)

    def _quorum_was_heard(self) -> bool:
        return True
