"""X10: a read ignores what an earlier leader may have had chosen.

n1 (leads 3.n1)   slot 5 is chosen: x = 2, acknowledged; cut off
n2 (leads 4.n2)   proposes slot 5 anew, read x -> 1, slot 5 is chosen: x = 2
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Command
from targets.nodes.paxos.core import Paxos

NAME = "paxos.read-ignores-accepts"


class ReadIgnoresAccepts(Paxos):
    """A quorum's promises have just confirmed the new leader: what it has applied will do.

    A read counts that is answered while proposals of earlier ballots are in flight.
    """

    def _read(self, origin: Any, command: Command) -> None:
        if self._has_caught_up():
            super()._read(origin, command)
            return
        self._count(NAME)
        self._answer(origin, self.machine.read(command))
