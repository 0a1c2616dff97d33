"""What must hold over all cores of a cluster at every moment: figure 3 of the paper.

For debugging in simulation only: it sees what no client can, so a finding of it is no
finding about what clients were promised. Call ``observe`` with a core after each of its
steps, and of all cores: each is held against what the others committed before.
"""

from __future__ import annotations

from collections.abc import Collection

from targets.nodes.raft.base import Role
from targets.nodes.raft.core import Raft
from targets.nodes.raft.snapshot import Snapshot


class InvariantBroken(AssertionError):
    """One of the properties of figure 3 does not hold; the message says which, and where."""


class Invariants:
    """Follows the cores of one cluster, over their restarts."""

    def __init__(self) -> None:
        self.leader_of_term: dict[int, str] = {}
        self.committed: list[bytes] = []
        """The entry at each index, from 1, as first committed by anybody."""
        self._terms: list[int] = []
        self._snapshots: dict[int, str] = {}
        self._snapshot_of: dict[str, Snapshot] = {}
        self._checked: dict[str, tuple[int, int]] = {}
        """By node: its incarnation, and up to where its commits were compared."""

    def observe(self, core: Raft) -> None:
        """Check what ``core`` has just done. Raises InvariantBroken."""
        self._check_leader(core)
        self._check_committed(core)
        self._check_snapshot(core)
        if core.applied_index != core.commit_index:
            raise InvariantBroken(
                f"{core.node} applied {core.applied_index} of {core.commit_index} entries"
            )

    def check_logs_match(self, cores: Collection[Raft]) -> None:
        """Log matching: the same index and term mean the same log up to there."""
        for one in cores:
            for other in cores:
                a, b = one.log, other.log
                base = max(a.base_index, b.base_index)
                shared = min(a.last_index, b.last_index)
                while shared > base and a.term_at(shared) != b.term_at(shared):
                    shared -= 1
                for index in range(base + 1, shared + 1):
                    if a.entry(index).encoded != b.entry(index).encoded:
                        raise InvariantBroken(
                            f"log matching: {one.node} and {other.node} agree on the term of entry "
                            f"{shared} and differ in entry {index}"
                        )

    def _check_leader(self, core: Raft) -> None:
        if core.role is not Role.LEADER or self.leader_of_term.get(core.term) == core.node:
            return
        other = self.leader_of_term.setdefault(core.term, core.node)
        if other != core.node:
            raise InvariantBroken(
                f"election safety: {other} and {core.node} both lead term {core.term}"
            )
        for index in range(core.log.base_index, len(self.committed) + 1):
            if index and core.log.term_at(index) != self._terms[index - 1]:
                raise InvariantBroken(
                    f"leader completeness: {core.node}, leader of term {core.term}, "
                    f"lacks the committed entry {index}"
                )

    def _check_committed(self, core: Raft) -> None:
        life, checked = self._checked.get(core.node, (core.incarnation, 0))
        # A node that restarted commits again what it had committed.
        if life != core.incarnation:
            checked = 0
        for index in range(max(checked, core.log.base_index) + 1, core.commit_index + 1):
            entry = core.log.entry(index)
            self._check_contiguous(core, index - 1)
            if index > len(self.committed):
                self.committed.append(entry.encoded)
                self._terms.append(entry.term)
            if self.committed[index - 1] != entry.encoded:
                raise InvariantBroken(
                    f"state-machine safety: {core.node} commits another entry {index} than "
                    f"was committed before: {entry.encoded!r}, {self.committed[index - 1]!r}"
                )
        self._checked[core.node] = (core.incarnation, core.commit_index)

    def _check_contiguous(self, core: Raft, index: int) -> None:
        if index > len(self.committed):
            raise InvariantBroken(
                f"state-machine safety: {core.node} has a state up to entry {index}, "
                f"and nobody committed more than {len(self.committed)}"
            )

    def _check_snapshot(self, core: Raft) -> None:
        snapshot = core.snapshot
        if snapshot is None or self._snapshot_of.get(core.node) is snapshot:
            return
        self._snapshot_of[core.node] = snapshot
        self._check_contiguous(core, snapshot.index)
        if self._terms[snapshot.index - 1] != snapshot.term:
            raise InvariantBroken(
                f"state-machine safety: {core.node} has a snapshot up to entry {snapshot.index} "
                f"of term {snapshot.term}, which was committed in {self._terms[snapshot.index - 1]}"
            )
        if self._snapshots.setdefault(snapshot.index, snapshot.text) != snapshot.text:
            raise InvariantBroken(
                f"state-machine safety: {core.node} has another state than somebody else after "
                f"entry {snapshot.index}"
            )
