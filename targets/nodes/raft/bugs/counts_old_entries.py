"""R3: an entry of an earlier term is committed by counting its copies (figure 8).

S1 (term 2)   x at index 2, on S1 and S2 only
S5 (term 3)   y at index 2, on S5 only
S1 (term 4)   copies x to S3: three of five, "committed"; S1 is gone
S5 (term 5)   is elected by S2, S3 and S4, and overwrites x everywhere
"""

from __future__ import annotations

from targets.nodes.raft.bugs.rewinds import Rewinds
from targets.nodes.raft.log import Entry

NAME = "raft.counts-old-entries"


class CountsOldEntries(Rewinds):
    """A majority commits whatever it holds; each commit of an earlier term's entry counts.

    A new leader appends no entry of its own, which would commit the others with it, and its
    reads wait for the entries it found in its log.
    """

    def _lead(self) -> None:
        found = self.log.last_index
        super()._lead()
        self.first_own_index = found

    def _append_own(self, entry: Entry) -> None:
        if entry.command is not None or entry.members is not None:
            super()._append_own(entry)

    def _counts(self, index: int) -> bool:
        if not super()._counts(index):
            self._count(NAME)
        return True
