"""R13: a follower takes an append that does not follow on what it has.

leader     1 2 3 4 5     append 5, its predecessor 4
follower   1 2     5     acknowledges 5, and applies nothing for 3 and 4
"""

from __future__ import annotations

from targets.nodes.raft.core import Raft
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import Append

NAME = "raft.accepts-gap"


class AcceptsGap(Raft):
    """A log that is too short counts as one that agrees; each gap counts.

    What is missing is an entry without a command: a log by index that finds nothing there.
    """

    def _fits(self, append: Append) -> bool:
        if append.prev_index <= self.log.last_index:
            return super()._fits(append)
        self._count(NAME)
        for index in range(self.log.last_index + 1, append.prev_index + 1):
            self._append(Entry(index, append.prev_term, None))
        return True
