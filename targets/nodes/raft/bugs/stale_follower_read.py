"""R8: a follower answers reads from its own state, which trails the leader's.

client of n1 (leader)      write x 2 ok
client of n2 (follower)                  read x -> 1
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Command, Key
from targets.nodes.raft.base import Remote, Role
from targets.nodes.raft.core import Raft
from targets.nodes.state_machine import READS

NAME = "raft.stale-follower-read"


class StaleFollowerRead(Raft):
    """Reads are not passed on to the leader.

    One counts where the node can tell that it may be stale: it hears no leader, or has in
    its log what is not applied yet and changes what is read.
    """

    def _serve(self, origin: Any, command: Command, request: dict[str, Any]) -> None:
        is_ours = self.role is not Role.LEADER and not isinstance(origin, Remote)
        if command.f in READS and is_ours:
            if self.leader is None or self._is_about_to_change(command.key):
                self._count(NAME)
            self._answer(origin, self.machine.read(command))
            return
        super()._serve(origin, command, request)

    def _is_about_to_change(self, key: Key) -> bool:
        first = max(self.applied_index, self.log.base_index) + 1
        unapplied = self.log.between(first, self.log.last_index)
        return any(entry.command is not None and entry.command.key == key for entry in unapplied)
