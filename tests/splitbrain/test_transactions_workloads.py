"""The workloads list-append and rw-register: transactions over groups of keys, and their judge."""

from collections import Counter
from itertools import islice
from random import Random

import pytest

from checker.judge import ISOLATED
from splitbrain.workloads import WORKLOADS
from splitbrain.workloads.transactions import NAMES, STEPS_MAX, Transactions

WRITES = {"list-append": "append", "rw-register": "w"}
each = pytest.mark.parametrize("write", WRITES.values())


def drawn(write, seed, count=400):
    return list(islice(Transactions(write).items(Random(seed)), count))


@each
def test_a_transaction_has_a_few_steps_over_the_keys_of_its_group(write):
    items = drawn(write, 1)
    assert {len(item.value) for item in items} == set(range(1, STEPS_MAX + 1))
    steps = [tuple(step) for item in items for step in item.value]
    assert {name for _, name, _ in steps} == set(NAMES)
    assert {f for f, _, _ in steps} == {"r", write}
    assert Counter(f for f, _, _ in steps)["r"] > len(steps) // 3
    several = [i for i in items if len({n for f, n, _ in i.value if f == write}) > 1]
    assert len(several) > 20, "some write to more than one key"


@each
def test_no_value_is_written_twice_to_a_group(write):
    values = [v for item in drawn(write, 2) for f, _, v in item.value if f == write]
    assert len(values) == len(set(values)) > 100


@each
def test_the_seed_fixes_it(write):
    assert drawn(write, 3) == drawn(write, 3) != drawn(write, 4)


def test_they_are_judged_by_levels_of_isolation():
    for name in WRITES:
        assert WORKLOADS[name].model == name and name in ISOLATED
