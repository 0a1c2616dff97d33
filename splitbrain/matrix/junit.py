"""A matrix as JUnit XML: a suite a cell, with its one case."""

from __future__ import annotations

from collections.abc import Iterator

from splitbrain.junit.runs import classname_of, plan_properties
from splitbrain.junit.suite import Case, Problem, Suite
from splitbrain.matrix.outcome import Outcome, State
from splitbrain.matrix.result import MatrixResult


def matrix_suites(result: MatrixResult) -> Iterator[Suite]:
    """The suites; what did not pass is no pass in any of them."""
    for one in result.outcomes:
        found = one.found
        case = Case(
            classname_of(one.cell.plan), one.cell.name, one.seconds, _problem(one), found.summary
        )
        told = {"run": found.run, "folder": found.folder, "verdict": found.verdict}
        told |= {"bundle": one.bundle}
        properties = {
            "matrix": result.file,
            "command": one.command,
            **plan_properties(one.cell.plan),
            "expect": str(one.cell.expect),
            **{name: value for name, value in told.items() if value is not None},
        }
        if found.run is not None:
            properties["operations"] = str(found.operations)
        yield Suite(f"{result.title}: {one.cell.name}", [case], result.started, properties)


def _problem(one: Outcome) -> Problem | None:
    if one.state is State.PASSED:
        return None
    message = one.why.partition("\n")[0]
    if one.state is State.SKIPPED:
        return Problem("skipped", "skipped", message)
    body = "\n\n".join(part for part in (one.found.story or one.why, f"Again: {one.command}"))
    if one.state is not State.FAILED:
        kind = "harness" if one.state is State.ERROR else str(one.state)
        return Problem("error", kind, message, body)
    found = "unavailable" if one.found.unavailable else str(one.found.verdict)
    return Problem("failure", "unexpected pass" if found == "valid" else found, message, body)
