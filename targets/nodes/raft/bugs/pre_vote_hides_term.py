"""R30: who is refused a pre-vote does not learn the term of who refused it.

n1, n2   longer logs, term 4      ask for term 5, which is none to n3 and n4
n3, n4   shorter logs, term 5     ask for term 6, and are refused for their logs
nobody   leads ever again
"""

from __future__ import annotations

from targets.nodes.raft.core import Raft
from targets.nodes.raft.messages import PreVoteReply

NAME = "raft.pre-vote-hides-term"


class PreVoteHidesTerm(Raft):
    """Refusals of pre-votes are passed over; each that named a higher term counts."""

    def _on_pre_vote_reply(self, peer: str, reply: PreVoteReply) -> None:
        if reply.granted:
            super()._on_pre_vote_reply(peer, reply)
        elif reply.term > self.term:
            self._count(NAME)
