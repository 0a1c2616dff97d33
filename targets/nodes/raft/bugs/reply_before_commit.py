"""R19: the leader acknowledges a command when it is in its own log only.

n1 (leader, cut off)    add 7 ok            its log is overwritten after the heal
n2 (new leader)              ...            final read: no 7
"""

from __future__ import annotations

from targets.nodes.raft.core import Raft
from targets.nodes.raft.log import Entry

NAME = "raft.reply-before-commit"
ANSWER_IS_KNOWN = frozenset({"write", "set.add", "counter.add"})
"""A compare-and-set has to wait: its answer depends on the entries before it."""


class ReplyBeforeCommit(Raft):
    """Writes and adds are answered as soon as they are appended; each such answer counts."""

    def _append_own(self, entry: Entry) -> None:
        super()._append_own(entry)
        if entry.command is None or entry.command.f not in ANSWER_IS_KNOWN:
            return
        for origin in self._waiting[entry.index]:
            self._count(NAME)
            self._answer(origin, {"ok": True, "value": None})
        self._waiting[entry.index] = []
