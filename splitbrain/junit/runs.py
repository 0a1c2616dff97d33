"""Runs as cases: one a run, or where several promises were asked about, one a promise."""

from __future__ import annotations

import json
from collections.abc import Iterator

from checker.verdict import Verdict, Violation
from splitbrain.junit.suite import Case, Problem, Suite
from splitbrain.plan import Plan
from splitbrain.record import RunRecord
from splitbrain.report.findings import violation_text
from splitbrain.report.promises import rows_of, worth_showing
from splitbrain.report.repeat import again_command, repeat_command
from splitbrain.report.text import summary

WIDTH = 100
SHOWN_MAX = 3


def classname_of(plan: Plan) -> str:
    """What CI servers group a run under."""
    return f"splitbrain.{plan.system}.{plan.workload}"


def name_of(plan: Plan) -> str:
    """What a run is among those of its system and workload; the same plan has the same name."""
    bugs = f", bug {' '.join(plan.bugs)}" if plan.bugs else ""
    options = f", {' '.join(plan.options)}" if plan.options else ""
    faults = ",".join(plan.faults) or "no faults"
    return f"{faults} on {plan.host}, {plan.nodes} nodes{options}{bugs}, seed {plan.seed}"


def run_suite(record: RunRecord, *, command: str = "test", seconds: float | None = None) -> Suite:
    """The suite of one run; ``seconds`` is what it took, where that is known of the real clock."""
    return Suite(
        f"splitbrain {command} {record.plan.system}",
        list(run_cases(record, seconds=seconds)),
        record.started,
        properties_of(record),
    )


def run_cases(
    record: RunRecord, *, seconds: float | None = None, name: str | None = None
) -> Iterator[Case]:
    """The cases of a run; beside those of promises one tells of service after the faults."""
    took = _took(record) if seconds is None else seconds
    classname, name = classname_of(record.plan), name or name_of(record.plan)
    output = summary(record, width=WIDTH)
    rows = [row for result in record.results for row in rows_of(result)]
    if not any(result.promises for result in record.results):
        problem = problem_of(record)
        yield Case(classname, name, took, problem, output)
        return
    for number, row in enumerate(rows):
        problem = _verdict_problem(row.verdict, row.reason, row.violations, record)
        yield Case(
            classname,
            f"{name} [{row.promise}]",
            # So that the suite's time is that of the run.
            0.0 if number else took,
            problem or _interrupted(record) or _unwritten(record),
            "" if number else output,
        )
    yield Case(classname, f"{name} [serves again]", problem=_unavailable(record))


def properties_of(record: RunRecord) -> dict[str, str]:
    """What a server shows beside a case: above all the command that repeats the run."""
    return {
        "run": record.run,
        "folder": str(record.folder),
        "command": again_command(record.plan, record.run),
        **plan_properties(record.plan),
        "verdict": str(record.verdict),
        "operations": str(len(record.operations)),
    }


def plan_properties(plan: Plan) -> dict[str, str]:
    """The seed and the whole plan."""
    told = plan.to_json()
    # A script has a hundred characters an operation; its run can be replayed.
    told.pop("script", None)
    return {"seed": str(plan.seed), "host": plan.host, "plan": json.dumps(told)}


def problem_of(record: RunRecord) -> Problem | None:
    """Why a run is no pass; None where it is one."""
    violations = [violation for result in record.results for violation in result.violations]
    found = _verdict_problem(record.verdict, record.reason, violations, record)
    late = _unavailable(record)
    if found is None or (late is not None and found.tag != "failure"):
        return late or found or _interrupted(record) or _unwritten(record)
    if late is not None:
        return Problem("failure", found.kind, found.message, f"{found.body}\n\n{late.body}")
    return found


def failed_suite(
    plan: Plan, kind: str, why: str, *, command: str = "test", seconds: float = 0.0
) -> Suite:
    """The suite of a run that has no verdict, because the harness failed or was stopped."""
    problem = Problem("error", kind, why.strip().partition("\n")[0], why)
    return Suite(
        f"splitbrain {command} {plan.system}",
        [Case(classname_of(plan), name_of(plan), seconds, problem)],
        properties={"command": repeat_command(plan), **plan_properties(plan)},
    )


def _verdict_problem(
    verdict: Verdict,
    reason: str | None,
    violations: list[Violation] | tuple[Violation, ...],
    record: RunRecord,
) -> Problem | None:
    again = f"Again: {again_command(record.plan, record.run)}\nKept in {record.folder}"
    if verdict is Verdict.INVALID:
        shown = worth_showing(violations)[:SHOWN_MAX]
        told = [violation_text(v, record.operations, record.faults, width=WIDTH) for v in shown]
        if more := len(violations) - len(shown):
            told.append(f"… and {more} more in {record.folder / 'verdict.json'}")
        first = f"{shown[0].kind}: {shown[0].sentence}" if shown else reason or "a violation"
        return Problem("failure", "invalid", first, "\n\n".join([*told, again]))
    if verdict is Verdict.VALID:
        return None
    why = reason or "no reason was given"
    what = (
        "nothing was really tested"
        if verdict is Verdict.VACUOUS
        else "the history could not be decided"
    )
    return Problem("error", str(verdict), f"{what}: {why}", f"{what}: {why}\n\n{again}")


def _unavailable(record: RunRecord) -> Problem | None:
    if record.unavailable is None:
        return None
    told = record.unavailable.sentence(record.plan.system)
    again = f"Again: {again_command(record.plan, record.run)}"
    return Problem("failure", "unavailable", told, f"{told}\n\n{again}")


def _interrupted(record: RunRecord) -> Problem | None:
    if not record.interrupted:
        return None
    told = "the run was interrupted; what was recorded until then is valid"
    return Problem("error", "interrupted", told)


def _unwritten(record: RunRecord) -> Problem | None:
    return None if record.unwritten is None else Problem("error", "harness", record.unwritten)


def _took(record: RunRecord) -> float:
    """Seconds of the run's own clock, which on the simulated host runs as it likes."""
    timings = record.timings
    driven = record.events[-1].time / 1e9 if record.events else 0.0
    return timings.setup_s + driven + timings.teardown_s + timings.check_s
