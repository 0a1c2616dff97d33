"""X7: quorums of a third and one, two of which need not share an acceptor.

n1 n2     | n3 n4 n5       n1 leads with n2, n3 leads with n4
"""

from __future__ import annotations

from targets.nodes.paxos.core import Paxos

NAME = "paxos.small-quorums"


class SmallQuorums(Paxos):
    """Two of five are a quorum; coming to lead counts where they are no majority."""

    def _quorum_size(self) -> int:
        return (len(self.peers) + 1) // 3 + 1

    def _lead(self) -> None:
        if 1 + len(self.promises) < super()._quorum_size():
            self._count(NAME)
        super()._lead()
