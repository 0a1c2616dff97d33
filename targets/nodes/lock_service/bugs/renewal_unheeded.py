"""L8: a lease ends when it would have without its renewals.

client 1   acquire: 7 |------- lease -------|
             renew 7: ok    |------- lease -|-----|
client 2                                      acquire: 8
"""

from __future__ import annotations

from targets.nodes.command import Answer, Key
from targets.nodes.lock_service.bugs.noticing import NoticingLocks
from targets.nodes.lock_service.core import LockService
from targets.nodes.lock_service.locks import Held, Locks

NAME = "lock-service.renewal-unheeded"


class HastyLocks(NoticingLocks):
    """Does not look how often a lease was renewed since it was found to be over."""

    __slots__ = ()

    def _expire(self, key: Key, token: int, renewals: int) -> Answer:
        held = self.held.get(key)
        if held is not None and held.token == token and held.renewals != renewals:
            self._noticed()
            renewals = held.renewals
        return super()._expire(key, token, renewals)


class RenewalUnheeded(LockService):
    """A leader follows each grant once. A lease counts that ends although it was renewed."""

    def _make_machine(self) -> Locks:
        return HastyLocks(self.options.sessions, lambda: self._count(NAME))

    def _follow_lease(self, key: Key, held: Held) -> None:
        known = self._deadlines.get(key)
        if known is None or known.token != held.token:
            super()._follow_lease(key, held)
