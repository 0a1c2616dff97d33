"""R20: entries are acknowledged before they are durable.

The log is synced once a second, as with Redis's ``appendfsync everysec`` or InnoDB's
``flush_log_at_trx_commit=2``; votes and terms still are at once, and with them what was
written before.

n1, n2, n3   write add 7, acknowledge it; the sync would follow within FLUSH_S
n1, n2, n3   lose power                              final read: no 7
"""

from __future__ import annotations

from targets.nodes.effects import Effect, Fsync
from targets.nodes.raft.bugs.rewinds import Rewinds

NAME = "raft.ack-before-fsync"
FLUSH = "flush"
FLUSH_S = 1.0


class AckBeforeFsync(Rewinds):
    """Entries are synced by a timer; each step that skips its sync counts.

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
        has_vote = any(record.startswith(b"{") for record in self._records)
        effects = super()._drain()
        syncs = [effect for effect in effects if isinstance(effect, Fsync)]
        if self._flush_is_due:
            self._flush_is_due = False
            return effects if syncs else [Fsync(self.log.last_index, self.log.last_term), *effects]
        if not syncs or has_vote:
            return effects
        self._count(NAME)
        if not self._flush_is_set:
            self._flush_is_set = True
            self._set_timer(FLUSH, FLUSH_S)
        self._on_synced(self.log.last_index, self.log.last_term)
        return [e for e in effects if not isinstance(e, Fsync)] + super()._drain()
