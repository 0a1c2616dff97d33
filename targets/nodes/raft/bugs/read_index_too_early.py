"""R5: a new leader serves reads before it knows what is committed.

n1 (leader)       write x 2 ok; it dies before n2 hears that this is committed
n2 (new leader)   has the entry, not yet an entry of its own committed    read x -> 1
"""

from __future__ import annotations

from targets.nodes.raft.bugs.releases import SeesReleases

NAME = "raft.read-index-too-early"


class ReadIndexTooEarly(SeesReleases):
    """Reads do not wait for an entry of the leader's own term; each that did not counts."""

    def _commit_index_is_current(self) -> bool:
        return True

    def _release_reads(self) -> None:
        if not super()._commit_index_is_current():
            for _ in range(self._reads_due()):
                self._count(NAME)
        super()._release_reads()
