"""What came of shrinking a run: kept beside the shrunk run, told, and printed as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from splitbrain.archive.shrunk import ShrunkFrom, keep_shrunk
from splitbrain.record import RunRecord
from splitbrain.shrinking.shrink import Ended
from splitbrain.size import Size


@dataclass(frozen=True, slots=True)
class Again:
    """A plan counts as failing when it did in at least ``needed`` of ``times`` runs."""

    needed: int = 1
    times: int = 1


@dataclass(frozen=True, slots=True)
class Shrunk:
    """``kept`` is a run that finds the same ``kind`` as run ``of``; None: no plan was found.

    ``before`` is the size of what ``of`` did, ``after`` that of the smallest plan that failed.
    ``clean`` says what that plan finds without the seeded bugs, as kinds; None: it has none, or
    nobody looked.
    """

    of: str
    kind: str
    before: Size
    after: Size | None
    kept: RunRecord | None
    tries: int
    seconds: float
    ended: Ended
    again: Again = Again()
    clean: tuple[str, ...] | None = None

    @property
    def run(self) -> str | None:
        """The name of the run that is kept."""
        return None if self.kept is None else self.kept.run

    def told(self) -> ShrunkFrom:
        """What is kept of it, and printed as JSON."""
        return ShrunkFrom(
            shrunk_from=self.of,
            run=self.run,
            kind=self.kind,
            before=self.before,
            after=self.after,
            tries=self.tries,
            seconds=round(self.seconds, 3),
            minimal=self.ended.minimal,
            interrupted=self.ended.interrupted,
            trouble=self.ended.trouble,
            needed=self.again.needed,
            times=self.again.times,
            without_bugs=self.clean,
            replay=None if self.run is None else f"splitbrain replay {self.run}",
        )

    def write(self) -> None:
        """Keep it with the shrunk run, if there is one. Raises OSError and ArchiveError."""
        if self.kept is not None:
            keep_shrunk(self.kept, self.told())

    def sentence(self) -> str:
        """What came of it, for a person."""
        told = self.told()
        if self.after is None:
            tried = f"None of {told.effort()} failed in the same way{told.counted()}"
            if not self.tries:
                tried = f"No smaller plan was tried in {self.seconds:.1f} s"
            return f"{tried}; {told.ending()}"
        if self.kept is None:
            why = self.ended.trouble or "then nothing was found."
            return (
                f"A plan of {self.after} failed{told.counted()}, and was to be run once more to "
                f"be kept; {why}"
            )
        return f"SHRUNK: {told.smaller()}"

    def table(self) -> str:
        """Before and after, side by side."""
        assert self.after is not None
        after = self.after.to_json()
        rows = [f"  {'':<12}{'before':>10}{'after':>10}"]
        for name, was in self.before.to_json().items():
            cells = [f"{n:,.2f}" if name == "seconds" else f"{n:,}" for n in (was, after[name])]
            rows.append(f"  {name:<12}{cells[0]:>10}{cells[1]:>10}")
        return "\n".join(rows)
