"""Which runs are asked for: the filters of ``splitbrain runs``, as one SQL condition."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that is given must hold. ``since_s`` and ``before_s`` are seconds since 1970.

    ``failed``: the system is to blame. A run of which nobody knows when it began is neither
    since nor before any time. ``tags``: it has all of them.
    """

    failed: bool = False
    system: str | None = None
    since_s: float | None = None
    before_s: float | None = None
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != ALL

    def condition(self) -> tuple[str, list[object]]:
        """A condition over the table ``runs`` of the index, and its parameters."""
        clauses: list[str] = []
        values: list[object] = []
        for clause, value in (
            ("system = ?", self.system),
            ("started_s >= ?", self.since_s),
            ("started_s < ?", self.before_s),
            *(("run IN (SELECT run FROM tags WHERE tag = ?)", tag) for tag in self.tags),
        ):
            if value is not None:
                clauses.append(clause)
                values.append(value)
        if self.failed:
            clauses.append("failed")
        return " AND ".join(clauses) or "1", values


ALL = Wanted()
