"""An instrument for bugs of the state machine: it tells its node when it goes wrong."""

from __future__ import annotations

from collections.abc import Callable

from targets.nodes.lock_service.locks import Locks


class NoticingLocks(Locks):
    """Locks that know whom to tell. Counted on every node that applies the command."""

    __slots__ = ("_noticed",)

    def __init__(self, sessions_max: int, noticed: Callable[[], None]) -> None:
        super().__init__(sessions_max)
        self._noticed = noticed
