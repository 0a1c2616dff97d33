"""B9: who was removed takes over as soon as it hears of that, a backup no more.

n3   cut off, and removed from the configuration; then add 7, ok without it; it is back:
n3   takes over, without 7
"""

from __future__ import annotations

from targets.nodes.primary_backup.base import GRACE
from targets.nodes.primary_backup.bugs.loses import Loses
from targets.nodes.primary_backup.configuration import Configuration

NAME = "primary-backup.promotes-anybody"


class PromotesAnybody(Loses):
    """To be outside the configuration keeps nobody from taking over; each time counts.

    The grace of who was removed for its silence is taken to be over.
    """

    _was_removed = False

    def _may_take_over(self) -> bool:
        if not super()._may_take_over():
            self._count(NAME)
        return True

    def _adopt(self, configuration: Configuration) -> None:
        was_backup = self.node in self.configuration.backups
        super()._adopt(configuration)
        if self.node in self.configuration.members:
            self._was_removed = False
        elif was_backup:
            self._was_removed = True
            self._await_grace()

    def _await_grace(self) -> None:
        if self._was_removed:
            self._set_timer(GRACE, self.options.heartbeat_s * self.rng.random())
        else:
            super()._await_grace()
