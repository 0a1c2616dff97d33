"""R8: a follower answers reads from its own state, which trails the leader's.

client of n1 (leader)      write x 2 ok
client of n2 (follower)                  read x -> 1
"""

from __future__ import annotations

from typing import Any

from targets.nodes.raft.base import Remote, Role
from targets.nodes.raft.core import Raft
from targets.nodes.state_machine import READS, Command

NAME = "raft.stale-follower-read"


class StaleFollowerRead(Raft):
    """Reads are not passed on to the leader; each one answered here counts."""

    def _serve(self, origin: Any, command: Command, request: dict[str, Any]) -> None:
        is_ours = self.role is not Role.LEADER and not isinstance(origin, Remote)
        if command.f in READS and is_ours:
            self._count(NAME)
            self._answer(origin, self.machine.read(command))
            return
        super()._serve(origin, command, request)
