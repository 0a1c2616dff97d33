"""Reads: by the primary, once it is known to be one still; or of a session, anywhere.

A primary may have been deposed without knowing, and another may have acknowledged writes since.
So a read waits until

1. an entry of the primary's own reign is committed: what earlier ones acknowledged is in its
   log, and is applied only then;
2. all its backups have answered a broadcast that was sent after the read arrived
   (``reads=confirmed``). Who takes over is one of them, and had not by then; or the lease holds
   (``reads=lease``), whose end a successor waits for.

With ``reads=session`` a node answers its own clients from its own state, as soon as that has
come as far as what the session has written and read (the client says how far that was): their
reads may be stale and never go back. All of them see the writes in the same order, so that is
sequential consistency, the promise that such reads keep; linearizable they are not.
"""

from __future__ import annotations

from typing import Any

from targets.nodes.command import Answer, Command, refusal
from targets.nodes.primary_backup.base import Base
from targets.nodes.primary_backup.options import LEASE


class Reads(Base):
    """The reads that are held back until they may be answered."""

    def _read(self, origin: Any, command: Command) -> None:
        held = len(self._reads) + sum(len(reads) for _, reads in self._confirming)
        if held >= self.options.waiting_max:
            detail = f"{held} reads wait for the backups"
            self._answer(origin, refusal("busy", definite=True, detail=detail))
        else:
            self._reads.append((origin, command))

    def _may_read(self) -> bool:
        """Whether our state holds all that was ever acknowledged."""
        return self.commit_index >= self.first_own_index and self._serves()

    def _wants_round(self) -> bool:
        return bool(
            self._reads
            and self.options.reads != LEASE
            and self._may_read()
            and not self._confirming
        )

    def _round_started(self) -> None:
        if self._reads and self.options.reads != LEASE and self._may_read():
            self._confirming.append((self.round, self._reads))
            self._reads = []

    def _release_reads(self) -> None:
        """Called at the end of a step."""
        if self.options.reads == LEASE:
            if self._reads and self._may_read():
                reads, self._reads = self._reads, []
                self._answer_reads(reads)
            return
        confirmed = self._confirmed_round()
        while self._confirming and self._confirming[0][0] <= confirmed:
            self._answer_reads(self._confirming.popleft()[1])

    def _confirmed_round(self) -> int:
        """The latest broadcast that all backups have answered."""
        backups = self.configuration.backups
        return min([self.round, *(self.progress[backup].round for backup in backups)])

    def _answer_reads(self, reads: list[tuple[Any, Command]]) -> None:
        for origin, command in reads:
            self._answer(origin, self._value(command))

    def _value(self, command: Command) -> Answer:
        return self.machine.read(command)

    def _abandon_reads(self) -> None:
        reads, self._reads = self._reads, []
        for _, more in self._confirming:
            reads.extend(more)
        self._confirming.clear()
        for origin, _ in reads:
            # A read changes nothing, so its refusal is always definite.
            self._answer(origin, refusal("no-leader", definite=True))

    # Of sessions.

    def _read_here(self, origin: Any, command: Command, seen: int) -> None:
        if len(self._session_reads) >= self.options.waiting_max:
            self._answer(origin, refusal("busy", definite=True))
        elif self._has_come_to(seen):
            self._answer_here(origin, command)
        else:
            self._session_reads.append((seen, self.clock(), origin, command))

    def _has_come_to(self, seen: int) -> bool:
        """Whether our state has all that a session had seen."""
        return self.applied_index >= seen

    def _answer_here(self, origin: Any, command: Command) -> None:
        self._answer(origin, self._value(command) | {"index": self.applied_index})

    def _release_session_reads(self) -> None:
        for _ in range(len(self._session_reads)):
            waits = self._session_reads.popleft()
            if self._has_come_to(waits[0]):
                self._answer_here(*waits[2:])
            else:
                self._session_reads.append(waits)

    def _refuse_session_reads(self) -> None:
        """Called with every beat: nobody waits for longer than for another primary."""
        since_s = self.clock() - self.options.grace_s_max
        while self._session_reads and self._session_reads[0][1] < since_s:
            origin = self._session_reads.popleft()[2]
            detail = f"{self.node} is behind what this session has seen"
            self._answer(origin, refusal("no-leader", definite=True, detail=detail))
