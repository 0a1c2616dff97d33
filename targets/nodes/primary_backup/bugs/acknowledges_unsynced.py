"""B8: a backup acknowledges what is not durable yet.

Its log is synced once a second, as with Redis's ``appendfsync everysec``; epochs and the
records of the configuration service still are at once, and with them what was written before.

n1 (primary)   add 7, ok; dies
n2 … n5        had written it and not synced; lose power, start again: n2 takes over, without 7
"""

from __future__ import annotations

from targets.nodes.effects import Effect
from targets.nodes.primary_backup.bugs.loses import Loses

NAME = "primary-backup.acknowledges-unsynced"
FLUSH = "flush"
FLUSH_S = 1.0


class AcknowledgesUnsynced(Loses):
    """Entries of a backup are synced by a timer; each step that skips its sync counts.

    Which of them a loss of power will undo nobody can tell: who loses it forgets.
    """

    _flush_is_set = False
    _flush_is_due = False

    def _on_timer(self, name: str) -> None:
        if name == FLUSH:
            self._flush_is_set = False
            self._flush_is_due = True
        super()._on_timer(name)

    def _drain(self) -> list[Effect]:
        has_entries_alone = not self._must_replace and all(
            record.startswith(b"[") for record in self._records
        )
        may_wait = has_entries_alone and self._service_sync is None and not self.is_primary
        if self._flush_is_due:
            self._flush_is_due = False
            self._must_sync = True
        elif self._must_sync and may_wait:
            self._must_sync = False
            self._count(NAME)
            if not self._flush_is_set:
                self._flush_is_set = True
                self._set_timer(FLUSH, FLUSH_S)
        return super()._drain()
