"""B9: whoever hears no primary takes over, a backup or not.

n3   cut off, and removed from the configuration; then add 7, ok without it; it is back:
n3   takes over, without 7
"""

from __future__ import annotations

from targets.nodes.primary_backup.bugs.loses import Loses

NAME = "primary-backup.promotes-anybody"


class PromotesAnybody(Loses):
    """Who is outside takes over like any backup, once it has been silent for long enough.

    Nor does it matter there that its primary is heard again meanwhile. Each time counts.
    """

    def _may_take_over(self) -> bool:
        if not super()._may_take_over():
            self._count(NAME)
        return True

    def _hear_primary(self) -> None:
        if super()._may_take_over():
            super()._hear_primary()
        elif self.primary_is_silent:
            self.primary_is_silent = False
            self._ask_held()
