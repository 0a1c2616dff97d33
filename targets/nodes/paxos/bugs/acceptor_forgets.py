"""X11: an acceptor starts as a fresh one, whatever it had promised and accepted.

n1 n2 n3     slot 5 is chosen by them; all die, start again, and have never heard of it
"""

from __future__ import annotations

from targets.nodes.paxos.base import Recovered
from targets.nodes.paxos.core import Paxos

NAME = "paxos.acceptor-forgets"


class AcceptorForgets(Paxos):
    """What is on the disk is not read; each start that so forgets something counts."""

    _forgot = False

    def _restore(self, recovered: Recovered) -> None:
        fresh = Recovered()
        self._forgot = recovered.promised > fresh.promised
        self.promised = self.highest = fresh.promised
        self.accepted, self.decided = fresh.accepted, fresh.decided
        self.snapshot = None
        self.last_slot = 0
        super()._restore(fresh)

    def _on_started(self) -> None:
        if self._forgot:
            self._count(NAME)
        super()._on_started()
