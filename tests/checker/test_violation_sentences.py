"""What a violation says, derived from the history: each kind, and the operations it shows."""

import random

import oracle
import pytest
from story import Story

from checker import linearizable
from checker.linearizability.finding import find
from checker.linearizability.nearby import rows_to_argue
from checker.linearizability.relaxation import Relaxer
from checker.models import CAS_REGISTER
from checker.models.model import Kind
from checker.reading import SPLITBRAIN
from histories.table import table_of


def violation(story, **options):
    (found,) = linearizable(story.operations(), **options).violations
    return found


def check(story, kind, *phrases, shows=None):
    found = violation(story)
    assert found.kind == kind
    for phrase in phrases:
        assert phrase in found.sentence, found.sentence
    if shows is not None:
        assert found.operations == shows
    assert found.details["exhaustive"]


def test_a_stale_read_names_the_write_that_had_overwritten_it():
    story = Story("x").did(0, "write", 4).did(1, "write", 7).did(2, "read", answer=7)
    story.did(3, "read", answer=4).did(2, "read", answer=7)
    check(
        story,
        "stale read",
        'key "x": process 3 read 4 at 0.08 s on n4, but 4 had been overwritten by process 1\'s '
        "write of 7 (acknowledged at 0.04 s) before that read began, and nobody wrote 4 again",
        shows=(0, 2, 6),
    )


def test_a_lost_write_is_one_that_nobody_sees_again():
    story = Story().did(0, "write", 4).did(1, "write", 7)
    story.did(3, "read", answer=4).did(2, "read", answer=4)
    check(story, "lost write", "4 had been overwritten by process 1's write of 7", shows=(0, 2, 4))


def test_one_node_alone_shows_a_stale_read_and_no_lost_write():
    story = Story().did(0, "write", 4).did(1, "write", 7)
    story.did(3, "read", answer=4).did(3, "read", answer=4)
    check(story, "stale read", "4 had been overwritten by process 1's write of 7", shows=(0, 2, 4))


def test_a_node_that_lags_behind_loses_nothing_where_others_see_a_newer_write():
    story = Story().did(0, "write", 4).did(1, "write", 7).did(3, "read", answer=4)
    story.did(3, "read", answer=4).did(1, "write", 9).did(2, "read", answer=9)
    check(story, "stale read", "4 had been overwritten by process 1's write of 7", shows=(0, 2, 4))


def test_a_read_of_nil_after_an_acknowledged_write():
    story = Story().did(0, "write", 4).did(3, "read").did(2, "read")
    check(story, "lost write", "process 3 read nil", "write of 4", "nobody wrote nil after it")


def test_a_newer_value_had_been_seen_while_its_write_was_open():
    story = Story().did(0, "write", 4).call(1, "write", 7).did(2, "read", answer=7)
    story.did(3, "read", answer=4).ok(1)
    check(
        story,
        "stale read",
        "process 2 found 7 in its place",
        "after process 0's write of 4 had ended, and nobody wrote 4 again",
        shows=(0, 3, 5),
    )


def test_a_value_never_written():
    story = Story().did(0, "write", 4).did(3, "read", answer=5)
    check(story, "value never written", "read 5", "nobody ever wrote 5", shows=(2,))


def test_a_value_read_before_it_was_written():
    story = Story().did(3, "read", answer=5).did(0, "write", 5)
    check(story, "read from the future", "before anybody began to write 5", "process 0, at 0.03 s")


def test_a_value_whose_only_write_failed():
    story = Story().call(0, "write", 5).fail(0, "no-leader").did(3, "read", answer=5)
    check(story, "aborted read", "failed (no-leader)", "must never take effect", shows=(0, 2))


def test_a_compare_and_set_that_could_not_have_succeeded():
    story = Story().did(0, "write", 4).did(1, "write", 7).did(2, "cas", [4, 9])
    check(
        story,
        "impossible compare-and-set",
        "process 2's compare-and-set from 4 to 9 succeeded",
        "4 had been overwritten by process 1's write of 7",
        shows=(0, 2, 4),
    )


