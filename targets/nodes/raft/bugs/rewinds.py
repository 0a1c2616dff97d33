"""What becomes of a node whose committed entries are overwritten.

The correct node refuses and stops: it cannot happen to it. A mutation that makes it happen
would so be hidden behind a crash; with this safeguard removed the node goes on, and its
clients see what has become of it.
"""

from __future__ import annotations

from targets.nodes.raft.core import Raft
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import AppendReply
from targets.nodes.raft.progress import Progress


class Overwrites(Raft):
    """Gives up committed entries when the leader has others; its state stays as it is.

    Not those that a snapshot covers: they are in the log no more.
    """

    def _remove_from(self, index: int) -> None:
        if index > self.commit_index or index <= self._covered():
            super()._remove_from(index)
        else:
            self._truncate(index)

    def _compact_if_due(self) -> None:
        # Of what is applied and committed no more there is nothing in the log to cover.
        if self.applied_index <= min(self.commit_index, self.log.last_index):
            super()._compact_if_due()

    def _covered(self) -> int:
        """The last entry that our snapshot covers."""
        return 0 if self.snapshot is None else self.snapshot.index


class Rewinds(Overwrites):
    """Gives up committed entries, and rebuilds its state once others are committed there.

    It does what a restarted node would do; where the same entries come back nothing changed.
    """

    _undone: dict[int, Entry] | None = None
    """Entries that were applied and are committed no more."""

    def _remove_from(self, index: int) -> None:
        if self._covered() < index <= self.commit_index:
            undone = self._undone or {}
            for at in range(index, min(self.applied_index, self.log.last_index) + 1):
                undone.setdefault(at, self.log.entry(at))
            self._undone = undone
        super()._remove_from(index)
        self.commit_index = min(self.commit_index, index - 1)

    def _commit_to(self, index: int) -> None:
        if self._undone:
            again = {at: entry for at, entry in self._undone.items() if at <= index}
            if any(self.log.entry(at).encoded != again[at].encoded for at in again):
                self._begin_from_snapshot()
            else:
                self._undone = {at: e for at, e in self._undone.items() if at > index}
        super()._commit_to(index)

    def _begin_from_snapshot(self) -> None:
        self._undone = None
        super()._begin_from_snapshot()

    def _back_off(self, progress: Progress, reply: AppendReply) -> None:
        # A follower whose log ends before what it once acknowledged has lost it. One that
        # refuses an append of an old term gives no hint at all.
        if reply.hint_term is None and 0 < reply.hint_index <= progress.match:
            progress.match = reply.hint_index - 1
            progress.next = reply.hint_index
            progress.probing = True
            progress.probe_is_out = False
            return
        super()._back_off(progress, reply)
