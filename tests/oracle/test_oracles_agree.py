"""The two oracles share only the semantics of one operation; they must agree."""

import random

import brute
import frontier
import random_histories


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
