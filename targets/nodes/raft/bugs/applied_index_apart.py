"""R28: the state and the index up to which it is applied are not saved together.

node   state after 7 -> disk ... applies 8 and 9 ... index 9 -> disk      restarts
node   goes on behind 9, and never had 8 and 9
"""

from __future__ import annotations

from typing import Any

from targets.nodes.raft.core import Raft
from targets.nodes.raft.snapshot import Snapshot

NAME = "raft.applied-index-apart"
SAVE = "save-index"
SAVE_S = 0.01


class AppliedIndexApart(Raft):
    """A snapshot's state is taken at one time, and its index a moment later.

    It counts where entries were applied in between.
    """

    _state: tuple[int, Any] | None = None

    def _take_snapshot(self) -> None:
        if self._state is None:
            self._state = self.applied_index, self.machine.dump()
            self._set_timer(SAVE, SAVE_S)

    def _on_timer(self, name: str) -> None:
        if name == SAVE and self._state is not None:
            (applied_index, state), self._state = self._state, None
            super()._take_snapshot()
            whole = self.snapshot
            assert whole is not None
            if applied_index < whole.index:
                self._count(NAME)
            self.snapshot = Snapshot.of(whole.index, whole.term, whole.members, state)
        super()._on_timer(name)

    def _install(self, snapshot: Snapshot) -> None:
        self._state = None
        super()._install(snapshot)
