"""Epochs: how a node adopts a configuration, and how a backup becomes primary.

    outside --has caught up--> backup --its primary is silent, the service agrees--> primary
       ^                          |                                                     |
       +------- was silent -------+-------------- a later epoch names another ----------+

A backup that has heard nothing of its primary for a random grace proposes itself (PacificA,
section 3.3). Any backup will do, for each of them holds all that was acknowledged; the first to
ask has it. Its log is the new truth: it ships all of it, with an entry of its own epoch at the
end, before it answers a read, and what others have beyond is thrown away (reconciliation, 3.3).

A primary that restarts is not the one that died: entries it had sent and not synced are gone
from its log and not from its backups'. So it asks for an epoch of its own, with the same
backups, before it acts: an epoch never has two entries at one index.

Where the old primary may go on under its lease (reads=lease), or acknowledges without its
backups (replication=async), its successor waits until that lease has run out. Else it need not:
the old one can do nothing any more without its successor, which refuses it.
"""

from __future__ import annotations

from targets.nodes.primary_backup.base import BEAT, GRACE, Base
from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.primary_backup.messages import Fenced
from targets.nodes.primary_backup.options import LEASE


class Promotion(Base):
    """What becomes of a node from one epoch to the next."""

    def _on_started(self) -> None:
        self._note(f"started with {self.log.last_index} entries, {self.configuration}")
        self._set_timer(BEAT, self.options.heartbeat_s)
        self._await_grace()

    def _adopt(self, configuration: Configuration) -> None:
        if configuration.epoch <= self.configuration.epoch:
            return
        before, was_primary = self.configuration, self.is_primary
        self.configuration = configuration
        self._persist_configuration()
        self._note(str(configuration))
        # A compare-and-set against an earlier configuration can never succeed any more.
        self._proposal, self.pledged = None, frozenset()
        self.is_primary = (
            configuration.primary == self.node and configuration.life == self.incarnation
        )
        if self.is_primary and was_primary:
            self._continue_reign()
            return
        if was_primary:
            self._end_reign()
        if configuration.primary != before.primary or self.is_primary:
            self._abandon_forwards()
        if self.is_primary:
            self.primary_is_silent = False
            self._set_timer(GRACE, None)
            if self._must_outwait_predecessor():
                self._serves_from_s = self.clock() + self.options.lease_s
            self._begin_reign()
            self._ask_held()
        else:
            self._await_grace()

    def _must_outwait_predecessor(self) -> bool:
        """Whether the primary before us may still act though we refuse it."""
        return self.options.reads == LEASE or not self.is_sync

    def _on_fenced(self, fenced: Fenced) -> None:
        self._adopt(fenced.configuration)

    def _is_outdated(self, configuration: Configuration) -> bool:
        return configuration.epoch < self.configuration.epoch

    # Silence.

    def _await_grace(self) -> None:
        low, high = self.options.grace_s_min, self.options.grace_s_max
        self._set_timer(GRACE, self.rng.uniform(low, high))

    def _hear_primary(self) -> None:
        was_silent, self.primary_is_silent = self.primary_is_silent, False
        self._await_grace()
        if was_silent:
            self._ask_held()

    def _on_grace_timer(self) -> None:
        if self.is_primary:
            return
        if not self.primary_is_silent:
            self._note(f"hears nothing of {self.configuration.primary}")
            self.primary_is_silent = True
        self._abandon_forwards()
        self._refuse_held()
        if self._may_take_over():
            self._propose(self.configuration.taken_over(self.node, self.incarnation))
        self._set_timer(GRACE, self.rng.uniform(*self.options.retry_s))

    def _may_take_over(self) -> bool:
        """Whether we are a backup: then we hold all that was acknowledged."""
        return self.node in self.configuration.backups

    def _reclaim_if_restarted(self) -> None:
        """A primary that has begun another life asks for an epoch of its own."""
        own = self.configuration
        if own.primary == self.node and not self.is_primary:
            self._propose(own.reclaimed(self.incarnation))
