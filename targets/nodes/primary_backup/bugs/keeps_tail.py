"""B7: who comes back keeps what it has, though its primary has something else there.

n1 (was primary)   10: add 7, which nobody else has    comes back, keeps 10, is a backup
n2 (primary)       10: add 8, ok
n1                 takes over: 8 is gone
"""

from __future__ import annotations

from targets.nodes.primary_backup.bugs.loses import Loses
from targets.nodes.primary_backup.messages import Append

NAME = "primary-backup.keeps-tail"


class KeepsTail(Loses):
    """What is there already stays, whoever wrote it; only the length is compared.

    An entry counts that should have replaced another one.
    """

    def _fits(self, append: Append) -> bool:
        return append.prev_index <= self.log.last_index

    def _take_entries(self, append: Append) -> None:
        for entry in append.entries:
            present = self.log.term_at(entry.index)
            if present is None and entry.index == self.log.last_index + 1:
                self._append(entry)
            elif present != entry.term:
                self._count(NAME)
