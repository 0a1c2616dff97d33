"""L2: each node ends leases by its own clock, without the log.

n1 (leader)   7 is over | acquire: 8 ok          dies
n2                        acquire: held | 7 is over        leads: acquire: 8 once more
"""

from __future__ import annotations

from targets.nodes.command import Key
from targets.nodes.lock_service.core import LockService
from targets.nodes.lock_service.leases import Deadline

NAME = "lock-service.expires-by-own-clock"


class ExpiresByOwnClock(LockService):
    """Leaders and followers alike follow leases from when they applied them.

    Each lease that a node ends counts: the others may not have, and cannot know.
    """

    def _ends_leases(self) -> bool:
        return True

    def _stop_leading(self) -> None:
        super()._stop_leading()
        self._wakes_at_s = float("inf")
        for key, held in self.machine.held.items():
            self._follow_lease(key, held)

    def _expire(self, key: Key, deadline: Deadline) -> None:
        self._count(NAME)
        self.machine.held.pop(key, None)
        self._deadlines.pop(key, None)
