"""L5: who renews a lease that is over has the lock again, if it is free.

client 1   acquire: 7 |---- lease ----|                             renew 7: ok
client 2                                acquire: 8    release 8
"""

from __future__ import annotations

from targets.nodes.command import Answer, Key
from targets.nodes.lock_service.bugs.noticing import NoticingLocks
from targets.nodes.lock_service.core import LockService
from targets.nodes.lock_service.locks import Held, Locks

NAME = "lock-service.renewal-revives"
LEASE_MS = 1000
"""What is revived lasts so long: how long it was, nobody has kept."""


class RevivedLocks(NoticingLocks):
    """Takes a free lock for one whose holder is a little late."""

    __slots__ = ()

    def _renew(self, key: Key, token: int) -> Answer:
        if key not in self.held and 0 < token <= self.granted:
            self._noticed()
            self.held[key] = Held(token, LEASE_MS)
        return super()._renew(key, token)


class RenewalRevives(LockService):
    """Each lease that is revived counts; clients can tell where another was granted since."""

    def _make_machine(self) -> Locks:
        return RevivedLocks(self.options.sessions, lambda: self._count(NAME))
