"""Reads that wait for the next leader: asked while none is known, or of one that fell silent.

A read changes nothing, so it may be asked again of whoever leads next. That is done where
nobody else will answer it, and for one election:

    no leader is known, or the leader it was passed on to fell silent    held
    an election came to nothing, and another one begins                  refused
    so many reads are held already (``waiting_max``)                     refused

Where the client can be told at once that this way leads nowhere, it is, for it may try another
node before an election is over: a leader that is deposed refuses the reads it had taken
(reads.py); what the leader itself refuses is passed on; so is that it cannot be reached from
here, and that newer requests have pushed the read out (proposals.py). Every refusal of a read
is definite.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from targets.nodes.command import refusal
from targets.nodes.raft.base import Base, Remote


class HeldReads(Base):
    """The reads of a node's own clients that no leader has answered yet."""

    def _is_read_of_ours(self, origin: Any, request: dict[str, Any]) -> bool:
        return request.get("f") in self.machine.reads and not isinstance(origin, Remote)

    def _hold(self, origin: Any, request: dict[str, Any]) -> None:
        """Keep a read until a leader is known."""
        if len(self._held) >= self.options.waiting_max:
            self._answer(origin, refusal("no-leader", definite=True))
        else:
            self._held.append((origin, request))

    def _ask_held(self) -> None:
        """A leader is known, perhaps ourselves: ask it what was held."""
        held, self._held = self._held, deque()
        self._held_before = 0
        for origin, request in held:
            self._take(origin, request)

    def _refuse_held(self) -> None:
        """An election begins: refuse what was held when the last one began."""
        for _ in range(self._held_before):
            origin, _request = self._held.popleft()
            self._answer(origin, refusal("no-leader", definite=True))
        self._held_before = len(self._held)
