"""R1: a vote is given before it is on the disk.

C1, C2   candidates of term 5, each with a side of its own; V hears both
V        votes for C1, dies before the vote is written, comes back in term 4, votes for C2
C1, C2   lead term 5, and put different commands at the same index and term
"""

from __future__ import annotations

from targets.nodes.raft.bugs.rewinds import Rewinds

NAME = "raft.vote-not-durable"
WRITE = "write-vote"
WRITE_S = 0.1


class VoteNotDurable(Rewinds):
    """Terms and votes are written behind the reply, by a timer; standing is still durable.

    Each vote so given counts: whether the node dies before it is written nobody knows yet.
    """

    _vote_is_unwritten = False

    def _persist_vote(self) -> None:
        self._vote_is_unwritten = self.voted_for != self.node
        if not self._vote_is_unwritten:
            super()._persist_vote()
            return
        if self.voted_for is not None:
            self._count(NAME)
        self._set_timer(WRITE, WRITE_S)

    def _on_timer(self, name: str) -> None:
        if name == WRITE and self._vote_is_unwritten:
            self._vote_is_unwritten = False
            super()._persist_vote()
        super()._on_timer(name)
