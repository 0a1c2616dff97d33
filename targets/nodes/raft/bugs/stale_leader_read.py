"""R4: the leader answers reads without making sure that it still leads.

n1 (leader, cut off)    .......................... read x -> 1
n2 (new leader)              write x 2 ok
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Command
from targets.nodes.raft.bugs.cut_off import NoticesCutOff

NAME = "raft.stale-leader-read"


class StaleLeaderRead(NoticesCutOff):
    """Reads skip the round of section 6.4; CheckQuorum, which would hide it, is off too.

    A read counts when no majority has answered the leader for about two heartbeats.
    """

    def _read(self, origin: Any, command: Command) -> None:
        if self.commit_index < self.first_own_index:
            super()._read(origin, command)
            return
        if self.is_cut_off:
            self._count(NAME)
        self._answer(origin, self.machine.read(command))

    def _quorum_was_heard(self) -> bool:
        return True
