"""What a run of a cell found, as plain data: it crosses from one process to another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from splitbrain.record import RunRecord

STORIES_MAX = 3
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A run that was judged. ``sentence`` says what cannot have happened, ``story`` draws it.

    ``error`` stands alone: the harness failed, and nothing is known of the system.
    """

    verdict: str | None = None
    reason: str | None = None
    unavailable: str | None = None
    kinds: tuple[str, ...] = ()
    sentence: str | None = None
    story: str = ""
    summary: str = ""
    run: str | None = None
    folder: str | None = None
    operations: int = 0
    interrupted: bool = False
    unwritten: str | None = None
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready data; ``from_json`` takes it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Found:
        """What ``to_json`` gave."""
        return cls(**{**data, "kinds": tuple(data["kinds"])})


def found_of(record: RunRecord) -> Found:
    """What is worth telling of a run."""
    from splitbrain.report.findings import violation_text
    from splitbrain.report.promises import worth_showing
    from splitbrain.report.text import summary

    violations = [violation for result in record.results for violation in result.violations]
    shown = worth_showing(violations)[:STORIES_MAX]
    stories = [violation_text(v, record.operations, record.faults, width=WIDTH) for v in shown]
    late = record.unavailable
    return Found(
        verdict=str(record.verdict),
        reason=record.reason,
        unavailable=None if late is None else late.sentence(record.plan.system),
        kinds=tuple(dict.fromkeys(violation.kind for violation in violations)),
        sentence=f"{shown[0].kind}: {shown[0].sentence}" if shown else None,
        story="\n\n".join(stories),
        summary=summary(record, width=WIDTH),
        run=record.run,
        folder=str(record.folder),
        operations=len(record.operations),
        interrupted=record.interrupted,
        unwritten=record.unwritten,
    )


def found_in(folder: Path) -> Found:
    """The same of a run that was kept. Raises ArchiveError, HistoryError or LedgerError."""
    from splitbrain.archive.telling import told_again

    return found_of(told_again(folder))
