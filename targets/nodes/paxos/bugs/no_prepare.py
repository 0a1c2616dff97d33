"""X2: whoever has led before takes a higher ballot without preparing it.

n1 (leads 3.n1, cut off)                      ... heals, says accept slot 9 under 5.n1
n2 (leads 4.n2)             slot 9 is chosen
"""

from __future__ import annotations

from targets.nodes.paxos.core import Paxos

NAME = "paxos.no-prepare"


class NoPrepare(Paxos):
    """Acceptors take any ballot above the promised one, so phase 1 seems to be done for good.

    Coming to lead counts where no quorum has promised the ballot.
    """

    _has_led = False

    def _send_prepares(self) -> None:
        if not self._has_led:
            super()._send_prepares()

    def _count_promises(self) -> None:
        if not self._has_led:
            super()._count_promises()
            return
        if 1 + len(self.promises) < self.quorum:
            self._count(NAME)
        self._lead()

    def _lead(self) -> None:
        self._has_led = True
        super()._lead()
