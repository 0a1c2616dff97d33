"""R29: a restarted node serves reads while it still replays its log.

everybody         write x 1 ok, restart
n1 (new leader)   knows what is committed, has not applied it yet    read x -> nothing
"""

from __future__ import annotations

from targets.nodes.raft.bugs.releases import SeesReleases

NAME = "raft.serves-before-replay"
REPLAY = "replay"
REPLAY_S = 0.02
REPLAY_ENTRIES = 256
"""About 13,000 entries a second, as a log is replayed into a database."""


class ServesBeforeReplay(SeesReleases):
    """What was in the log at the start is applied in the background; reads do not wait for it.

    A read counts that is answered while something committed is not applied.
    """

    _replay_to = 0
    _replays = False

    def _on_started(self) -> None:
        self._replay_to = self.log.last_index
        super()._on_started()

    def _commit_to(self, index: int) -> None:
        if self.applied_index >= self._replay_to:
            super()._commit_to(index)
            return
        self.commit_index = index
        if not self._replays:
            self._replays = True
            self._set_timer(REPLAY, REPLAY_S)

    def _on_timer(self, name: str) -> None:
        if name == REPLAY:
            committed = self.commit_index
            super()._commit_to(min(committed, self.applied_index + REPLAY_ENTRIES))
            self.commit_index = committed
            if self.applied_index < committed:
                self._set_timer(REPLAY, REPLAY_S)
            else:
                self._replay_to, self._replays = 0, False
        super()._on_timer(name)

    def _release_reads(self) -> None:
        if self.applied_index < self.commit_index:
            for _ in range(self._reads_due()):
                self._count(NAME)
        super()._release_reads()
