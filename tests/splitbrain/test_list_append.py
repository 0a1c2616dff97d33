"""The workload list-append: transactions over groups of lists, and what judges them."""

from collections import Counter
from itertools import islice
from random import Random

from checker.models import MODELS
from splitbrain.workloads import WORKLOADS
from splitbrain.workloads.list_append import LISTS, STEPS_MAX, ListTransactions


def drawn(seed, count=400):
    return list(islice(ListTransactions().items(Random(seed)), count))


def test_a_transaction_has_a_few_steps_over_the_lists_of_its_group():
    items = drawn(1)
    assert {len(item.value) for item in items} == set(range(1, STEPS_MAX + 1))
    steps = [tuple(step) for item in items for step in item.value]
    assert {name for _, name, _ in steps} == set(LISTS)
    assert Counter(f for f, _, _ in steps)["r"] > len(steps) // 3
    several = [i for i in items if len({n for f, n, _ in i.value if f == "append"}) > 1]
    assert len(several) > 20, "some append to more than one list"


def test_no_value_is_appended_twice_to_a_group():
    values = [v for item in drawn(2) for f, _, v in item.value if f == "append"]
    assert len(values) == len(set(values)) > 100


def test_the_seed_fixes_it_and_a_model_splits_it_by_group():
    assert drawn(3) == drawn(3) != drawn(4)
    assert MODELS[WORKLOADS["list-append"].model].by_key
