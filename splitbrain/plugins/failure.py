"""What is wrong with the code of a target that is not ours, told as its author's.

TargetRefused     what it defines is no target: told before anything is started (exit 2)
└── TargetBroke   it raised, or gave what it must not, while a run went on (exit 70)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from histories.errors import Problem


class TargetRefused(Exception):
    """A target that cannot be used; ``problems`` holds all that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class TargetBroke(TargetRefused):
    """A target's own code failed in a run, which then says nothing about the system."""


@dataclass(slots=True)
class Failures:
    """The first failure of a target's own code, and what ends the run it happened in."""

    first: TargetBroke | None = None
    stop: Callable[[], None] | None = None

    def note(self, failure: TargetBroke) -> None:
        """Keep it, unless there was one before it, and end the run."""
        if self.first is None:
            self.first = failure
            if self.stop is not None:
                self.stop()

    def begin(self, stop: Callable[[], None] | None) -> None:
        """From here on ``stop`` ends what goes on; what was before is no more."""
        self.first, self.stop = None, stop

    def check(self) -> None:
        """Raise what was noted, if anything was."""
        self.stop = None
        if self.first is not None:
            raise self.first
