"""The counter checker: bounds of one read, and of two reads one after the other."""

import random

import pytest
from story import Story

from checker import Verdict
from checker.counters import check_counter
from histories.errors import HistoryError


def result(story):
    return check_counter(story.operations())


def kind(story):
    violations = result(story).violations
    return violations[0].kind if violations else None


def test_a_read_sees_what_was_acknowledged_before_it():
    assert result(Story().did(0, "add", 2).did(1, "read", answer=2)).verdict is Verdict.VALID
    assert kind(Story().did(0, "add", 2).did(1, "read", answer=0)) == "counter too low"
    assert kind(Story().did(0, "add", 2).did(1, "read", answer=4)) == "counter too high"


def test_an_open_add_may_count_or_not_but_not_twice():
    for value, expected in ((1, None), (3, None), (5, "counter too high")):
        story = Story().did(0, "add", 1).call(1, "add", 2).did(2, "read", answer=value)
        assert kind(story) == expected


def test_a_failed_add_never_counts():
    story = Story().did(0, "add", 1).call(1, "add", 2).fail(1, "busy").did(2, "read", answer=3)
    assert kind(story) == "counter too high"
    assert "one that failed took effect" in result(story).reason


def test_negative_adds_move_the_other_bound():
    for value, expected in ((5, None), (2, None), (1, "counter too low"), (6, "counter too high")):
        story = Story().did(0, "add", 5).call(1, "add", -3).did(2, "read", answer=value)
        assert kind(story) == expected
    story = Story().did(0, "add", 5).did(1, "add", -3).did(2, "read", answer=5)
    assert kind(story) == "counter too high"


def test_two_reads_bound_each_other():
    # Alone, 12 is within the bounds of the open 10; after a read of 11 only 1 may be added.
    story = Story().call(9, "add", 10).info(9).did(0, "add", 1).did(1, "read", answer=11)
    story.did(0, "add", 1).did(2, "read", answer=11)
    assert kind(story) == "counter too low"
    assert "had read 11" in result(story).reason


def test_an_add_applied_twice_is_shown_by_the_reads_around_it():
    story = Story().did(0, "add", 1).did(1, "read", answer=1).did(0, "add", 1)
    story.did(1, "read", answer=3)
    (violation,) = result(story).violations
    assert violation.operations == (2, 4, 6) and violation.culprit == 6
    assert "it must be at most 2; some add took effect twice" in violation.sentence


def test_no_read_means_nothing_was_tested():
    assert result(Story().did(0, "add", 1)).verdict is Verdict.VACUOUS
    assert result(Story().did(0, "read", answer=0)).verdict is Verdict.VACUOUS


def test_strange_operations_are_refused():
    with pytest.raises(HistoryError, match="an add of true"):
        result(Story().did(0, "add", True))
    with pytest.raises(HistoryError, match='answered "x"'):
        result(Story().did(0, "read", answer="x"))


def test_a_real_counter_under_concurrency_is_never_accused():
    for seed in range(300):
        rng = random.Random(seed)
        story, total, open_, ghosts, fresh = Story(), 0, {}, [], 100
        for _ in range(80):
            if ghosts and rng.random() < 0.2:
                total += ghosts.pop()
            if len(open_) < 4 and rng.random() < 0.5:
                fresh += 1
                f = rng.choice(("add", "read"))
                value = rng.choice((1, 2, -1, -5)) if f == "add" else None
                story.call(fresh, f, value)
                open_[fresh] = [f, value, None]
            elif open_:
                process = rng.choice(list(open_))
                f, value, done = open_[process]
                if done is None:
                    if f == "add" and rng.random() < 0.2:
                        ghosts.append(value)
                        open_.pop(process)
                        story.info(process)
                        continue
                    total += value or 0
                    open_[process][2] = total
                else:
                    open_.pop(process)
                    story.ok(process, done if f == "read" else None)
        assert not result(story).violations
