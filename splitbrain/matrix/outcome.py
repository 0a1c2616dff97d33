"""What became of a cell: what it found, held against what was expected of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from splitbrain.matrix.cell import Cell, Expect
from splitbrain.matrix.found import Found
from splitbrain.report.repeat import repeat_command

EXIT_VALID, EXIT_INVALID, EXIT_UNKNOWN, EXIT_HARNESS, EXIT_INTERRUPTED = 0, 1, 3, 70, 130


class State(StrEnum):
    """How a cell stands in the end. ``failed``: it found what was not expected, or did not find it.

    Nothing but ``passed`` counts as passed.
    """

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    VACUOUS = "vacuous"
    ERROR = "error"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``why`` is a sentence, for all but what passed."""

    cell: Cell
    state: State
    why: str = ""
    found: Found = field(default_factory=Found)
    seconds: float = 0.0
    bundle: str | None = None

    @property
    def command(self) -> str:
        """The command that repeats its run alone."""
        return repeat_command(self.cell.plan)

    def to_json(self) -> dict[str, Any]:
        """All of it, as JSON-ready data."""
        found = self.found
        return {
            **self.cell.to_json(),
            "state": str(self.state),
            "why": self.why or None,
            "verdict": found.verdict,
            "reason": found.reason,
            "unavailable": found.unavailable,
            "kinds": list(found.kinds),
            "sentence": found.sentence,
            "run": found.run,
            "folder": found.folder,
            "bundle": self.bundle,
            "operations": found.operations,
            "seconds": self.seconds,
            "repeat": self.command,
        }


def outcome_of(cell: Cell, found: Found, seconds: float) -> Outcome:
    """Hold what was found against what was expected."""
    state, why = _held_against(cell.expect, found)
    return Outcome(cell, state, why, found, seconds)


def skipped(cell: Cell, why: str) -> Outcome:
    """A cell that was not run."""
    return Outcome(cell, State.SKIPPED, why)


def _held_against(expect: Expect, found: Found) -> tuple[State, str]:
    if found.error is not None:
        return State.ERROR, found.error
    invalid, late = found.verdict == "invalid", found.unavailable
    if expect is Expect.INVALID and invalid:
        return _written(found)
    if expect is Expect.UNAVAILABLE and late is not None and not invalid:
        return _written(found)
    if invalid:
        return State.FAILED, found.sentence or found.reason or "a violation"
    if late is not None:
        return State.FAILED, late
    if found.interrupted:
        return State.INTERRUPTED, "interrupted; what was recorded until then was judged"
    if found.verdict != "valid":
        reason = found.reason or "no reason was given"
        return State.UNKNOWN if found.verdict == "unknown" else State.VACUOUS, reason
    if found.unwritten is not None:
        return State.ERROR, found.unwritten
    if expect is Expect.VALID:
        return State.PASSED, ""
    expected = "a violation" if expect is Expect.INVALID else "no service in time"
    return State.FAILED, f"expected {expected}, but the run is valid"


def _written(found: Found) -> tuple[State, str]:
    return (State.PASSED, "") if found.unwritten is None else (State.ERROR, found.unwritten)


def exit_code(outcomes: Iterable[Outcome], *, interrupted: bool, allow_skipped: bool) -> int:
    """That of all cells together: 130, then 1, 70, 3, 0, whichever comes first.

    What was skipped is unknown, unless the user said otherwise; and where nothing ran at all,
    nothing was tested.
    """
    outcomes = list(outcomes)
    states = {outcome.state for outcome in outcomes}
    if interrupted or State.INTERRUPTED in states:
        return EXIT_INTERRUPTED
    if State.FAILED in states:
        return EXIT_INVALID
    if State.ERROR in states:
        return EXIT_HARNESS
    open_ones = {State.UNKNOWN, State.VACUOUS} | (set() if allow_skipped else {State.SKIPPED})
    if states & open_ones or State.PASSED not in states:
        return EXIT_UNKNOWN
    return EXIT_VALID
