"""The set checker: lost, stale, duplicated, unexpected and resurrected elements."""

import pytest
from story import Story

from checker import Verdict
from checker.sets import check_set
from histories.errors import HistoryError


def result(story):
    return check_set(story.operations())


def kinds(story):
    return [violation.kind for violation in result(story).violations]


def test_what_was_acknowledged_is_read():
    story = Story().did(0, "add", 1).did(1, "add", 2).did(2, "read", answer=[1, 2])
    assert result(story).verdict is Verdict.VALID


def test_an_acknowledged_add_missing_from_the_last_read_is_lost():
    story = Story().did(0, "add", 1).did(1, "add", 2).did(2, "read", answer=[2])
    story.did(3, "read", answer=[2])
    assert kinds(story) == ["lost write"]
    (violation,) = result(story).violations
    assert violation.sentence == (
        "process 0's add of 1 was acknowledged at 0.02 s on n1, but process 2's read that began "
        "at 0.05 s on n3 does not contain it, and no read that ended later has it"
    )
    assert violation.operations == (0, 4)
    assert violation.details["elements"] == [1]


def test_what_one_of_several_nodes_alone_lacks_is_not_lost():
    story = Story().did(0, "add", 1).did(1, "read", answer=[1])
    story.did(2, "read", answer=[]).did(2, "read", answer=[])
    assert kinds(story) == ["stale read"]
    sentence = result(story).violations[0].sentence
    assert sentence.endswith("no read that ended later has it, but only n3 is known to lack it")
    sole = Story().did(0, "add", 1).did(0, "read", answer=[])
    assert kinds(sole) == ["lost write"]


def test_an_element_that_comes_back_was_a_stale_read():
    story = Story().did(0, "add", 1).did(2, "read", answer=[]).did(3, "read", answer=[1])
    assert kinds(story) == ["stale read"]


def test_an_element_once_read_must_stay():
    story = Story().call(0, "add", 1).info(0).did(1, "read", answer=[1]).did(2, "read", answer=[])
    story.did(3, "read", answer=[])
    assert kinds(story) == ["lost write"]
    assert "process 1 read 1" in result(story).violations[0].sentence


def test_an_add_during_a_read_may_be_in_it_or_not():
    for answer in ([], [1]):
        story = Story().did(5, "add", 0).call(0, "add", 1).call(1, "read").ok(1, [0, *answer])
        assert result(story.ok(0)).verdict is Verdict.VALID


def test_an_indeterminate_add_may_be_missing_for_ever_or_appear_late():
    story = Story().did(5, "add", 0).call(0, "add", 1).info(0)
    story.did(1, "read", answer=[0]).did(1, "read", answer=[0, 1])
    assert result(story).verdict is Verdict.VALID


def test_a_failed_add_that_appears_is_resurrected():
    story = Story().call(0, "add", 1).fail(0, "no-leader").did(1, "read", answer=[1])
    assert kinds(story) == ["resurrected"]
    assert "a failed add must never take effect" in result(story).violations[0].sentence


def test_an_element_never_added_or_added_later_is_unexpected():
    assert kinds(Story().did(1, "read", answer=[7])) == ["unexpected"]
    later = Story().did(1, "read", answer=[7]).did(0, "add", 7)
    assert "only later" in result(later).violations[0].sentence


def test_an_element_twice_in_one_read_is_a_duplicate():
    story = Story().did(0, "add", 1).did(1, "read", answer=[1, 1])
    assert kinds(story) == ["duplicate"]
    assert "contains 1 2 times; it was added 1 time" in result(story).violations[0].sentence


def test_many_lost_elements_make_one_violation():
    story = Story()
    for element in range(50):
        story.did(0, "add", element)
    (violation,) = result(story.did(1, "read", answer=[3])).violations
    assert len(violation.details["elements"]) == 49
    assert "(so it is with 49 elements)" in violation.sentence


def test_no_read_means_nothing_was_tested():
    story = Story().did(0, "add", 1).call(1, "read").fail(1, "timeout")
    assert result(story).verdict is Verdict.VACUOUS
    assert "no read" in result(story).reason
    assert result(Story().did(1, "read", answer=[])).verdict is Verdict.VACUOUS


def test_strange_operations_are_refused():
    with pytest.raises(HistoryError, match="'pop' is no operation"):
        result(Story().did(0, "pop", 1))
    with pytest.raises(HistoryError, match="answered 5"):
        result(Story().did(0, "read", answer=5))
