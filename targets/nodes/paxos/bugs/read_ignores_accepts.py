"""X10: a read ignores what an earlier leader may have had chosen.

n1 (leads 3.n1)   slot 5 is chosen: x = 2, acknowledged; cut off
n2 (leads 4.n2)   proposes slot 5 anew, read x -> 1, slot 5 is chosen: x = 2
"""

from __future__ import annotations

from targets.nodes.paxos.core import Paxos

NAME = "paxos.read-ignores-accepts"


class ReadIgnoresAccepts(Paxos):
    """A quorum's promises have just confirmed the new leader: it answers what waited for it.

    A read counts when proposals of earlier ballots are still in flight.
    """

    def _has_caught_up(self) -> bool:
        return True

    def _lead(self) -> None:
        super()._lead()
        reads, self._reads = self._reads, []
        for origin, command in reads:
            if not super()._has_caught_up():
                self._count(NAME)
            self._answer(origin, self.machine.read(command))
