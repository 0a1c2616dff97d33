"""R21: a command that is sent again is applied again.

client   add 5 .... (no answer: the leader died)   add 5, same session and seq, ok
nodes    add 5                                     add 5        counter: 10
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from targets.nodes.command import Answer, Command
from targets.nodes.raft.core import Raft
from targets.nodes.state_machine import StateMachine

NAME = "raft.no-session-table"


class Forgetful(StateMachine):
    """Applies whatever comes; the table is kept to notice repeats and is not obeyed."""

    __slots__ = ("_noticed",)

    def __init__(self, noticed: Callable[[], None]) -> None:
        super().__init__()
        self._noticed = noticed

    def answered(self, command: Command) -> Answer | None:
        """Nothing is ever settled."""
        return None

    def apply(self, command: Command) -> Answer:
        """Apply the command, however often it comes."""
        if super().answered(command) is not None:
            self._noticed()
        return super().apply(command)


class NoSessionTable(Raft):
    """No duplicate is recognised: neither when applied nor while the first is in the log.

    A repeat counts when it is applied.
    """

    def _make_machine(self) -> StateMachine:
        return Forgetful(lambda: self._count(NAME))

    def _propose(self, origin: Any, command: Command) -> None:
        self._index_of.pop((command.session, command.seq), None)
        super()._propose(origin, command)
