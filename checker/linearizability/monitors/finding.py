"""What a monitor found of each key: an order, a contradiction, or that it is not its business."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from checker.linearizability.decision import Decision, Status

UNSUITED, REFUTED, LINEARIZED = -1, int(Status.REFUTED), int(Status.LINEARIZED)

Int8 = npt.NDArray[np.int8]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Finding:
    """One key's: ``order`` are rows of the table when linearized, else ``stuck`` is the row of
    the first completion that cannot be placed, and ``clusters`` the rows that contradict."""

    linearized: bool
    order: Int64
    stuck: int
    clusters: tuple[int, ...]


@dataclass(slots=True)
class Findings:
    """Those of K keys, numbered as in the table.

    ``status``: int8[K], UNSUITED, REFUTED, LINEARIZED, or Status.SKIPPED once one is refuted.
    ``order``: int64, rows; those of key k are ``order[starts[k]:starts[k+1]]``, none unless it
    is LINEARIZED. ``verified``: int64[K], completions that are placed. ``evidence``: int64[K,
    8], for refuted keys first the row that is stuck, then the rows in conflict, their meaning
    the monitor's; -1: none.
    """

    status: Int8
    order: Int64
    starts: Int64
    verified: Int64
    evidence: Int64
    algorithm: str

    @classmethod
    def blank(cls, keys: int, operations: int, algorithm: str) -> Findings:
        """Room for what a kernel writes."""
        status, evidence = np.empty(keys, np.int8), np.empty((keys, 8), np.int64)
        # A fifth of what np.full takes.
        status.fill(UNSUITED)
        evidence.fill(-1)
        return cls(
            status=status,
            order=np.empty(operations, np.int64),
            starts=np.zeros(keys + 1, np.int64),
            verified=np.zeros(keys, np.int64),
            evidence=evidence,
            algorithm=algorithm,
        )

    def complete(self) -> bool:
        """Whether nothing is left to search: every key is decided, or one is refuted."""
        seen = set(self.status.tolist())
        return UNSUITED not in seen or REFUTED in seen

    def of(self, key: int) -> Finding | None:
        """One key's; None when it is undecided."""
        if self.status[key] not in (REFUTED, LINEARIZED):
            return None
        return Finding(
            bool(self.status[key] == LINEARIZED),
            self.order[self.starts[key] : self.starts[key + 1]],
            int(self.evidence[key, 0]) if self.status[key] == REFUTED else -1,
            self._clusters(key),
        )

    def _clusters(self, key: int) -> tuple[int, ...]:
        return tuple(row for row in self.evidence[key, 1:].tolist() if row >= 0)

    def decision(self) -> Decision:
        """All of them as what an engine hands back. Only when ``complete``."""
        refuted = (self.status == REFUTED).nonzero()[0].tolist()
        stuck = np.empty(len(self.status), np.int64)
        stuck.fill(-1)
        stuck[refuted] = self.evidence[refuted, 0]
        return Decision(
            status=self.status,
            order=self.order[: self.starts[-1]],
            starts=self.starts,
            stuck=stuck,
            verified=self.verified,
            expanded=np.zeros(len(self.status), np.int64),
            algorithms=(self.algorithm,),
            clusters={key: self._clusters(key) for key in refuted},
        )
