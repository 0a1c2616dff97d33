"""The two oracles share only the semantics of one operation; they must agree."""

import random

import brute
import frontier
import oracle
import pytest
import random_histories

from histories.event import Outcome

EACH = 400


def test_trying_every_order_and_following_every_configuration_agree():
    for seed in range(2000):
        rng = random.Random(seed)
        operations = random_histories.mixed(rng, 6)
        assert brute.is_linearizable(operations) == frontier.is_linearizable(operations)


def test_a_real_object_under_simulated_concurrency_is_linearizable():
    for seed in range(300):
        rng = random.Random(seed)
        operations = random_histories.concurrent(rng, rng.randint(1, 30), crashed=0.05)
        assert frontier.is_linearizable(operations)


@pytest.mark.parametrize("model", oracle.MODELS)
def test_they_agree_on_every_model_and_the_histories_are_worth_trying(model):
    invalid = indeterminate = 0
    for seed in range(EACH):
        rng = random.Random(seed)
        operations = oracle.small_history(rng, model, 6)
        reading = rng.choice(oracle.READINGS)
        answer = oracle.is_linearizable(model, operations, reading, exhaustive=True)
        assert answer == oracle.is_linearizable(model, operations, reading), (seed, operations)
        invalid += not answer
        indeterminate += any(o.outcome is Outcome.INFO for o in operations)
    assert invalid >= 0.3 * EACH
    assert indeterminate >= 0.3 * EACH


@pytest.mark.parametrize("model", oracle.MODELS)
def test_real_objects_of_every_model_are_linearizable(model):
    for seed in range(60):
        rng = random.Random(seed)
        operations = oracle.random_history(rng, model, mutated=False, crashed=0.05, crashed_max=5)
        try:
            assert oracle.is_linearizable(model, operations), (seed, operations)
        except oracle.TooLarge:
            continue
