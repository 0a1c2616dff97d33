"""Registers whose values are unique, told: two values that exclude each other.

What concerns a value that was written once stands together in every order: its write, and
then whoever saw it before the next write (Gibbons & Korach 1997, zones and clusters). So

    |- write 4 -|                |- read 4 -|      all about 4 before all about 7: the write
         |- write 7 -|  |- read 7 -|               of 4 precedes the read of 7; and the other
                                                   way round: the write of 7, the read of 4
"""

from __future__ import annotations

from collections.abc import Sequence

from checker.linearizability.telling import Finding, Telling, end
from checker.wording import show
from histories.event import Operation


class Clustering(Telling):
    """The culprit, and the operations of two clusters that conflict."""

    def conflict(self, first: Sequence[Operation], second: Sequence[Operation]) -> Finding | None:
        """Why no order has both; None where one of them does not concern a single value."""
        values = [self._value(group) for group in (first, second)]
        if None in values:
            return None
        before, after = self._precedes(first, second), self._precedes(second, first)
        if before is None or after is None:
            return None
        one, other = values
        sentence = (
            f"{self.did(self.culprit)} fits into no order: {one} and {other} were written once "
            f"each, so what saw the one comes wholly before or wholly after what saw the other; "
            f"but {before}, and {after}"
        )
        context = {o.call: o for o in (*first, *second, self.culprit)}
        return Finding("conflicting values", sentence, tuple(context.values()))

    def _value(self, group: Sequence[Operation]) -> str | None:
        """The value that all of a group concern."""
        aspect = self.relaxer.aspect
        common = set.intersection(*(aspect.names(o) for o in group)) if group else set()
        if len(common) != 1:
            return None
        return next(show(v) for v in aspect.values(group[0]) if aspect.names(group[0]))

    def _precedes(self, these: Sequence[Operation], those: Sequence[Operation]) -> str | None:
        early, late = min(these, key=end), max(those, key=lambda o: o.call)
        if end(early) >= late.call:
            return None
        return f"{self.did(early)} had ended before {self.did(late)} began"
