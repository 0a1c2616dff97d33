"""What trials say together: who was caught, how soon, and whether the goals are met."""

from __future__ import annotations

from dataclasses import replace

import pytest
from score_trials import (
    CATALOGUE,
    R4,
    R8,
    R9,
    card,
    card_of,
    caught,
    failed,
    in_turn,
    series,
    survived,
    unavailable,
    unknown,
    unreached,
    vacuous,
    valid,
)

from checker.verdict import Verdict
from splitbrain.campaign import Trial
from splitbrain.plan import Plan
from splitbrain.score.scorecard import CAUGHT, SURVIVED, UNREACHED
from splitbrain.score.telling import kinds_text

C1 = "raft.vote-not-durable"
RARE = [bug.name for bug in CATALOGUE.bugs.values() if bug.tier == "C"]


def by_strategy(random, aimed):
    return lambda plan: (aimed if plan.strategy == "aimed" else random)(plan)


def test_caught_is_an_impossible_answer_or_no_service_and_nothing_else() -> None:
    told = in_turn(caught, unavailable, survived, valid, vacuous, unknown, failed)
    one = card(told, R9, seeds=7, clean_seeds=0, strategies=("random",)).bugs[0].best
    assert len(one.caught) == 2
    assert (len(one.trials), one.failed) == (6, 1)
    assert (one.verdicts(Verdict.UNKNOWN), one.verdicts(Verdict.VACUOUS)) == (1, 1)
    assert dict(one.kinds) == {"stale read": 1, "no service": 1}


def test_reached_counts_seeds_in_which_the_mutated_line_ran() -> None:
    told = in_turn(caught, survived, valid)
    assert card(told, R9, seeds=9, clean_seeds=0).bugs[0].best.times_reached == 6


def test_a_catch_in_which_the_mutated_line_is_not_known_to_have_run_is_told_apart() -> None:
    told = in_turn(caught, unreached, survived, valid)
    one = card(told, R9, seeds=8, clean_seeds=0, strategies=("random",)).bugs[0].best
    assert [trial.seed for trial in one.caught] == [1, 2, 5, 6], "it counts all the same"
    assert [trial.seed for trial in one.caught_unreached] == [2, 6]


def test_the_time_to_detection_is_the_median_of_what_was_caught() -> None:
    def told(plan: Plan):
        return (
            survived(plan) if plan.seed > 3 else caught(plan, at_s=(9.0, 1.0, 4.0)[plan.seed - 1])
        )

    best = card(told, R9, seeds=6, clean_seeds=0).bugs[0].best
    assert (best.found_s, best.found_operations) == (4.0, 400)


def test_nothing_caught_has_no_time() -> None:
    best = card(survived, R9, seeds=2, clean_seeds=0).bugs[0].best
    assert (best.found_s, best.found_operations) == (None, None)


def test_the_better_strategy_catches_more_or_else_sooner() -> None:
    more = by_strategy(in_turn(caught, survived), caught)
    assert card(more, R9, seeds=4, clean_seeds=0).bugs[0].best.strategy == "aimed"
    sooner = by_strategy(caught, lambda plan: caught(plan, at_s=30.0))
    assert card(sooner, R9, seeds=4, clean_seeds=0).bugs[0].best.strategy == "random"
    nearer = by_strategy(valid, survived)
    assert card(nearer, R9, seeds=4, clean_seeds=0).bugs[0].best.strategy == "aimed"


@pytest.mark.parametrize(
    ("told", "state"), [(caught, CAUGHT), (survived, SURVIVED), (valid, UNREACHED)]
)
def test_a_survivor_was_reached_or_it_was_not(told, state) -> None:
    whole = card(told, R9, seeds=2, clean_seeds=0)
    assert whole.bugs[0].state == state


