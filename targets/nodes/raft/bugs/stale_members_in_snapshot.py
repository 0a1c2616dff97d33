"""R24: a snapshot names the members of the one before it, and not those as of its own index.

n1       was removed, n2 takes a snapshot after that, and restarts from it
n2       counts n1 as a member again: its majorities are not those of the others
"""

from __future__ import annotations

from targets.nodes.raft.bugs.rewinds import Rewinds
from targets.nodes.raft.snapshot import Snapshot

NAME = "raft.stale-members-in-snapshot"


class StaleMembersInSnapshot(Rewinds):
    """The members the cluster began with are handed on from snapshot to snapshot.

    Each snapshot that so names the wrong members counts.
    """

    def _take_snapshot(self) -> None:
        if self.snapshot is not None:
            stale = self.snapshot.members
        else:
            stale = tuple(sorted(self.options.members or {self.node, *self.known}))
        super()._take_snapshot()
        right = self.snapshot
        assert right is not None
        if stale != right.members:
            self._count(NAME)
        self.snapshot = Snapshot.of(right.index, right.term, stale, right.state())
