"""What is run for a score: each bug as its row advises, and clean systems under all of it."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from score_trials import CATALOGUE, R4, R8, R9, series

from nemesis.scenarios import SCENARIOS
from splitbrain.cli.commands.score import Typed, read_request
from splitbrain.cli.settings import Asked, settle
from splitbrain.score import BugSeries, CleanSeries, Request, series_of
from splitbrain.score.goals import GOALS
from splitbrain.score.plans import RATE


def request(*systems: str, **typed: Any) -> Request:
    problems: list[str] = []
    nothing = dict.fromkeys(Typed.__dataclass_fields__) | {"systems": systems, "bugs": ()}
    asked = read_request(Typed(**(nothing | typed)), CATALOGUE, problems)
    assert problems == []
    return asked


def test_a_bug_gets_what_test_would_give_it_and_ends_at_the_first_violation() -> None:
    one = series(R9, seeds=2, clean_seeds=0)[0]
    asked = Asked(system="raft", host="simulated", bugs=("R9",), seed="1", time_limit="60s")
    advised = replace(settle(asked, CATALOGUE).plan, stop_on_violation=True, rate=RATE)
    assert list(one.plans()) == [advised, replace(advised, seed=2)]


def test_every_bug_runs_under_both_strategies() -> None:
    told = [one.title for one in series(R4, R9, seeds=1, clean_seeds=0)]
    assert told == ["R4 random", "R4 aimed", "R9 random", "R9 aimed"]


def test_a_leader_pauses_with_a_read_under_way_for_a_turn_of_each_of_its_clients() -> None:
    """Those that had their turn before the pause, and no other, can still ask it."""
    plan = series("raft.reused-round", seeds=1, clean_seeds=0, strategies=("aimed",))[0].plan
    scenario = next(s for s in SCENARIOS if s.name == "a pause with a read under way")
    assert scenario.steps[0].hold_s[0] >= plan.concurrency / plan.rate


def test_without_faults_there_is_nothing_to_aim() -> None:
    assert [one.title for one in series(R8, seeds=1, clean_seeds=0)] == ["R8 random"]
    alone = series(R8, seeds=1, clean_seeds=0, strategies=("aimed",))
    assert [one.title for one in alone] == ["R8 random"]


def test_a_clean_system_gets_each_scenario_of_its_bugs_by_turns() -> None:
    of_bugs = series(R4, R9, seeds=3, clean_seeds=0)
    clean = series(R4, R9, seeds=3, clean_seeds=10)[-1]
    assert isinstance(clean, CleanSeries)
    plans = list(clean.plans())
    assert [plan.seed for plan in plans] == [*range(1, 11)]
    assert {plan.bugs for plan in plans} == {()}
    scenarios = {replace(plan, seed=1) for plan in plans}
    assert scenarios == {
        replace(one.plan, bugs=(), stop_on_violation=False)
        for one in of_bugs
        if isinstance(one, BugSeries)
    }
    shares = Counter(replace(plan, seed=1) for plan in plans)
    assert max(shares.values()) - min(shares.values()) <= 1


def test_a_scenario_that_two_bugs_share_counts_once() -> None:
    twins = replace(CATALOGUE.bugs[R4], id="R98", name="raft.twin")
    catalogue = replace(CATALOGUE, bugs={R4: CATALOGUE.bugs[R4], "raft.twin": twins})
    asked = Request(("raft",), (R4, "raft.twin"), seeds=1, clean_seeds=4)
    clean = series_of(asked, catalogue)[-1]
    assert isinstance(clean, CleanSeries) and len(clean.scenarios) == 2


def test_no_plan_is_run_twice() -> None:
    everything = series(*CATALOGUE.bugs, seeds=2, clean_seeds=100)
    plans = [plan for one in everything for plan in one.plans()]
    assert len(plans) == len(set(plans))


def test_everything_is_scored_unless_somebody_chooses() -> None:
    ours = ("raft", "paxos", "primary-backup", "two-phase-commit")
    everything = (*ours, "lock-service", "queue-service")
    assert request().systems == everything
    assert set(request().bugs) == set(CATALOGUE.bugs)
    assert {CATALOGUE.bugs[name].tier for name in request(tier="a,C").bugs} == {"A", "C"}
    assert request(bugs=("r4", R9)).bugs == (R4, R9)
    assert request(bugs=("X7",)).systems == ("paxos",)
    assert {name.partition(".")[0] for name in request("paxos").bugs} == {"paxos"}
    assert request("raft", bugs=("R4", "R9"), tier="A").bugs == (R4,)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"systems": ("rfat",)}, "Did you mean 'raft'?"),
        ({"bugs": ("R99",)}, "there is no bug 'R99'"),
        ({"systems": ("raft",), "bugs": ("X7",)}, "paxos.small-quorums is a bug of paxos"),
        ({"systems": ("raft", "paxos"), "bugs": ("R4",)}, "paxos: none of its seeded bugs is"),
        ({"bugs": ("R4",), "tier": "C"}, "no seeded bug of that system, name and tier"),
        ({"tier": "D"}, "there is no tier 'D'"),
        ({"tier": ","}, "--tier: none is named"),
        ({"strategy": "best"}, "there is no strategy 'best'"),
        ({"seeds": "x"}, "--seeds: seen 'x'"),
        ({"seeds": "0", "clean_seeds": "0"}, "leave nothing to run"),
        ({"time_limit": "0s"}, "--time-limit: seen '0s'"),
        ({"rate": "-1"}, "--rate: seen '-1'"),
    ],
)
def test_what_cannot_be_is_said(typed: dict[str, Any], problem: str) -> None:
    problems: list[str] = []
    nothing = dict.fromkeys(Typed.__dataclass_fields__) | {"systems": (), "bugs": ()}
    read_request(Typed(**(nothing | typed)), CATALOGUE, problems)
    assert len(problems) == 1 and problem in problems[0]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"bugs": ("R4", "X7"), "seeds": "3", "clean_seeds": "0", "seed": "100"},
        {"tier": "B,C", "strategy": "aimed", "time_limit": "2.5", "rate": "150"},
    ],
)
def test_the_command_asks_for_the_same_again(asked: dict[str, Any]) -> None:
    from splitbrain.cli.commands.score import score_command

    first = request(**asked)
    words = shlex.split(first.command)
    assert words[:2] == ["splitbrain", "score"]
    read = score_command.make_context("score", words[2:]).params
    assert (
        request(
            *read["systems"], **{n: read[n] for n in Typed.__dataclass_fields__ if n != "systems"}
        )
        == first
    )


def test_goals_hold_for_any_number_of_seeds_and_bugs() -> None:
    assert [GOALS[tier].of_seeds(30) for tier in "ABC"] == [27, 10, 1]
    assert [GOALS[tier].of_seeds(3) for tier in "ABC"] == [3, 1, 1]
    assert [GOALS[tier].of_seeds(100) for tier in "ABC"] == [90, 34, 4]
    assert [GOALS["C"].of_bugs(count) for count in (1, 5, 10, 15, 16)] == [1, 4, 8, 12, 13]
    assert GOALS["A"].of_bugs(8) == 8


def test_a_variant_of_a_system_is_scored_by_itself_under_the_same_scenarios() -> None:
    asked = request(bugs=("B1", "B5"), strategy="aimed", clean_seeds="2")
    clean = [one for one in series_of(asked, CATALOGUE) if isinstance(one, CleanSeries)]
    assert [one.title for one in clean] == [
        "clean primary-backup",
        "clean primary-backup replication=async",
    ]
    plain, variant = (one.scenarios for one in clean)
    assert [(*plan.options, "replication=async") for plan in plain] == [
        plan.options for plan in variant
    ]
    assert not any(plan.bugs or plan.stop_on_violation for plan in (*plain, *variant))


def test_what_is_judged_by_another_promise_than_linearizability_is_not_stopped() -> None:
    asked = request(bugs=("B1", "B5"), strategy="aimed", clean_seeds="0")
    stops = [
        (one.plan.consistency, one.plan.stop_on_violation) for one in series_of(asked, CATALOGUE)
    ]
    assert stops == [(("linearizable",), True), (("read-your-writes",), False)]
