"""What must hold over all cores of a cluster at every moment, for tests and simulations to assert.

    one an epoch    an epoch has one configuration, and one life of one node is primary in it
    one history     whatever two nodes committed at an index is the same (synchronous replication)
    everybody has   what was committed is in the log of every member of the latest configuration
                    that anybody has adopted, and so in that of whoever comes to be primary
                    (synchronous replication; PacificA, section 3.1: "commit invariant")
    state           nodes that have a snapshot of as much have the same state

Clients see none of this; a scorecard counts only what they see.
"""

from __future__ import annotations

from collections.abc import Collection

from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.primary_backup.core import PrimaryBackup


class Invariants:
    """Watches the cores of one cluster, over their restarts; an AssertionError says what broke."""

    def __init__(self) -> None:
        self.latest: Configuration | None = None
        self.committed: list[bytes] = []
        """The entry at each index, from 1, as first committed by anybody (synchronous)."""
        self._epochs: list[int] = []
        self._configurations: dict[int, Configuration] = {}
        self._snapshots: dict[tuple[int, int], str] = {}
        self._checked: dict[str, tuple[int, int]] = {}

    def observe(self, core: PrimaryBackup, alive: Collection[PrimaryBackup]) -> None:
        """Call after each step of a core, with all that are alive."""
        self._check_configuration(core)
        self._check_snapshot(core)
        if not core.is_sync:
            return
        has_grown = self._check_committed(core)
        if has_grown or core.configuration == self.latest:
            for one in alive if has_grown else (core,):
                self._check_member(one)

    def _check_configuration(self, core: PrimaryBackup) -> None:
        own = core.configuration
        known = self._configurations.setdefault(own.epoch, own)
        assert known == own, f"one an epoch: {core.node} goes by {own}, others by {known}"
        if core.is_primary:
            assert (own.primary, own.life) == (core.node, core.incarnation), (
                f"one an epoch: {core.node} acts as primary in {own}"
            )
        if self.latest is None or own.epoch > self.latest.epoch:
            self.latest = own

    def _check_committed(self, core: PrimaryBackup) -> bool:
        life, checked = self._checked.get(core.node, (core.incarnation, 0))
        # A node that restarted commits again what it had committed.
        if life != core.incarnation:
            checked = 0
        before = len(self.committed)
        for index in range(max(checked, core.log.base_index) + 1, core.commit_index + 1):
            entry = core.log.entry(index)
            if index == len(self.committed) + 1:
                self.committed.append(entry.encoded)
                self._epochs.append(entry.term)
            assert index <= len(self.committed), (
                f"one history: {core.node} committed entry {index}, and nobody had {index - 1}"
            )
            assert self.committed[index - 1] == entry.encoded, (
                f"one history: {core.node} commits {entry.encoded!r}, others had committed "
                f"{self.committed[index - 1]!r}"
            )
        self._checked[core.node] = (core.incarnation, core.commit_index)
        return len(self.committed) > before

    def _check_member(self, core: PrimaryBackup) -> None:
        assert self.latest is not None
        if core.node not in self.latest.members or not self.committed:
            return
        last, log = len(self.committed), core.log
        # The same epoch at an index means the same log up to there.
        assert last < log.base_index or log.term_at(last) == self._epochs[-1], (
            f"everybody has: entry {last} is committed, and {core.node}, a member of "
            f"{self.latest}, lacks it: its log ends at {log.last_index}"
        )

    def _check_snapshot(self, core: PrimaryBackup) -> None:
        snapshot = core.snapshot
        if snapshot is None:
            return
        text = self._snapshots.setdefault((snapshot.index, snapshot.term), snapshot.text)
        assert text == snapshot.text, (
            f"state: {core.node} has another state than somebody else after entry {snapshot.index}"
        )
