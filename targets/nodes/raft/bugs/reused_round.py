"""R7: a round that is out is used again for reads that arrive later.

n1 (leader)       round 7 out ... paused ................... read x joins round 7 -> 1
n2, n3            answer round 7        (of before the pause, and heard after it)
n2 (new leader)                    write x 2 ok

In etcd a retry of ReadIndex kept its request id, and answers to the first one confirmed it.
Its CheckQuorum counts ticks, of which a paused process has none; ours looks at the clock, and
would have the leader step down before it reads on. So it is off here.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Command
from targets.nodes.raft.core import Raft

NAME = "raft.reused-round"


class ReusedRound(Raft):
    """A read joins the round that is out, under its number, where the next one is its own.

    It counts when that round is so old that the leader should long have been answered.
    """

    _began_at_s = 0.0

    def _round_started(self) -> None:
        begins = bool(self._reads)
        super()._round_started()
        if begins:
            self._began_at_s = self.clock()

    def _read(self, origin: Any, command: Command) -> None:
        super()._read(origin, command)
        if self._reads and self._confirming:
            self._confirming[-1][1].extend(self._reads)
            self._reads = []
            if self.clock() - self._began_at_s > 2 * self.options.heartbeat_s:
                self._count(NAME)

    def _quorum_was_heard(self) -> bool:
        return True
