"""What is asked of the checker: in how many seeds a bug of each tier must be caught."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A bug counts as found when it is caught in ``caught`` of ``of`` seeds at least.

    ``share`` is what part of a tier's bugs must be found, as a fraction (numerator, denominator).
    """

    caught: int
    of: int
    share: tuple[int, int] = (1, 1)

    def of_seeds(self, seeds: int) -> int:
        """In how many of ``seeds`` seeds: the same share, rounded up."""
        return -(-self.caught * seeds // self.of)

    def of_bugs(self, bugs: int) -> int:
        """How many of a tier's ``bugs`` bugs: the share, rounded up."""
        return -(-self.share[0] * bugs // self.share[1])


GOALS = {"A": Goal(27, 30), "B": Goal(10, 30), "C": Goal(1, 30, share=(4, 5))}
"""By tier. A bug of tier C is rare by definition, so some may be missed."""
