"""Which servers the cluster consists of, as the log says it (Ongaro 2014, section 4.1).

A server uses the latest configuration in its log, committed or not, from the moment it is
appended. So it may have to go back to an earlier one when the log is truncated.
"""

from __future__ import annotations


class Configurations:
    """The configurations from the last one a snapshot covers to the latest, oldest first."""

    __slots__ = ("_history",)

    def __init__(self, index: int, members: tuple[str, ...]) -> None:
        self._history = [(index, members)]

    @property
    def index(self) -> int:
        """Index of the entry that holds the latest one; 0 for that of a new cluster."""
        return self._history[-1][0]

    @property
    def members(self) -> tuple[str, ...]:
        """The voters of the latest one."""
        return self._history[-1][1]

    def at(self, index: int) -> tuple[str, ...]:
        """The voters as of the entry at ``index``, which is committed."""
        return next(members for at, members in reversed(self._history) if at <= index)

    def append(self, index: int, members: tuple[str, ...]) -> None:
        """The entry at ``index`` holds a new one."""
        assert index > self.index
        self._history.append((index, members))

    def truncate(self, first: int) -> None:
        """The entry at ``first`` and all after it are gone from the log."""
        while self.index >= first and len(self._history) > 1:
            self._history.pop()

    def compact(self, index: int) -> None:
        """Forget what is older than the one in force at ``index``."""
        while len(self._history) > 1 and self._history[1][0] <= index:
            del self._history[0]
