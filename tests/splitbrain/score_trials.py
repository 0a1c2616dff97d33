"""Scripted trials: what a seed finds under each plan is told by the test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from checker.verdict import Verdict
from splitbrain.campaign import Trial
from splitbrain.cli.catalogue import load_catalogue
from splitbrain.plan import Plan
from splitbrain.score import Request, Scorecard, Series, scored, series_of

CATALOGUE = load_catalogue()
R4, R8, R9 = "raft.stale-leader-read", "raft.stale-follower-read", "raft.stale-append-truncates"
Told = Callable[[Plan], Trial]


def valid(plan: Plan, **more: Any) -> Trial:
    return Trial(plan.seed, Verdict.VALID, operations=500, virtual_s=61.0, served_s=0.5, **more)


def caught(plan: Plan, at_s: float = 2.0, **more: Any) -> Trial:
    """It was caught ``at_s``, a hundred operations a second."""
    return Trial(
        plan.seed,
        Verdict.INVALID,
        kinds=("stale read",),
        bugs_reached=dict.fromkeys(plan.bugs, 3),
        found_s=at_s,
        found_operations=int(100 * at_s),
        **more,
    )


def unreached(plan: Plan) -> Trial:
    """It was caught, though no node told that the mutated line ran."""
    return replace(caught(plan), bugs_reached={})


def survived(plan: Plan) -> Trial:
    return valid(plan, bugs_reached=dict.fromkeys(plan.bugs, 3))


def vacuous(plan: Plan) -> Trial:
    return Trial(plan.seed, Verdict.VACUOUS, "no packet was dropped")


def unknown(plan: Plan) -> Trial:
    return Trial(plan.seed, Verdict.UNKNOWN, "out of memory")


def unavailable(plan: Plan) -> Trial:
    return Trial(plan.seed, Verdict.VALID, unavailable="UNAVAILABLE: it did not serve again")


def failed(plan: Plan) -> Trial:
    return Trial(plan.seed, Verdict.UNKNOWN, error="Traceback …\nOSError: it broke")


def in_turn(*tellers: Told) -> Told:
    """The first for the first seed, 1, and so on."""
    return lambda plan: tellers[(plan.seed - 1) % len(tellers)](plan)


def series(*bugs: str, **asked: Any) -> list[Series]:
    systems = tuple(dict.fromkeys(bug.partition(".")[0] for bug in bugs))
    return series_of(Request(systems, bugs, **asked), CATALOGUE)


def card(told: Told, *bugs: str, **asked: Any) -> Scorecard:
    return card_of(series(*bugs, **asked), told)


def card_of(all_series: Sequence[Series], told: Told) -> Scorecard:
    trials = {plan: told(plan) for one in all_series for plan in one.plans()}
    finished = {plan: trial for plan, trial in trials.items() if trial.error is None}
    return scored(all_series, finished, {p: t for p, t in trials.items() if t.error is not None})
