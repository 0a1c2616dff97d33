"""Trials of a campaign as cases, one a seed; of those whose runs are kept, with all they show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from checker.verdict import Verdict
from splitbrain.campaign import Trial
from splitbrain.junit.runs import classname_of, failed_suite, name_of, plan_properties, run_suite
from splitbrain.junit.suite import Case, Problem, Suite
from splitbrain.plan import Plan
from splitbrain.record import RunRecord
from splitbrain.report.repeat import repeat_command

COMMAND = "test --runs"


def trials_suites(
    plan: Plan, trials: Sequence[Trial], kept: Sequence[RunRecord], broken: str | None
) -> Iterator[Suite]:
    """A suite a seed; ``broken`` says what ended the campaign before all seeds were run."""
    records = {record.plan.seed: record for record in kept}
    for trial in trials:
        record = records.get(trial.seed)
        if record is not None:
            yield run_suite(record, command=COMMAND, seconds=trial.seconds)
        else:
            yield _suite(replace(plan, seed=trial.seed), trial)
    if broken is not None:
        problem = Problem("error", "harness", broken.partition("\n")[0], broken)
        case = Case(classname_of(plan), "all seeds were run", problem=problem)
        yield Suite(f"splitbrain {COMMAND} {plan.system}", [case])


def _suite(plan: Plan, trial: Trial) -> Suite:
    if trial.error is not None:
        return failed_suite(plan, "harness", trial.error, command=COMMAND, seconds=trial.seconds)
    command = repeat_command(plan)
    problem = _problem(trial, f"Again: {command}")
    return Suite(
        f"splitbrain {COMMAND} {plan.system}",
        [Case(classname_of(plan), name_of(plan), trial.seconds, problem)],
        properties={
            "command": command,
            **plan_properties(plan),
            "verdict": str(trial.verdict),
            "operations": str(trial.operations),
        },
    )


def _problem(trial: Trial, again: str) -> Problem | None:
    if trial.verdict is Verdict.INVALID:
        told = ", ".join(trial.kinds) or trial.reason or "a violation"
        return Problem("failure", "invalid", told, f"{told}\n\n{again}")
    if trial.unavailable is not None:
        return Problem("failure", "unavailable", trial.unavailable, again)
    if trial.verdict is Verdict.VALID:
        return None
    told = trial.reason or "no reason was given"
    return Problem("error", str(trial.verdict), told, f"{told}\n\n{again}")
