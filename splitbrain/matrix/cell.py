"""A cell: one run of a matrix, and what is expected of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from splitbrain.plan import Plan


class Expect(StrEnum):
    """What a run of a cell is expected to find; anything else fails it."""

    VALID = "valid"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Cell:
    """``group`` is its name without the seed: cells of one group differ in that alone.

    ``axes`` is where it stands on each axis, as text. ``identity`` are options that say who we
    are to a cluster that runs already: no part of the plan, which is kept.
    """

    group: str
    plan: Plan
    axes: Mapping[str, str]
    expect: Expect = Expect.VALID
    identity: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)
    number: int = field(default=0, compare=False)
    """Which it is in the file, from 0."""

    @property
    def name(self) -> str:
        """What it is called wherever it is told of."""
        return f"{self.group}, seed {self.plan.seed}"

    @property
    def simulated(self) -> bool:
        """Whether it takes no real time, and no machine but this one's processors."""
        return self.plan.host == "simulated"

    def to_json(self) -> dict[str, Any]:
        """What it is, as JSON-ready data."""
        return {
            "cell": self.name,
            "group": self.group,
            "axes": dict(self.axes),
            "seed": self.plan.seed,
            "expect": str(self.expect),
            "plan": self.plan.to_json(),
        }
