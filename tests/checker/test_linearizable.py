"""What the search decides, told in histories short enough to check by eye."""

import random
from dataclasses import replace

import pytest
import random_histories
from story import Story

from checker import Verdict, linearizable
from checker.reading import Reading
from histories.errors import HistoryError
from histories.event import Outcome

DEAF = Reading("deaf", "never", "nil")
"""Nothing that failed says anything."""


def verdict(story, **options):
    return linearizable(story.operations(), **options).verdict


def test_an_empty_history_is_valid():
    assert verdict(Story()) is Verdict.VALID


def test_a_register_starts_at_nil():
    assert verdict(Story().did(0, "read")) is Verdict.VALID
    assert verdict(Story().did(0, "read", answer=1)) is Verdict.INVALID


def test_a_read_during_a_write_may_see_either_value():
    during = Story().did(0, "write", 1).call(0, "write", 2).call(1, "read")
    assert verdict(during.ok(1, 1).ok(0)) is Verdict.VALID
    during = Story().did(0, "write", 1).call(0, "write", 2).call(1, "read")
    assert verdict(during.ok(1, 2).ok(0)) is Verdict.VALID


def test_a_read_after_a_write_must_see_it():
    stale = Story().did(0, "write", 1).did(0, "write", 2).did(1, "read", answer=1)
    assert verdict(stale) is Verdict.INVALID


def test_two_reads_during_a_write_may_not_go_back():
    story = Story().did(0, "write", 1).call(0, "write", 2)
    story.did(1, "read", answer=2).did(2, "read", answer=1).ok(0)
    assert verdict(story) is Verdict.INVALID


def test_an_indeterminate_write_may_take_effect_at_any_later_time():
    story = Story().did(0, "write", 1).call(1, "write", 2).info(1)
    story.did(0, "read", answer=1).did(0, "read", answer=2)
    assert verdict(story) is Verdict.VALID


def test_an_indeterminate_write_takes_effect_only_once():
    story = Story().did(0, "write", 1).call(1, "write", 2).info(1)
    story.did(0, "read", answer=2).did(0, "write", 3).did(0, "read", answer=2)
    assert verdict(story) is Verdict.INVALID


def test_an_operation_that_never_completed_is_indeterminate():
    story = Story().call(1, "write", 2).did(0, "read", answer=2)
    assert verdict(story) is Verdict.VALID


def test_a_failed_write_did_not_happen():
    story = Story().call(1, "write", 2).fail(1, "no-leader").did(0, "read", answer=2)
    assert verdict(story) is Verdict.INVALID


def test_a_failed_read_and_an_open_read_assert_nothing():
    story = Story().did(0, "write", 1).call(1, "read").fail(1, "timeout").call(2, "read")
    assert verdict(story) is Verdict.VALID


def test_a_compare_and_set_needs_the_value_it_expects():
    assert verdict(Story().did(0, "write", 1).did(1, "cas", [1, 2])) is Verdict.VALID
    assert verdict(Story().did(0, "write", 1).did(1, "cas", [3, 2])) is Verdict.INVALID


def test_a_mismatch_is_an_observation_only_when_asked():
    story = Story().did(0, "write", 1).call(1, "cas", [1, 2]).fail(1, "mismatch")
    assert verdict(story) is Verdict.INVALID
    assert verdict(story, reading=DEAF) is Verdict.VALID


def test_a_write_nobody_read_may_be_what_a_mismatch_saw():
    # write 3, an open write 7, cas 3→0 refused: valid only because of the 7.
    story = Story().did(0, "write", 3).call(1, "write", 7).info(1)
    story.call(2, "cas", [3, 0]).fail(2, "mismatch")
    assert verdict(story) is Verdict.VALID
    without = Story().did(0, "write", 3).call(2, "cas", [3, 0]).fail(2, "mismatch")
    assert verdict(without) is Verdict.INVALID


def test_an_open_compare_and_set_can_enable_another():
    story = Story().did(0, "write", 1).call(1, "cas", [1, 2]).info(1)
    story.call(2, "cas", [2, 3]).info(2).did(0, "read", answer=3)
    assert verdict(story) is Verdict.VALID


def test_a_hidden_write_can_still_be_used_at_its_return():
    # Found by fuzzing: 2 is hidden by the first 0, yet must be what the last read saw.
    story = Story().call(3, "write", 0).call(1, "write", 0).call(2, "write", 2)
    story.call(0, "write", 1).call(4, "read").ok(3).ok(4, 1).call(5, "read").ok(2).ok(5, 2).ok(1)
    assert verdict(story) is Verdict.VALID


