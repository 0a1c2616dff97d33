"""What a history shows of isolation: anomalies, and what becomes of each level."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from checker.transactions.anomalies import Anomaly
from checker.transactions.inferred import Inferred
from checker.transactions.levels import LEVELS, at_least, implied, strongest
from checker.verdict import Verdict
from histories.table import Int64


@dataclass(slots=True)
class Findings:
    """``anomalies``, the gravest first. ``holds``: levels that were shown to hold. ``order``: an
    order of the rows of all that happened that replays, and ``serial`` the strongest level that
    it shows. ``commits``: int64[n] each, orders of commits that show weaker levels, as the place of
    each row. ``doubts``: why what is neither refuted nor shown is so, in words."""

    inferred: Inferred
    anomalies: list[Anomaly] = field(default_factory=list)
    holds: set[str] = field(default_factory=set)
    order: Int64 | None = None
    serial: str | None = None
    commits: list[Int64] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    algorithm: str = "dependency graph"

    @property
    def refuted(self) -> frozenset[str]:
        """Levels that some anomaly rules out."""
        return at_least(name for one in self.anomalies for name in one.refutes)

    @property
    def maximal(self) -> tuple[str, ...]:
        """The strongest levels that nothing rules out."""
        refuted = self.refuted
        return strongest([name for name in LEVELS if name not in refuted])

    def hold(self, names: Iterable[str]) -> None:
        """Note levels that were shown to hold, and all that they imply."""
        for name in names:
            self.holds.update(implied(name))

    def verdict(self, level: str) -> Verdict:
        """What becomes of one level."""
        if level in self.holds:
            return Verdict.VALID
        return Verdict.INVALID if level in self.refuted else Verdict.UNKNOWN

    def against(self, level: str) -> list[Anomaly]:
        """The anomalies that rule it out, the gravest first."""
        weaker = set(implied(level))
        return [one for one in self.anomalies if weaker.intersection(one.refutes)]

    def closest(self, level: str) -> Anomaly:
        """The one that rules it out and as little besides as there is: what it alone would bar."""
        return min(self.against(level), key=lambda one: level not in one.refutes)
