"""The cases of `benchmarks/transactions.py`: what is drawn, planted, and promised of each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from isolating.drawing import Drawn


@dataclass(frozen=True, slots=True)
class Case:
    """A history, and the verdict on strict serializability that it has by construction.

    ``planted``: reads that were made to lack the last elements of their list, which others had
    been told before. ``path``: a file in place of what is drawn.
    """

    name: str
    drawn: Drawn
    planted: int = 0
    path: Path | None = None
    model: str = "list-append"
    split: bool = False
    reading: str = "splitbrain"

    @property
    def expected(self) -> str:
        """The verdict it has."""
        return "invalid" if self.planted or self.path is not None else "valid"

    def to_json(self) -> dict[str, Any]:
        """What a process of its own needs to draw it again."""
        return {
            "drawn": asdict(self.drawn),
            "planted": self.planted,
            "path": None if self.path is None else str(self.path),
        }


def every_case(corpus: Path | None) -> list[Case]:
    """All cases, the small ones first."""
    cases = [Case(f"serial-{n}", Drawn(n)) for n in (10_000, 100_000, 1_000_000, 10_000_000)]
    cases += [
        Case("serial-1000000-100-clients", Drawn(1_000_000, clients=100)),
        Case("serial-1000000-long-lists", Drawn(1_000_000, appends=128)),
        Case("stale-100000", Drawn(100_000), planted=1),
        Case("stale-1000000", Drawn(1_000_000), planted=1),
        Case("stale-1000000-often", Drawn(1_000_000), planted=1_000),
    ]
    if corpus is not None:
        cases.append(Case("huge-scc", Drawn(0), path=corpus / "elle" / "huge-scc.edn"))
    return cases
