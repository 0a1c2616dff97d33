"""The whole checker against brute force on small histories, and against an unpruned engine.

What is compared is ``linearizable`` itself: its verdict, its certificate (re-checked
inside), and for a refuted history that its witness is refuted by brute force too.
"""

import random

import brute
import frontier
import random_histories

from checker import Verdict, linearizable
from checker.linearizability.registers import functions
from checker.reading import SPLITBRAIN, Reading
from histories.event import Outcome

DEAF = Reading("deaf", "never", "nil")
"""Nothing that failed says anything."""

SMALL = 5_000
LONG = 400


def agrees(operations, mismatch_observes, expected):
    result = linearizable(operations, reading=SPLITBRAIN if mismatch_observes else DEAF)
    assert result.verdict is (Verdict.VALID if expected else Verdict.INVALID), operations
    return result


def test_agrees_with_brute_force_on_small_histories():
    functions.compiled()
    invalid = indeterminate = mismatches = 0
    for seed in range(SMALL):
        rng = random.Random(seed)
        mismatch_observes = rng.random() < 0.8
        operations = random_histories.mixed(rng)
        expected = brute.is_linearizable(operations, mismatch_observes)
        agrees(operations, mismatch_observes, expected)
        invalid += not expected
        indeterminate += any(o.outcome is Outcome.INFO for o in operations)
        mismatches += any(o.error == "mismatch" for o in operations)
    assert invalid >= 0.30 * SMALL
    assert indeterminate >= 0.30 * SMALL
    assert mismatches >= 0.30 * SMALL


def test_agrees_with_an_unpruned_engine_on_longer_histories():
    functions.compiled()
    invalid = judged = 0
    for seed in range(LONG):
        rng = random.Random(seed)
        values = rng.choice((2, 3, 4, 6))
        operations = random_histories.concurrent(
            rng,
            operations=rng.randint(30, 120),
            processes=rng.randint(2, 6),
            values=values,
            crashed=rng.choice((0, 0.03, 0.06)),
            failed=rng.choice((0, 0.1)),
            cas=rng.choice((0.1, 0.3, 0.6)),
            eager=rng.choice((0.3, 0.5, 0.8)),
        )
        if sum(o.ret is None for o in operations) > 6:
            continue
        if rng.random() < 0.7:
            operations = random_histories.mutated(rng, operations, values)
        stuck = frontier.first_stuck(operations)
        result = agrees(operations, True, stuck is None)
        judged += 1
        if stuck is not None:
            invalid += 1
            assert result.violations[0].culprit == stuck.call
    assert judged >= 0.8 * LONG
    assert invalid >= 0.3 * judged
