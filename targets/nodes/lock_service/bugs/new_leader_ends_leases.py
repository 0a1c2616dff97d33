"""L7: a new leader takes the leases that others granted for over.

n1 (leader)   acquire: 7 |------------ lease ------------|
              dies
n2 (leader)                       7 is over  acquire: 8
"""

from __future__ import annotations

from targets.nodes.lock_service.core import LockService
from targets.nodes.lock_service.locks import Held

NAME = "lock-service.new-leader-ends-leases"


class NewLeaderEndsLeases(LockService):
    """Each lock that is held when a node comes to lead counts."""

    _begins = False

    def _lead(self) -> None:
        self._begins = True
        super()._lead()
        self._begins = False

    def _lasts_s(self, held: Held) -> float:
        if not self._begins:
            return super()._lasts_s(held)
        self._count(NAME)
        return 0.0
