"""The session guarantees: against their definitions, and told by what shows them broken."""

import random
from collections import Counter
from dataclasses import replace

import interleavings
import pytest
import replicas
import sessions_drawn
from story import Story

from checker.consistency import GUARANTEES
from checker.consistency.sessions import NoSessions, Sessions
from checker.consistency.violated import guarantee
from checker.models import MODELS
from checker.reading import SPLITBRAIN
from histories.event import Operation, Outcome
from histories.table import table_of

EACH = 1_500


def sessions(operations, model="cas-register"):
    return Sessions.of(table_of(operations), MODELS[model], SPLITBRAIN)


def answer(operations, promise, model="cas-register"):
    """True: kept; False: broken; None: undecided."""
    kept = guarantee(sessions(operations, model), promise)
    return False if kept.violations else None if kept.undecided else True


@pytest.mark.parametrize("promise", GUARANTEES)
def test_agrees_with_every_order_of_each_keys_writes(promise):
    counts = Counter()
    for seed in range(EACH):
        rng = random.Random(seed)
        operations = drawn(rng)
        expected = interleavings.keeps(promise, operations)
        if rng.random() < 0.5:
            for _ in range(60):
                if expected is False:
                    break
                operations = drawn(rng)
                expected = interleavings.keeps(promise, operations)
        assert answer(operations, promise) is expected, (seed, operations)
        counts[expected] += 1
        if expected is not True:
            assert not interleavings.is_sequential("cas-register", operations)
    assert counts[True] >= 0.3 * EACH and counts[False] >= 0.3 * EACH, counts


def drawn(rng):
    """Messages, or compare-and-sets of which some crash."""
    if rng.random() < 0.7:
        return sessions_drawn.messages(rng, 10)
    return sessions_drawn.drawn(rng, "cas-register", unique=True)


def test_every_violation_names_operations_that_break_it_by_themselves():
    found = 0
    for seed in range(EACH):
        operations = drawn(random.Random(seed))
        for promise in GUARANTEES:
            for violation in guarantee(sessions(operations), promise).violations:
                named = [one for one in operations if one.call in violation.operations]
                assert violation.culprit in violation.operations
                assert interleavings.keeps(promise, named) is False, (seed, promise)
                found += 1
    assert found >= 400


def in_a_set(promise, operations):
    """By definition, of a set in which no element is added twice to a key."""
    ordered = sorted(operations, key=lambda one: one.call)
    own = {}
    for one in ordered:
        asserts = one.outcome is Outcome.OK or (one.outcome is Outcome.INFO and one.f == "add")
        if asserts:
            own.setdefault(one.process, []).append(one)
    adder = {(one.key, one.input): one for one in ordered if one.f == "add"}
    for steps in own.values():
        for at, read in enumerate(steps):
            if read.f != "read":
                continue
            needed = set()
            for one in steps[:at]:
                if one.key == read.key and promise == "read-your-writes" and one.f == "add":
                    needed.add(one.input)
                if one.key == read.key and promise == "monotonic-reads" and one.f == "read":
                    needed.update(one.output)
            if promise in ("monotonic-writes", "writes-follow-reads"):
                for seen in (s for s in steps[: at + 1] if s.f == "read"):
                    for element in seen.output:
                        add = adder.get((seen.key, element))
                        if add is None or add.outcome is Outcome.FAIL:
                            continue
                        before = [o for o in own[add.process] if o.call < add.call]
                        for one in (o for o in before if o.key == read.key):
                            if promise == "monotonic-writes" and one.f == "add":
                                needed.add(one.input)
                            if promise == "writes-follow-reads" and one.f == "read":
                                needed.update(one.output)
            if not needed <= set(read.output):
                return False
    return True


