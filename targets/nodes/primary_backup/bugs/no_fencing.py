"""B2: no epochs, no fencing: who was primary goes on, and is obeyed.

n1 (primary, cut off)        add 7, ok                add 9, n3 obeys: what was there is gone
n2 (takes over)              add 8, ok with n3
"""

from __future__ import annotations

from targets.nodes.primary_backup.bugs.loses import Loses
from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.primary_backup.messages import Append, AppendReply

NAME = "primary-backup.no-fencing"


class NoFencing(Loses):
    """A primary drops who is silent by itself, and steps down for nobody; anybody is obeyed.

    Words of an epoch that is over, obeyed, count, and so does going on where another is named or
    without somebody.
    """

    def _is_outdated(self, configuration: Configuration) -> bool:
        if super()._is_outdated(configuration):
            self._count(NAME)
        return False

    def _reply(self, append: Append, *, ok: bool, index: int) -> AppendReply:
        reply = super()._reply(append, ok=ok, index=index)
        reply.epoch = append.configuration.epoch
        return reply

    def _adopt(self, configuration: Configuration) -> None:
        is_later = configuration.epoch > self.configuration.epoch
        if self.is_primary and is_later and configuration.primary != self.node:
            self._count(NAME)
        else:
            super()._adopt(configuration)

    def _holds_lease(self) -> bool:
        return self.is_primary

    def _speaks(self) -> bool:
        return True

    def _needed(self) -> frozenset[str]:
        needed = super()._needed()
        answering = frozenset(filter(self._answers, needed))
        if answering != needed:
            self._count(NAME)
        return answering

    def _confirmed_round(self) -> int:
        backups = filter(self._answers, self.configuration.backups)
        return min([self.round, *(self.progress[backup].round for backup in backups)])

    def _answers(self, peer: str) -> bool:
        return not self._is_lost(self.progress[peer])
