"""What came of shrinking a run: kept beside the shrunk run, told, and printed as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checker.wording import plural
from histories.archive import write_json
from splitbrain.record import RunRecord
from splitbrain.shrinking.shrink import Ended
from splitbrain.shrinking.size import Size

FILE = "shrunk.json"
FORMAT, VERSION = "splitbrain-shrunk", 1


@dataclass(frozen=True, slots=True)
class Again:
    """A plan counts as failing when it did in at least ``needed`` of ``times`` runs."""

    needed: int = 1
    times: int = 1

    def __str__(self) -> str:
        return "" if self.times == 1 else f", each in {self.needed} of {self.times} runs at least"


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

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "shrunk_from": self.of,
            "run": self.run,
            "kind": self.kind,
            "before": self.before.to_json(),
            "after": None if self.after is None else self.after.to_json(),
            "tries": self.tries,
            "seconds": round(self.seconds, 3),
            "minimal": self.ended.minimal,
            "interrupted": self.ended.interrupted,
            "trouble": self.ended.trouble,
            "needed": self.again.needed,
            "times": self.again.times,
            "without_bugs": None if self.clean is None else list(self.clean),
            "replay": None if self.run is None else f"splitbrain replay {self.run}",
        }

    def write(self) -> None:
        """Keep it in the folder of the shrunk run, if there is one. Raises OSError."""
        if self.kept is not None:
            write_json(Path(self.kept.folder) / FILE, self.to_json())

    def sentence(self) -> str:
        """What came of it, for a person."""
        effort = f"{plural(self.tries, 'smaller plan')} in {self.seconds:.1f} s"
        if self.after is None:
            tried = f"None of {effort} failed in the same way{self.again}"
            if not self.tries:
                tried = f"No smaller plan was tried in {self.seconds:.1f} s"
            return f"{tried}; {self._why_ended()}"
        if self.kept is None:
            why = self.ended.trouble or "then nothing was found."
            return (
                f"A plan of {self.after} failed{self.again}, and was to be run once more to be "
                f"kept; {why}"
            )
        return (
            f"SHRUNK: {self.kind}, from {self.before.operations:,} operations to "
            f"{self.after.operations:,}, by {effort}{self.again}; {self._why_ended()}"
        )

    def _why_ended(self) -> str:
        if self.ended.trouble is not None:
            return f"then the harness failed: {self.ended.trouble}"
        if self.ended.interrupted:
            return "then it was interrupted."
        if self.ended.minimal:
            return "nothing more can be left out." if self.after else "there are no others to try."
        return "then the time for it was over: give more with --budget."

    def table(self) -> str:
        """Before and after, side by side."""
        assert self.after is not None
        after = self.after.to_json()
        rows = [f"  {'':<12}{'before':>10}{'after':>10}"]
        for name, was in self.before.to_json().items():
            cells = [f"{n:,.2f}" if name == "seconds" else f"{n:,}" for n in (was, after[name])]
            rows.append(f"  {name:<12}{cells[0]:>10}{cells[1]:>10}")
        return "\n".join(rows)

    def clean_sentence(self) -> str | None:
        """What the same plan finds without the bugs; None when that was not asked."""
        if self.clean is None:
            return None
        if not self.clean:
            return "Without the seeded bug the same plan finds nothing."
        return (
            f"Without the seeded bug the same plan finds {', '.join(self.clean)}, too: what it "
            "shows is not that bug alone."
        )
