"""R15: a candidate counts votes that were given to it in an earlier term.

n1   asks in term 4, asks again in term 5; now n2's vote of term 4 arrives: n1 leads term 5
n3   asks n2 and n4 in term 5, and leads term 5 as well
"""

from __future__ import annotations

from targets.nodes.raft.base import Role
from targets.nodes.raft.bugs.rewinds import Rewinds
from targets.nodes.raft.messages import VoteReply

NAME = "raft.old-votes-count"


class OldVotesCount(Rewinds):
    """Votes are not compared by term; each that was given in an earlier one counts.

    There is no PreVote: with it a candidate that fails is rare, and so is a vote too late.
    """

    def _ask_pre_votes(self) -> None:
        if self._may_stand():
            self._ask_votes()
        else:
            self._await_election()

    def _on_vote_reply(self, peer: str, reply: VoteReply) -> None:
        if reply.granted and reply.term < self.term and self.role is Role.CANDIDATE:
            if peer not in self.votes:
                self._count(NAME)
            self.votes.add(peer)
            self._count_votes()
            return
        super()._on_vote_reply(peer, reply)
