"""B9: whoever hears no primary takes over, a backup or not.

n3   cut off, and removed from the configuration; then add 7, ok without it; it is back:
n3   takes over, without 7
"""

from __future__ import annotations

from targets.nodes.primary_backup.bugs.loses import Loses

NAME = "primary-backup.promotes-anybody"


class PromotesAnybody(Loses):
    """To be outside the configuration keeps nobody from taking over; each time counts."""

    def _may_take_over(self) -> bool:
        if not super()._may_take_over():
            self._count(NAME)
        return True
