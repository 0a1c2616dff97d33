"""Trials of a campaign as cases, one a seed; of those whose runs are kept, with all they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from checker.verdict import Verdict
from splitbrain.campaign import Trial
from splitbrain.junit.runs import classname_of, failed_case, name_of, plan_properties, run_cases
from splitbrain.junit.suite import Case, Problem, Suite
from splitbrain.plan import Plan
from splitbrain.record import RunRecord
from splitbrain.report.repeat import repeat_command


def trials_suite(
    plan: Plan, trials: Sequence[Trial], kept: Sequence[RunRecord], broken: str | None
) -> Suite:
    """The suite of ``test --runs``; ``broken`` says what ended it before all seeds were run."""
    records = {record.plan.seed: record for record in kept}
    cases: list[Case] = []
    for trial in trials:
        record = records.get(trial.seed)
        if record is not None:
            cases += run_cases(record, seconds=trial.seconds)
        else:
            cases.append(_case(replace(plan, seed=trial.seed), trial))
    if broken is not None:
        why = broken.partition("\n")[0]
        problem = Problem("error", "harness", why, broken)
        cases.append(Case(classname_of(plan), "all seeds were run", problem=problem))
    return Suite(f"splitbrain test {plan.system} --runs", cases)


def _case(plan: Plan, trial: Trial) -> Case:
    if trial.error is not None:
        return failed_case(plan, "harness", trial.error, seconds=trial.seconds)
    command = repeat_command(plan)
    properties = {
        "command": command,
        **plan_properties(plan),
        "verdict": str(trial.verdict),
        "operations": str(trial.operations),
    }
    problem = _problem(trial, f"Again: {command}")
    return Case(classname_of(plan), name_of(plan), trial.seconds, problem, properties)


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
