"""Relaxations never make a linearizable history unlinearizable; witnesses stay refuted."""

import random

import brute
import frontier
import random_histories
from story import Story

from checker import Verdict, linearizable
from checker.linearizability.relaxation import Relaxer
from checker.models import CAS_REGISTER
from checker.reading import SPLITBRAIN, Reading

DEAF = Reading("deaf", "never", "nil")


def test_no_relaxation_of_a_valid_history_is_invalid():
    """Random sequences of prefix cuts and drops, over histories that are valid."""
    dropped = 0
    for seed in range(1500):
        rng = random.Random(seed)
        observes = rng.random() < 0.8
        relaxer = Relaxer(CAS_REGISTER, SPLITBRAIN if observes else DEAF)
        operations = random_histories.concurrent(rng, 14, rng.randint(2, 5), 3, 0.1, 0.05)
        if rng.random() < 0.5:
            end = rng.choice([o.ret for o in operations if o.ret is not None] or [0])
            operations = relaxer.prefix(operations, end)
        for _ in range(4):
            unwanted = {o.call for o in operations if rng.random() < 0.4}
            kept = relaxer.without(operations, unwanted)
            dropped += len(operations) - len(kept)
            operations = kept
        if sum(o.ret is None for o in operations) <= 6:
            assert frontier.is_linearizable(operations, observes)
    assert dropped > 3000


def test_the_same_for_long_histories_which_are_dropped_in_one_pass():
    for seed in range(60):
        rng = random.Random(seed)
        relaxer = Relaxer(CAS_REGISTER, SPLITBRAIN)
        operations = random_histories.concurrent(rng, 150, 4, 4, 0.02, 0.05)
        unwanted = {o.call for o in operations if rng.random() < 0.5}
        kept = relaxer.without(operations, unwanted)
        assert len(kept) < len(operations)
        assert linearizable(kept).verdict is Verdict.VALID


def test_a_write_that_somebody_needs_is_not_dropped():
    # Dropping write 1 alone would make this valid history invalid.
    story = Story().call(0, "write", 1).call(1, "write", 2).did(2, "read", answer=1).ok(0).ok(1)
    operations = story.operations()
    assert brute.is_linearizable(operations)
    kept = Relaxer(CAS_REGISTER, SPLITBRAIN).without(operations, {o.call for o in operations})
    assert brute.is_linearizable(kept)


def test_open_operations_that_only_enable_each_other_go_together():
    story = Story().call(1, "cas", [1, 2]).info(1).call(2, "cas", [2, 1]).info(2)
    story.call(3, "write", 1).info(3).did(0, "read")
    relaxer = Relaxer(CAS_REGISTER, SPLITBRAIN)
    operations = story.operations()
    assert [o.f for o in relaxer.without(operations, {o.call for o in operations[:3]})] == ["read"]


def test_the_cover_of_a_dropped_write_is_not_dropped_with_it():
    story = Story().did(0, "write", 1).did(0, "write", 2).did(0, "read", answer=2)
    relaxer = Relaxer(CAS_REGISTER, SPLITBRAIN)
    kept = relaxer.without(story.operations(), {0, 2})
    assert [o.call for o in kept] == [2, 4]


def test_witnesses_are_small_and_refuted_by_brute_force():
    sizes = []
    for seed in range(250):
        rng = random.Random(seed)
        operations = random_histories.concurrent(rng, 60, 5, 4, 0.04, 0.05)
        operations = random_histories.mutated(rng, operations, 4)
        result = linearizable(operations)
        if result.verdict is not Verdict.INVALID:
            continue
        (violation,) = result.violations
        assert violation.details["exhaustive"]
        assert violation.culprit in violation.operations
        sizes.append(len(violation.operations))
    assert len(sizes) > 80
    assert sum(size < 10 for size in sizes) >= 0.9 * len(sizes)
    assert sorted(sizes)[len(sizes) // 2] <= 4
