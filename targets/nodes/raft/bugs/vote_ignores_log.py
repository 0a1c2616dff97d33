"""R18: votes are granted to candidates whose logs lack committed entries.

n4  cut off while n1, n2, n3 commit "add 7"; then n1 dies and the cut heals
n4  asks n2 and n5, is elected, and overwrites "add 7" everywhere
"""

from __future__ import annotations

from targets.nodes.raft.bugs.rewinds import Rewinds

NAME = "raft.vote-ignores-log"


class VoteIgnoresLog(Rewinds):
    """The election restriction (section 5.4.1) is gone, from votes and pre-votes alike.

    A vote or pre-vote counts when only the candidate's log spoke against it.
    """

    def _is_up_to_date(self, last_index: int, last_term: int) -> bool:
        if not super()._is_up_to_date(last_index, last_term):
            self._count(NAME)
        return True
