"""A matrix that was run: all outcomes, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from splitbrain.matrix.cell import Expect
from splitbrain.matrix.outcome import Outcome, State, exit_code

FORMAT, VERSION = "splitbrain-matrix", 1
WORST_FIRST = (
    State.FAILED,
    State.ERROR,
    State.INTERRUPTED,
    State.UNKNOWN,
    State.VACUOUS,
    State.SKIPPED,
    State.PASSED,
)
RESULTS = {0: "passed", 1: "failed", 3: "undecided", 70: "error", 130: "interrupted"}
"""What the exit code says, in a word."""


@dataclass(frozen=True, slots=True)
class Group:
    """The cells that differ in their seeds alone, in the order in which they are in the file."""

    name: str
    outcomes: tuple[Outcome, ...]

    @property
    def state(self) -> State:
        """That of the worst."""
        return min((one.state for one in self.outcomes), key=WORST_FIRST.index)

    def count(self, state: State) -> int:
        """How many stand so."""
        return sum(one.state is state for one in self.outcomes)

    @property
    def operations(self) -> int:
        """Of all of them."""
        return sum(one.found.operations for one in self.outcomes)

    @property
    def seconds(self) -> float:
        """Of all of them."""
        return sum(one.seconds for one in self.outcomes)

    def seeds(self) -> str:
        """How many passed, of how many."""
        return f"{self.count(State.PASSED)} of {len(self.outcomes)}"

    def finding(self) -> str:
        """What the worst of them has to say, in short."""
        worst = next(one for one in self.outcomes if one.state is self.state)
        if self.state is State.PASSED:
            if worst.cell.expect is Expect.VALID:
                return ""
            kinds = dict.fromkeys(kind for one in self.outcomes for kind in one.found.kinds)
            return f"{', '.join(kinds) or worst.cell.expect}, as expected"
        if self.state is State.FAILED and worst.found.kinds:
            return ", ".join(worst.found.kinds)
        return worst.why.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class MatrixResult:
    """``command`` runs it again. ``seconds`` is what all of it took by the real clock."""

    title: str
    file: str
    command: str
    outcomes: Sequence[Outcome]
    started: str
    seconds: float
    budget_s: float | None = None
    interrupted: bool = False
    allow_skipped: bool = False

    @property
    def exit_code(self) -> int:
        """That of all cells together."""
        return exit_code(
            self.outcomes, interrupted=self.interrupted, allow_skipped=self.allow_skipped
        )

    @property
    def counts(self) -> Counter[State]:
        """How many cells stand how."""
        return Counter(one.state for one in self.outcomes)

    def groups(self) -> list[Group]:
        """All groups, in the order of their first cells."""
        of: dict[str, list[Outcome]] = {}
        for one in self.outcomes:
            of.setdefault(one.cell.group, []).append(one)
        return [Group(name, tuple(outcomes)) for name, outcomes in of.items()]

    def open_ones(self) -> list[Outcome]:
        """What did not pass and was not skipped, worst first."""
        wanted = WORST_FIRST[:-2]
        chosen = [one for one in self.outcomes if one.state in wanted]
        return sorted(chosen, key=lambda one: wanted.index(one.state))

    def headline(self) -> str:
        """What it comes to, in a sentence."""
        counts, total = self.counts, len(self.outcomes)
        told = ", ".join(f"{counts[state]:,} {state}" for state in WORST_FIRST if counts[state])
        if self.exit_code == 0:
            passed = counts[State.PASSED]
            left = " that ran (others were skipped, as was allowed)" * (passed < total)
            which = "the one cell" if passed == 1 else f"all {passed:,} cells"
            return f"PASSED: {which}{left} found what was expected."
        word = RESULTS[self.exit_code].upper()
        cells = "1 cell" if total == 1 else f"{total:,} cells"
        return f"{word}: of {cells} {told}."

    def to_json(self) -> dict[str, Any]:
        """All of it, as JSON-ready data; times in seconds."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "title": self.title,
            "file": self.file,
            "command": self.command,
            "result": RESULTS[self.exit_code],
            "exit_code": self.exit_code,
            "interrupted": self.interrupted,
            "started": self.started,
            "seconds": self.seconds,
            "time_budget_seconds": self.budget_s,
            "allow_skipped": self.allow_skipped,
            "counts": {str(state): self.counts[state] for state in State},
            "cells": [one.to_json() for one in self.outcomes],
        }
