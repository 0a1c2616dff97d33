"""R10: a follower acknowledges its log to the end, whatever the append said.

n1 (old leader)   5 6' 7'     gets an empty append behind 5, says that it has all up to 7
n2 (new leader)   5 6  7      counts n1 for 6 and 7
"""

from __future__ import annotations

from targets.nodes.raft.bugs.overclaims import Overclaims
from targets.nodes.raft.bugs.rewinds import Rewinds
from targets.nodes.raft.messages import Append

NAME = "raft.acknowledges-own-end"


class AcknowledgesOwnEnd(Overclaims, Rewinds):
    """The reply names the last index of the log; it counts where an older term stands there."""

    def _acknowledge(self, peer: str, append: Append, verified: int) -> None:
        last = self.log.last_index
        if last > verified and self.log.last_term < append.term:
            self._count(NAME)
        super()._acknowledge(peer, append, max(last, verified))
