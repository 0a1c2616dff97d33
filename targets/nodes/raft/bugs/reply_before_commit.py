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
    """Writes and adds are answered as soon as they are appended.

    One counts when its entry is removed again by the node that acknowledged it, which after
    a restart knows at least the last term that it may have led.
    """

    _led: frozenset[int] = frozenset()

    def _on_started(self) -> None:
        if self.voted_for == self.node:
            self._led = frozenset((self.term,))
        super()._on_started()

    def _lead(self) -> None:
        self._led |= {self.term}
        super()._lead()

    def _remove_from(self, index: int) -> None:
        for entry in self.log.between(index, self.log.last_index):
            command = entry.command
            if entry.term in self._led and command is not None and command.f in ANSWER_IS_KNOWN:
                self._count(NAME)
        super()._remove_from(index)

    def _append_own(self, entry: Entry) -> None:
        super()._append_own(entry)
        if entry.command is None or entry.command.f not in ANSWER_IS_KNOWN:
            return
        for origin in self._waiting[entry.index]:
            self._answer(origin, {"ok": True, "value": None})
        self._waiting[entry.index] = []