def test_values_are_compared_as_json():
    assert verdict(Story().did(0, "write", True).did(0, "read", answer=1)) is Verdict.INVALID
    assert verdict(Story().did(0, "write", [1, {"a": 2}]).did(1, "read", None, [1, {"a": 2}]))
    story = Story().did(0, "write", "1").did(0, "read", answer=1)
    assert verdict(story) is Verdict.INVALID


def test_keys_are_judged_apart_and_a_refuted_one_is_named():
    good = Story("x").did(0, "write", 1).did(1, "read", answer=1)
    bad = Story("y").did(2, "write", 1).did(3, "read", answer=2)
    result = linearizable([*good.operations(), *bad.operations()])
    assert result.verdict is Verdict.INVALID
    assert [violation.key for violation in result.violations] == ["y"]


def test_more_than_sixty_four_operations_at_once():
    story = Story()
    for process in range(150):
        story.call(process, "write", process % 7)
    for process in range(150, 220):
        story.call(process, "read")
    for process in range(150, 220):
        story.ok(process, process % 7)
    for process in range(150):
        story.ok(process)
    assert verdict(story) is Verdict.VALID
    story.did(500, "read", answer=99)
    assert verdict(story) is Verdict.INVALID


def test_dozens_of_open_writes_cost_no_exponential():
    story = Story()
    for process in range(100, 180):
        story.call(process, "write", process % 5).info(process)
        story.call(process + 100, "cas", [process % 5, (process + 1) % 5]).info(process + 100)
    for round_ in range(60):
        story.did(0, "write", round_ % 5).did(1, "read", answer=(round_ + 2) % 5)
    result = linearizable(story.operations(), max_configurations=200_000)
    assert result.verdict is Verdict.VALID
    story.did(1, "read", answer=99)
    result = linearizable(story.operations(), max_configurations=200_000)
    assert result.verdict is Verdict.INVALID


def crowded(seed=3):
    rng = random.Random(seed)
    return random_histories.concurrent(rng, 300, 60, 200, 0.0, 0.0, cas=0.0, eager=0.01)


def test_a_budget_of_configurations_ends_unknown_and_says_how_far_it_got():
    result = linearizable(crowded(), max_configurations=30)
    assert result.verdict is Verdict.UNKNOWN
    assert "30 configurations allowed are used up" in result.reason
    assert "verified are the first" in result.reason and "process" in result.reason


def test_a_budget_of_no_time_ends_unknown():
    result = linearizable(crowded(), time_limit_s=0.0)
    assert result.verdict is Verdict.UNKNOWN
    assert "time allowed" in result.reason


def test_a_refuted_key_outweighs_an_undecided_one():
    hard = [replace(o, key="hard") for o in crowded()]
    bad = Story("bad").did(9000, "read", answer=1).operations()
    result = linearizable([*hard, *bad], max_configurations=30)
    assert result.verdict is Verdict.INVALID


def test_an_operation_the_model_does_not_have_is_named():
    with pytest.raises(HistoryError, match="event 0: 'append' is no operation of the model"):
        linearizable(Story().did(0, "append", 1).operations())
    with pytest.raises(HistoryError, match="no operation of the model 'register'"):
        linearizable(Story().did(0, "cas", [1, 2]).operations(), "register")
    with pytest.raises(HistoryError, match=r"carries \[expected, new\]"):
        linearizable(Story().did(0, "cas", 5).operations())


def test_renaming_processes_or_shifting_time_changes_nothing():
    for seed in range(200):
        rng = random.Random(seed)
        operations = random_histories.mixed(rng)
        shifted = [
            replace(
                o,
                process=1000 - o.process,
                call=2 * o.call + 100,
                ret=None if o.ret is None else 2 * o.ret + 100,
                call_ns=o.call_ns + 10**9,
                ret_ns=None if o.ret_ns is None else o.ret_ns + 10**9,
            )
            for o in operations
        ]
        assert linearizable(operations).verdict is linearizable(shifted).verdict


def test_a_real_object_is_never_accused_and_a_planted_lie_is_found():
    for seed in range(40):
        rng = random.Random(seed)
        operations = random_histories.concurrent(rng, 400, 8, 5, crashed=0.05, failed=0.05)
        assert linearizable(operations).verdict is Verdict.VALID
        reads = [o for o in operations if o.f == "read" and o.outcome is Outcome.OK]
        lie = rng.choice(reads)
        planted = [replace(o, output=77) if o is lie else o for o in operations]
        result = linearizable(planted)
        assert result.verdict is Verdict.INVALID
        assert result.violations[0].culprit == lie.call
