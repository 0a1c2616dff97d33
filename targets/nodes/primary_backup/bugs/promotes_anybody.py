"""B9: a node that was removed, and lacks what came since, takes over like any backup.

n3           cut off, and removed from the configuration
n1 (primary) add 7, ok without it; n3 is back; dies
n3           takes over, without 7
"""

from __future__ import annotations

from targets.nodes.primary_backup.bugs.loses import Loses
from targets.nodes.primary_backup.messages import Append

NAME = "primary-backup.promotes-anybody"


class PromotesAnybody(Loses):
    """To be outside the configuration keeps nobody from taking over; each time counts.

    Who is outside keeps nothing of what it is shipped: else it would lack something for as long
    as it takes to catch up, some milliseconds, and no longer.
    """

    def _may_take_over(self) -> bool:
        if not super()._may_take_over():
            self._count(NAME)
        return True

    def _on_append(self, peer: str, append: Append) -> None:
        is_current = append.configuration.epoch >= self.configuration.epoch
        if is_current and self.node not in append.configuration.members:
            self._adopt(append.configuration)
            self._hear_primary()
        else:
            super()._on_append(peer, append)
