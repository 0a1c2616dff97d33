"""Every model followed event by event, against an engine without any pruning."""

import random

import frontier
import oracle
import pytest
from online_feeding import first_impossible, in_sequence, with_crashes
from test_online_registers import follow

from checker.counters import check_counter
from checker.models import MODELS
from checker.online.counters import CounterKey
from checker.online.limits import Limits
from checker.online.objects import ObjectKey
from checker.online.sets import SetKey
from checker.reading import READINGS, SPLITBRAIN
from checker.sets import check_set
from checker.verdict import Verdict

OBJECTS = sorted(name for name, model in MODELS.items() if model.family == "object")


@pytest.mark.parametrize("model", OBJECTS)
def test_every_prefix_is_judged_as_by_an_engine_without_pruning(model):
    invalid = 0
    for seed in range(300):
        rng = random.Random(seed)
        operations = in_sequence(oracle.small_history(rng, model, 8))
        reading = rng.choice(list(READINGS.values()))
        try:
            expected = first_impossible(operations, model, reading)
        except frontier.TooLarge:
            continue
        follower = ObjectKey(MODELS[model], reading, Limits())
        assert follow(follower, with_crashes(rng, operations)) == expected, (seed, operations)
        invalid += expected is not None
    assert invalid > 60


@pytest.mark.parametrize(
    ("model", "quick", "whole"),
    [("set", SetKey, check_set), ("counter", CounterKey, check_counter)],
)
def test_what_is_seen_at_a_glance_is_sound_and_all_that_is_seen_of_a_whole_history(
    model, quick, whole
):
    seen = 0
    for seed in range(600):
        rng = random.Random(seed)
        operations = in_sequence(oracle.small_history(rng, model, 9))
        try:
            expected = first_impossible(operations, model, SPLITBRAIN)
        except frontier.TooLarge:
            continue
        found = follow(quick(), with_crashes(rng, operations))
        if found is not None:
            assert expected is not None and found[0] >= expected[0], (seed, operations)
            seen += 1
        elif operations:
            assert whole(operations).verdict is not Verdict.INVALID, (seed, operations)
    assert seen > 50


def test_beyond_its_limits_an_object_is_unknown_and_says_so():
    rng = random.Random(4)
    operations = in_sequence(
        oracle.concurrent(rng, "fifo-queue", operations=40, processes=8, crashed=0.4)
    )
    follower = ObjectKey(MODELS["fifo-queue"], SPLITBRAIN, Limits(object_rows_max=20, kinds_max=3))
    assert follow(follower, with_crashes(rng, operations)) is None
    assert follower.trouble is not None
