"""L3: a release frees the lock whatever token it comes with.

client 1   acquire: 7 ............. release 7: ok     (its lease was over long ago)
client 2                acquire: 8 |------- lease -------|
client 3                                   acquire: 9
"""

from __future__ import annotations

from targets.nodes.command import Answer, Key
from targets.nodes.lock_service.bugs.noticing import NoticingLocks
from targets.nodes.lock_service.core import LockService
from targets.nodes.lock_service.locks import Locks

NAME = "lock-service.anybody-releases"


class AnybodysLocks(NoticingLocks):
    """Does not compare tokens."""

    __slots__ = ()

    def _release(self, key: Key, token: int) -> Answer:
        held = self.held.get(key)
        if held is None or held.token == token:
            return super()._release(key, token)
        self._noticed()
        return super()._release(key, held.token)


class AnybodyReleases(LockService):
    """A release counts that frees the lock of another token."""

    def _make_machine(self) -> Locks:
        return AnybodysLocks(self.options.sessions, lambda: self._count(NAME))
