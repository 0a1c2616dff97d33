"""L4: the resource does not look at tokens.

client 1   acquire: 7 |---- lease ----|                        write under 7: ok
client 2                                acquire: 8  write under 8: ok
"""

from __future__ import annotations

from targets.nodes.command import Key
from targets.nodes.lock_service.bugs.noticing import NoticingLocks
from targets.nodes.lock_service.core import LockService
from targets.nodes.lock_service.locks import Locks

NAME = "lock-service.unfenced-resource"


class UnfencedLocks(NoticingLocks):
    """Admits whoever comes."""

    __slots__ = ()

    def _admits(self, key: Key, token: int) -> bool:
        if not super()._admits(key, token):
            self._noticed()
        return True


class UnfencedResource(LockService):
    """A write counts that should have been turned away."""

    def _make_machine(self) -> Locks:
        return UnfencedLocks(self.options.sessions, lambda: self._count(NAME))
