"""Unique ids: duplicates among what was acknowledged, and who was given them when."""

import random
from collections import Counter

import pytest
from story import Story

from checker import Verdict, judge
from checker.unique_ids import check_unique_ids
from histories.errors import HistoryError
from histories.event import Outcome


def result(story):
    return check_unique_ids(story.operations())


def test_an_id_given_twice_is_told_with_who_was_given_it_when():
    story = Story().did(0, "generate", answer=7).did(1, "generate", answer=8)
    story.did(2, "generate", answer=7).did(3, "generate", answer=8).did(4, "generate", answer=7)
    found = result(story)
    (violation,) = found.violations
    assert found.verdict is Verdict.INVALID
    assert violation.sentence == (
        "the id 7 was given 3 times, first to process 0 at 0.02 s on n1, then to process 2 at "
        "0.06 s on n3 (so it is with 2 ids)"
    )
    assert violation.kind == "duplicate id"
    assert (violation.operations, violation.culprit) == ((0, 4, 8), 4)
    assert violation.details["ids"] == [{"id": 7, "times": 3}, {"id": 8, "times": 2}]
    assert found.statistics == {"attempted": 5, "acknowledged": 5, "distinct": 2}


def test_few_ids_test_nothing_and_strange_operations_are_refused():
    assert result(Story().did(0, "generate", answer=1)).verdict is Verdict.VACUOUS
    failed = Story().call(0, "generate").fail(0).call(1, "generate").info(1)
    assert "0 ids" in result(failed).reason
    with pytest.raises(HistoryError, match="'read' is no operation"):
        result(Story().did(0, "read"))
    with pytest.raises(HistoryError, match="answered nil"):
        result(Story().did(0, "generate"))


def test_the_promise_is_what_all_stands_for():
    story = Story(model="unique-ids").did(0, "generate", answer=1).did(1, "generate", answer=2)
    told = judge(story.history(), promises=("all",))
    assert [(row.promise, row.verdict) for row in told.promises] == [("unique-ids", Verdict.VALID)]
    assert judge(story.history()).verdict is Verdict.VALID
    with pytest.raises(HistoryError, match="sequential is no promise of the model 'unique-ids'"):
        judge(story.history(), promises=("sequential",))


def test_duplicates_are_those_that_counting_finds():
    seen = set()
    for seed in range(300):
        rng = random.Random(seed)
        story = Story()
        for process in range(rng.randint(2, 12)):
            story.call(process, "generate")
            ended = rng.random()
            if ended < 0.7:
                story.ok(process, rng.randrange(1, 12))
            elif ended < 0.85:
                story.fail(process)
            else:
                story.info(process)
        operations = story.operations()
        counted = Counter(one.output for one in operations if one.outcome is Outcome.OK)
        twice = {name: times for name, times in counted.items() if times > 1}
        found = check_unique_ids(operations)
        assert (found.verdict is Verdict.INVALID) == bool(twice)
        told = {one["id"]: one["times"] for v in found.violations for one in v.details["ids"]}
        assert told == twice
        seen.add(found.verdict)
    assert len(seen) == 3
