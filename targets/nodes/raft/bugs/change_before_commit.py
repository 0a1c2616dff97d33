"""R23: a leader changes the members before anything of its own term is committed.

n1 (term 1)   of four; appends "n5 joins" alone, and is cut off
n2 (term 2)   removes n1 at once, with n2 and n3 of n2, n3, n4: committed
n1 (term 3)   is elected by n1, n4 and n5 of five, and completes "n5 joins" instead
"""

from __future__ import annotations

from typing import Any

from targets.nodes.raft.bugs.rewinds import Rewinds

NAME = "raft.change-before-commit"


class ChangeBeforeCommit(Rewinds):
    """Ongaro's guard of 2015 is gone; each change that it would have refused counts."""

    def _has_committed_in_its_term(self) -> bool:
        return True

    def _append_members(self, origin: Any, members: tuple[str, ...]) -> None:
        if not super()._has_committed_in_its_term():
            self._count(NAME)
        super()._append_members(origin, members)