def test_tier_a_wants_nine_seeds_of_ten_and_every_bug() -> None:
    nearly = in_turn(survived, *[caught] * 9)
    assert card(nearly, R4, R8, seeds=10, clean_seeds=0).misses() == []
    short = in_turn(survived, survived, *[caught] * 8)
    misses = card(
        lambda plan: (nearly if R4 in plan.bugs else short)(plan), R4, R8, seeds=10, clean_seeds=0
    ).misses()
    assert len(misses) == 1
    assert misses[0].startswith("Tier A: 1 of 2 bugs") and "Below: R8" in misses[0]


def test_tier_c_may_miss_a_fifth_of_its_bugs() -> None:
    bugs = RARE[:5]

    def all_but(*missed):
        def told(plan: Plan):
            return survived(plan) if plan.bugs[0] in missed or plan.seed > 1 else caught(plan)

        return card(told, *bugs, seeds=30, clean_seeds=0)

    assert all_but(bugs[0]).misses() == []
    missed = [one.bug.name for one in all_but(bugs[0]).bugs if one.state == SURVIVED]
    assert missed == [bugs[0]]
    assert "Tier C: 3 of 5" in all_but(*bugs[:2]).misses()[0]


def test_a_clean_system_that_is_accused_fails_the_score() -> None:
    def told(plan: Plan):
        return caught(plan) if plan.bugs or plan.seed == 7 else valid(plan)

    whole = card(told, R4, seeds=3, clean_seeds=8)
    assert whole.misses() == ["Clean raft was accused in 1 of 8 runs (seed 7)."]
    late = card(in_turn(valid, unavailable), R4, seeds=0, clean_seeds=4)
    assert "accused in 2 of 4" in late.misses()[0]


def test_clean_runs_that_tested_nothing_prove_nothing() -> None:
    assert "tested anything" in card(vacuous, R4, seeds=0, clean_seeds=4).misses()[0]
    some = card(in_turn(vacuous, unknown, valid), R4, seeds=0, clean_seeds=3)
    assert some.misses() == []
    assert some.clean[0].decided == 1


def test_how_soon_a_clean_system_served_again_is_told_at_worst() -> None:
    def told(plan: Plan):
        return replace(valid(plan), served_s=None if plan.seed == 1 else plan.seed / 10)

    assert max(card(told, R4, seeds=0, clean_seeds=9).clean[0].served_s) == 0.9


def test_what_is_not_finished_is_never_complete() -> None:
    asked = series(R4, seeds=2, clean_seeds=2)
    assert card_of(asked, valid).complete
    assert not card_of(asked, in_turn(valid, failed)).complete
    nothing = card_of([], valid)
    assert nothing.complete and nothing.misses() == []


def test_strategies_are_compared_where_not_any_schedule_finds_the_bug() -> None:
    def told(plan: Plan):
        found = plan.strategy == "aimed" or (R9 in plan.bugs and plan.seed == 1)
        return caught(plan) if found else survived(plan)

    duel = card(told, R4, R9, C1, seeds=3, clean_seeds=0).duel
    assert duel is not None
    assert (duel.bugs, duel.seeds) == (2, 6)
    assert (dict(duel.caught), dict(duel.better)) == (
        {"random": 1, "aimed": 6},
        {"random": 0, "aimed": 2},
    )
    assert card(told, R4, seeds=3, clean_seeds=0).duel is None
    assert card(told, R9, seeds=3, clean_seeds=0, strategies=("aimed",)).duel is None


def test_what_the_row_says_comes_first_and_what_not_all_catches_show_is_counted() -> None:
    kinds = [("G0", "G2-item"), ("G0", "G1a"), ("G0", "G1a-process"), ("G0",)]

    def told(plan: Plan) -> Trial:
        return replace(caught(plan), kinds=kinds[plan.seed - 1])

    t5 = "two-phase-commit.reads-undecided"
    assert CATALOGUE.bugs[t5].seen_as == "G1a"
    one = card(told, t5, seeds=4, clean_seeds=0, strategies=("random",)).bugs[0].best
    assert kinds_text(one) == "G1a (1), G1a-process (1), G0"
