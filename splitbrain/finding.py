"""What a run found fault with, so that two runs can be compared: did the same come of both?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.verdict import Result
    from splitbrain.record import RunRecord

UNAVAILABLE = "unavailable"
"""Beside the kinds of anomaly: the system did not serve again in time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The kinds of anomaly that were found (``stale read``, ``lost write`` …), first told first.

    Falsy when nothing was found.
    """

    kinds: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.kinds)

    @classmethod
    def of(cls, kinds: Iterable[str], *, late: bool) -> Finding:
        """Of the kinds of all violations; ``late``: it did not serve again in time, either."""
        return cls(tuple(dict.fromkeys([*kinds, *([UNAVAILABLE] if late else [])])))

    @classmethod
    def of_results(cls, results: Iterable[Result], *, late: bool) -> Finding:
        """Of what the checker said of a history."""
        kinds = (violation.kind for result in results for violation in result.violations)
        return cls.of(kinds, late=late)

    @classmethod
    def of_record(cls, record: RunRecord) -> Finding:
        """What a judged run found."""
        return cls.of_results(record.results, late=record.unavailable is not None)

    def recurs_in(self, other: Finding) -> bool:
        """Whether the other is of the same kind: some kind is in both, or nothing in either."""
        return bool({*self.kinds} & {*other.kinds}) or not (self or other)

    @property
    def first(self) -> str:
        """The kind that is told first. Raises IndexError when nothing was found."""
        return self.kinds[0]

    def __str__(self) -> str:
        return ", ".join(self.kinds) or "nothing"
