"""R17: a quorum is a third of the servers and one more, so that two of five are enough.

n1, n2       lead and commit on their side of a cut
n3, n4, n5   do so on theirs
"""

from __future__ import annotations

from targets.nodes.raft.bugs.rewinds import Rewinds

NAME = "raft.quorum-too-small"


class QuorumTooSmall(Rewinds):
    """Two quorums need not meet.

    It counts when a leader should have stepped down, and when one leads no more and has
    committed what no majority holds, as far as it knows.
    """

    def _members_changed(self) -> None:
        super()._members_changed()
        self.majority = len(self.members) // 3 + 1

    def _quorum_was_heard(self) -> bool:
        was_heard = super()._quorum_was_heard()
        heard = self.is_voter + sum(progress.heard for progress in self._voting)
        if was_heard and heard <= len(self.members) // 2:
            self._count(NAME)
        return was_heard

    def _stop_leading(self) -> None:
        own = self.durable_index if self.is_voter else 0
        held = sorted((own, *(progress.match for progress in self._voting)))
        if held[-(len(self.members) // 2 + 1)] < self.commit_index:
            self._count(NAME)
        super()._stop_leading()
