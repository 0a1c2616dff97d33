"""X5: promises for an earlier ballot count for this one.

n1   prepares 3.n1: n2 and n3 promise; n2 leads 4.n2, and chooses slot 5 with n3
n1   prepares 5.n1, counts the promises for 3.n1, and proposes for slot 5
"""

from __future__ import annotations

from targets.nodes.paxos.base import Role
from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.messages import Promise

NAME = "paxos.stale-promises"


class StalePromises(Paxos):
    """Promises are never cleared, and late ones are welcome.

    Coming to lead counts where the promises of this attempt alone are no quorum.
    """

    _current: frozenset[str] = frozenset()

    def _clear_promises(self) -> None:
        self.reported = {}
        self._current = frozenset()

    def _is_current(self, promise: Promise) -> bool:
        if super()._is_current(promise):
            return True
        return self.role is Role.CANDIDATE

    def _on_promise(self, peer: str, promise: Promise) -> None:
        if promise.ballot == self.ballot and promise.more is None:
            self._current |= {peer}
        super()._on_promise(peer, promise)

    def _lead(self) -> None:
        if 1 + len(self._current) < self.quorum:
            self._count(NAME)
        super()._lead()