def test_two_compare_and_sets_that_took_the_same_value():
    story = Story().did(0, "write", 4).call(1, "cas", [4, 7]).call(2, "cas", [4, 9]).ok(1).ok(2)
    check(story, "lost update", "only one of the two can have found it", "written only once")


def test_a_mismatch_that_must_have_matched():
    story = Story().did(0, "write", 4).call(1, "cas", [4, 7]).fail(1, "mismatch")
    check(
        story,
        "false mismatch",
        "was refused at 0.04 s on n2 because the register did not hold 4",
        "it can only have held 4 then: process 0's write of 4 was acknowledged at 0.02 s",
        shows=(0, 2),
    )


def test_anything_else_says_what_the_register_could_have_held():
    story = Story().call(0, "write", 1).call(1, "write", 2).call(4, "write", 1)
    story.did(2, "read", answer=1).did(2, "read", answer=2).did(2, "read", answer=1)
    story.did(3, "read", answer=2).ok(0).ok(1).ok(4)
    found = violation(story)
    assert found.kind == "not linearizable"
    assert "process 3's read of 2 (0.10 s to 0.11 s, n4) fits into no order" in found.sentence
    assert "can only have held 1" in found.sentence
    assert found.details["possible"] == [1]
    assert found.culprit == 9


def test_what_could_have_been_held_is_exact():
    story = Story().did(0, "write", 1).call(1, "write", 2).call(2, "write", 3).info(2)
    story.did(3, "read", answer=9).ok(1)
    assert sorted(violation(story).details["possible"]) == [1, 2, 3]


def test_a_history_without_times_is_told_by_events():
    from dataclasses import replace

    story = Story().did(0, "write", 4).did(1, "write", 7).did(3, "read", answer=4)
    timeless = [replace(o, call_ns=0, ret_ns=0) for o in story.operations()]
    (found,) = linearizable(timeless).violations
    assert "read 4 at event 5" in found.sentence and "(acknowledged at event 3)" in found.sentence


@pytest.mark.parametrize("value", ("a\x00b\x1b[31m", "</script>", "x" * 500, [1] * 200))
def test_hostile_values_neither_break_a_line_nor_a_terminal(value):
    story = Story().did(0, "write", 1).did(3, "read", answer=value)
    sentence = violation(story).sentence
    assert sentence.isprintable() and len(sentence) < 300


def test_two_values_that_exclude_each_other():
    story = Story().call(0, "write", 4).call(1, "write", 7).did(2, "read", answer=4)
    story.did(2, "read", answer=7).did(3, "read", answer=4).ok(0).ok(1)
    found = violation(story)
    assert found.kind == "conflicting values"
    assert found.sentence == (
        "process 3's read of 4 (acknowledged at 0.08 s) fits into no order: 7 and 4 were written "
        "once each, so what saw the one comes wholly before or wholly after what saw the other; "
        "but process 2's read of 7 (acknowledged at 0.06 s) had ended before process 3's read of 4 "
        "(acknowledged at 0.08 s) began, and process 2's read of 4 (acknowledged at 0.04 s) had "
        "ended before process 2's read of 7 (acknowledged at 0.06 s) began"
    )


def test_of_a_long_history_few_operations_are_enough_to_argue_the_same():
    fewer = 0
    for seed in range(150):
        rng = random.Random(seed)
        drawn = {"processes": 3, "values": rng.choice((0, 6)), "mutated": True, "keys": (None,)}
        operations = oracle.random_history(rng, "cas-register", 120, **drawn)
        table, relaxer = table_of(operations), Relaxer(CAS_REGISTER, SPLITBRAIN)
        for culprit in rng.sample(operations, 12):
            effect = relaxer.effect(culprit)
            if culprit.ret is None or effect is None or effect.kind is Kind.WRITE:
                continue
            rows = rows_to_argue(table, culprit, relaxer, all_max=0)
            some = find(culprit, [table.operation(row) for row in rows], relaxer)
            assert some == find(
                culprit, [table.operation(row) for row in range(len(table))], relaxer
            )
            fewer += len(rows) < 100
    assert fewer > 100
