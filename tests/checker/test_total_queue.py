"""Total queue: what went in comes out, and never again once it is done with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from queue_story import FAIL, INFO, OK, Story

from checker.delivery.judging import check_total_queue
from checker.verdict import Verdict
from histories.errors import HistoryError

VALID, INVALID, UNKNOWN, VACUOUS = "valid", "invalid", "unknown", "vacuous"


def test_what_is_received_and_acknowledged_is_delivered():
    story = Story().enqueue(1).receive(1, by=7).acknowledge(1, by=7).drained()
    assert story.verdicts() == (VALID, VALID)


def test_an_element_that_never_came_out_of_a_drained_queue_is_lost():
    story = Story().enqueue(1).enqueue(2).dequeue(2).drained()
    assert story.kinds() == ["lost element"] and story.verdicts() == (INVALID, VALID)
    (violation,) = check_total_queue(story.operations).violations
    assert violation.sentence == (
        "process 100's enqueue of 1 was acknowledged at 0.00 s on n1, and nobody ever got it, yet "
        "process 103 was told at 0.01 s on n1 that nothing was left"
    )
    assert violation.operations == (0, 6) and violation.details == {"elements": [1]}


def test_without_a_drain_after_it_nobody_knows():
    story = Story().enqueue(2).dequeue(2).drained().enqueue(1)
    assert story.verdicts() == (UNKNOWN, VALID)
    (row, _) = check_total_queue(story.operations).promises
    assert "(such as 1)" in row.reason and "without a final drain" in row.reason


def test_a_drain_that_began_before_the_last_element_came_out_proves_nothing():
    story = Story().enqueue(1).enqueue(2).drained(span=(10, 20)).dequeue(2, span=(12, 14))
    assert story.verdicts() == (UNKNOWN, VALID)


def test_an_enqueue_of_unknown_outcome_may_be_there_or_not():
    assert Story().enqueue(2).dequeue(2).enqueue(1, INFO).drained().verdicts() == (VALID, VALID)
    story = Story().enqueue(1, INFO).dequeue(1).drained().enqueue(2).dequeue(2)
    assert story.verdicts() == (VALID, VALID)
    assert check_total_queue(story.operations).statistics["recovered"] == 1


def test_one_that_was_seen_has_to_stay_until_it_is_done_with():
    story = Story().enqueue(2).dequeue(2).enqueue(1, INFO).receive(1).drained()
    assert story.kinds() == ["not redelivered"] and story.verdicts() == (INVALID, VALID)


def test_a_dequeue_of_unknown_outcome_explains_one_missing_element():
    story = Story().enqueue(1).enqueue(3).dequeue(3).dequeue(outcome=INFO).drained()
    assert story.verdicts() == (VALID, VALID)
    (row, _) = check_total_queue(story.operations).promises
    assert row.reason == ("1 element that nobody got may have gone to dequeues of unknown outcome")
    story = Story().enqueue(1).enqueue(2).enqueue(3).dequeue(3).dequeue(outcome=INFO).drained()
    assert story.verdicts() == (INVALID, VALID)
    (violation,) = check_total_queue(story.operations).violations
    assert "no more than 1 dequeue of unknown outcome" in violation.sentence


def test_one_that_came_after_the_queue_was_found_empty_explains_nothing():
    story = Story().enqueue(1).enqueue(3).dequeue(3).drained().dequeue(outcome=INFO)
    assert story.verdicts() == (INVALID, VALID)


def test_a_receive_of_unknown_outcome_hides_an_element_and_takes_none():
    story = Story().enqueue(1).enqueue(3).dequeue(3).receive(outcome=INFO)
    assert story.receive().verdicts() == (UNKNOWN, VALID)
    assert story.drained().verdicts() == (INVALID, VALID)


def test_an_acknowledgement_of_unknown_outcome_may_have_succeeded():
    story = Story().enqueue(1).receive(1, by=7).acknowledge(outcome=INFO, by=7, named=False)
    assert story.drained().verdicts() == (VALID, VACUOUS)
    story = Story().enqueue(1).receive(1, by=7).acknowledge(outcome=INFO, by=8, named=False)
    assert story.drained().verdicts() == (INVALID, VACUOUS)
    story = Story().enqueue(1).receive(1, by=7).acknowledge(1, FAIL, by=7)
    assert story.drained().verdicts() == (INVALID, VACUOUS)


def test_finding_nothing_says_less_than_that_nothing_is_left():
    story = Story().enqueue(1).receive(1).receive()
    assert story.verdicts() == (UNKNOWN, VACUOUS)
    assert "handed out still" in check_total_queue(story.operations).reason
    assert Story().enqueue(1).enqueue(2).dequeue(2).receive().verdicts() == (INVALID, VALID)
    story = Story().enqueue(1).enqueue(2).dequeue(2).dequeue(outcome=FAIL, error="empty")
    assert story.verdicts() == (INVALID, VALID)


def test_who_drains_takes_all_until_nothing_is_found():
    assert Story().enqueue(1).enqueue(2).drain(1, 2).verdicts() == (VALID, VALID)
    assert Story().enqueue(1).enqueue(2).drain(2).drained().kinds() == ["lost element"]
    assert Story().enqueue(1).enqueue(2).drain(2).kinds() == ["lost element"]
    story = Story().enqueue(1).enqueue(2).enqueue(3)
    story.drain(2, span=(10, 20)).drain(3, span=(12, 18))
    assert story.kinds() == ["lost element"], "several drain at once"
    assert story.dequeue(1, span=(15, 25)).verdicts() == (VALID, VALID)
    story = Story().enqueue(1).enqueue(2).dequeue(2).drain(outcome=INFO).drained()
    assert story.verdicts() == (VALID, VALID)


def test_what_nobody_put_in_comes_out_of_thin_air():
    story = Story().enqueue(1).dequeue(1).dequeue(9).drained()
    assert story.kinds() == ["element out of thin air"] and story.verdicts() == (INVALID, INVALID)
    story = Story().enqueue(1).dequeue(1).receive(2).enqueue(2)
    assert story.kinds() == ["element out of thin air"]
    story = Story().enqueue(1).dequeue(1).enqueue(2, FAIL).dequeue(2).drained()
    assert story.kinds() == ["resurrected"]


def test_what_comes_out_again_is_delivered_at_least_once():
    story = Story().enqueue(1).receive(1).receive(1, by=7).acknowledge(1, by=7).drained()
    assert story.verdicts() == (VALID, VALID)
    assert check_total_queue(story.operations).statistics["delivered_again"] == 1
    story = Story().enqueue(1).dequeue(1).dequeue(1).drained()
    assert story.verdicts() == (VALID, INVALID)
    assert story.kinds() == ["dequeued twice"]
    story = Story().enqueue(1).dequeue(1).receive(1)
    assert story.kinds() == ["redelivered after acknowledgement"]


def test_what_is_acknowledged_is_never_delivered_to_who_asks_later():
    story = Story().enqueue(1).receive(1, by=7).acknowledge(1, by=7).receive(1, by=8)
    assert story.kinds() == ["redelivered after acknowledgement"]
    assert check_total_queue(story.operations).violations[0].sentence == (
        "process 7's acknowledgement of 1 succeeded at 0.005 s on n1, yet process 8 got 1 again, "
        "having asked at 0.006 s on n1"
    )


def test_who_asked_before_may_be_given_it_late():
    story = Story().enqueue(1).receive(1, by=7, span=(4, 5)).acknowledge(1, by=7, span=(8, 10))
    assert story.receive(1, span=(9, 20), by=8).drained().verdicts() == (VALID, VALID)


def test_an_element_is_acknowledged_once():
    story = Story().enqueue(1).receive(1, by=7).receive(1, by=8)
    story.acknowledge(1, by=7, span=(10, 20)).acknowledge(1, by=8, span=(12, 16))
    assert story.kinds() == ["acknowledged twice"]


def test_an_acknowledgement_may_be_said_again():
    story = Story().enqueue(1).receive(1, by=7).acknowledge(1, by=7).acknowledge(1, by=7)
    assert story.drained().verdicts() == (VALID, VALID)


def test_nobody_else_gets_it_for_as_long_as_the_answer_said():
    story = Story().enqueue(1).receive(1, span=(10, 12), hold=20).receive(1, span=(20, 28), hold=9)
    assert story.kinds() == ["two receivers at once"]
    assert check_total_queue(story.operations).violations[0].sentence == (
        "process 101 got 1 at 0.01 s on n1 and process 102 got 1 at 0.03 s on n1, though it is "
        "kept from others for 9 ms"
    )
    story = Story().enqueue(1).receive(1, span=(10, 12), hold=20).receive(1, span=(20, 30), hold=9)
    assert story.kinds() == []


def test_three_receives_may_have_no_room_where_two_have():
    story = Story().enqueue(1)
    for _ in range(3):
        story.receive(1, span=(10, 25), hold=10)
    assert story.kinds() == ["two receivers at once"]
    assert len(check_total_queue(story.operations).violations[0].operations) == 2


def test_nothing_tested_is_vacuous():
    assert Story().enqueue(1, INFO).drained().verdicts() == (VACUOUS, VACUOUS)
    assert Story().enqueue(1).receive(outcome=FAIL).verdicts() == (VACUOUS, VACUOUS)
    story = Story().enqueue(1).receive(1)
    assert story.verdicts() == (UNKNOWN, VACUOUS), "nobody was done with anything"


def test_queues_are_apart():
    story = Story().enqueue(1).dequeue(1).drained()
    other = Story()
    other.at = 100
    other.enqueue(1).dequeue(1).drained()
    moved = [replace(one, key="y") for one in other.operations]
    result = check_total_queue([*story.operations, *moved])
    assert result.verdict is Verdict.VALID and result.keys == 2


@pytest.mark.parametrize(
    ("story", "told"),
    [
        (Story().enqueue(None), "an enqueue of nil"),
        (Story()._add("push", 1, None, OK, None, None), "'push' is no operation"),
        (Story()._add("drain", None, 3, OK, None, None), "a drain answered 3"),
        (Story().receive(1, hold="x"), "a receive answered"),
    ],
)
def test_other_operations_are_refused_with_what_was_expected(story, told):
    with pytest.raises(HistoryError, match=told):
        check_total_queue(story.operations)


def test_what_went_in_twice_cannot_be_told_apart():
    story = Story().enqueue(1).enqueue(1).dequeue(1).dequeue(1).drained()
    assert story.verdicts() == (UNKNOWN, UNKNOWN)
    assert "1 was enqueued twice" in check_total_queue(story.operations).reason
