"""R22: a snapshot holds the state without the session table.

client   add 5 ........ (no answer)                        add 5, same session and seq, ok
nodes    add 5, snapshot, restart from the snapshot        add 5        counter: 10
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from targets.nodes.command import Answer, Command
from targets.nodes.raft.core import Raft
from targets.nodes.sessions import Sessions
from targets.nodes.state_machine import StateMachine

NAME = "raft.sessions-not-in-snapshot"


class SessionsForgotten(StateMachine):
    """What it restores knows no session. ``noticed``: a command was applied twice for that.

    The sessions that are left out travel in the dump all the same, and are not obeyed: who
    applies a command that they know tells on itself.
    """

    __slots__ = ("_left_out", "_noticed")

    def __init__(self, sessions_max: int, noticed: Callable[[], None]) -> None:
        super().__init__(sessions_max)
        self._left_out = Sessions(sessions_max)
        self._noticed = noticed

    def apply(self, command: Command) -> Answer:
        """Apply the command unless its session, as far as it is known, forbids it."""
        if self.answered(command) is None and command.session is not None:
            last = self._left_out.last(command.session)
            if last is not None and command.seq is not None and command.seq <= last[0]:
                self._noticed()
        return super().apply(command)

    def restore(self, dump: dict[str, Any]) -> None:
        """Become what ``dump`` says, but for its sessions."""
        self._left_out.restore(dump["sessions"])
        nothing = {"time": dump["sessions"]["time"], "dropped_until": 0, "sessions": []}
        super().restore({**dump, "sessions": nothing})


class SessionsNotInSnapshot(Raft):
    """Whoever starts from a snapshot applies old commands again; each that it does counts."""

    def _make_machine(self) -> StateMachine:
        return SessionsForgotten(self.options.sessions, lambda: self._count(NAME))