def test_sets_are_decided_by_definition():
    counts = Counter()
    for seed in range(3_000):
        rng = random.Random(seed)
        operations = sessions_drawn.drawn(rng, "set", unique=True, size=10)
        operations = [
            one
            for one in operations
            if one.f == "add"
            or one.outcome is not Outcome.OK
            or len(set(one.output)) == len(one.output)
        ]
        operations = [
            replace(one, output=[e for e in one.output if rng.random() < 0.8])
            if one.f == "read" and one.outcome is Outcome.OK
            else one
            for one in operations
        ]
        added = [(one.key, one.input) for one in operations if one.f == "add"]
        if len(set(added)) < len(added):
            continue
        for promise in GUARANTEES:
            expected = in_a_set(promise, operations)
            assert answer(operations, promise, "set") is expected, (seed, promise, operations)
            counts[promise, expected] += 1
    for promise in GUARANTEES:
        assert counts[promise, False] >= 20, counts


def test_a_compare_and_set_has_read_what_it_replaced():
    story = Story().did(0, "write", 1).did(1, "cas", [1, 2]).did(2, "read", answer=2)
    assert answer(story.operations(), "monotonic-reads") is True
    assert answer(story.did(2, "read", answer=1).operations(), "monotonic-reads") is False


def test_real_time_plays_no_part():
    story = Story().did(0, "write", 1).did(1, "write", 2)
    story.did(2, "read", answer=2).did(2, "read", answer=1)
    assert answer(story.operations(), "monotonic-reads") is True


def test_a_write_of_unknown_outcome_that_somebody_read_counts():
    story = Story().did(0, "write", 1).call(0, "write", 2).info(0)
    story.did(1, "read", answer=2).did(1, "read", answer=1)
    assert answer(story.operations(), "monotonic-reads") is False


def test_a_mismatch_says_nothing():
    story = Story().did(0, "write", 1).call(0, "cas", [1, 2]).fail(0, "mismatch")
    assert answer(story.operations(), "read-your-writes") is True


def test_counters_are_decided_as_far_as_a_sum_can_tell():
    story = Story().did(0, "add", 2).did(0, "add", 2).did(0, "read", answer=2)
    assert answer(story.operations(), "read-your-writes", "counter") is False
    assert answer(story.operations(), "monotonic-reads", "counter") is True
    assert answer(story.operations(), "writes-follow-reads", "counter") is None
    mixed = Story().did(0, "add", 2).did(1, "add", 3).did(0, "read", answer=5)
    assert answer(mixed.operations(), "read-your-writes", "counter") is None
    falling = Story().did(0, "add", 2).did(1, "add", -2).did(0, "read", answer=0)
    assert answer(falling.operations(), "read-your-writes", "counter") is None
    odd = Story().did(0, "add", 2).did(0, "read", answer=3)
    assert answer(odd.operations(), "monotonic-reads", "counter") is None


def test_other_models_are_undecided_and_say_so():
    story = Story().did(0, "enqueue", 1).did(0, "dequeue", answer=1)
    kept = guarantee(sessions(story.operations(), "fifo-queue"), "monotonic-reads")
    assert kept.undecided == (
        "what a session saw of others is told apart in registers, sets and counters, not in the "
        "model 'fifo-queue'"
    )


def test_a_process_that_does_two_things_at_once_is_no_session():
    def write(call, ret, value):
        return Operation(call, ret, 3, "write", "x", value, value, Outcome.OK, 0, 0)

    with pytest.raises(NoSessions, match=r"process 3 ran operations two at once \(events 0 and 1"):
        sessions([write(0, 2, 1), write(1, 3, 2)])
    late = [write(0, None, 1), write(1, 3, 2)]
    with pytest.raises(NoSessions, match="after an operation whose outcome is unknown"):
        sessions(late)


def test_lagging_replicas_keep_all_four_and_forgetful_ones_do_not():
    operations = replicas.lagging(random.Random(1), 3_000, hops=0.1, lag=200)
    assert all(answer(operations, promise) for promise in GUARANTEES)
    operations = replicas.lagging(random.Random(1), 3_000, hops=0.1, lag=200, forgetful=0.5)
    assert not answer(operations, "read-your-writes")
    assert not answer(operations, "monotonic-reads")
