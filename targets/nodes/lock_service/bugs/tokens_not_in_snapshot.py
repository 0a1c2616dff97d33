"""L1: a snapshot holds the locks without the count of tokens.

client 1   acquire: 7                                        write under 7: who is that?
client 2                                      acquire: 7
nodes          snapshot, restart from it: 0 …
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Answer, Key
from targets.nodes.lock_service.bugs.noticing import NoticingLocks
from targets.nodes.lock_service.core import LockService
from targets.nodes.lock_service.locks import Locks

NAME = "lock-service.tokens-not-in-snapshot"


class CountForgotten(NoticingLocks):
    """After a restore the count begins anew."""

    __slots__ = ("_left_out",)

    def restore(self, dump: dict[str, Any]) -> None:
        """Become what ``dump`` says, but for the count."""
        super().restore(dump)
        self._left_out = self.granted
        self.granted = 0

    def _acquire(self, key: Key, lease_ms: int) -> Answer:
        answer = super()._acquire(key, lease_ms)
        if answer["ok"] and answer["value"] <= getattr(self, "_left_out", 0):
            self._noticed()
        return answer


class TokensNotInSnapshot(LockService):
    """A grant counts whose token had been granted before the snapshot."""

    def _make_machine(self) -> Locks:
        return CountForgotten(self.options.sessions, lambda: self._count(NAME))
