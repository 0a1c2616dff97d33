"""Small histories decided in one call agree with the engine for all sizes, evidence and all."""

import random
from dataclasses import replace

import numpy as np
import pytest
import random_histories

from checker.linearizability.certificate import Certificate
from checker.linearizability.decision import Budget, Status
from checker.linearizability.registers import functions
from checker.linearizability.registers.decide import SEARCH, decide
from checker.linearizability.registers.small import decide_small
from checker.linearizability.verifier import verify
from checker.models import CAS_REGISTER
from checker.reading import KNOSSOS, PORCUPINE, SPLITBRAIN
from histories.event import Operation, Outcome
from histories.table import table_of


def small(table, reading=SPLITBRAIN, budget=None):
    return decide_small(
        table, CAS_REGISTER, reading, budget or Budget(), functions.compiled(), SEARCH
    )


def several_keys(seed):
    """A history of one or two keys."""
    rng = random.Random(seed)
    operations = random_histories.mixed(rng, 10 + seed % 20)
    keys = rng.randint(1, 2)
    return table_of([replace(one, key=f"k{rng.randrange(keys)}") for one in operations])


@pytest.mark.parametrize("reading", (SPLITBRAIN, PORCUPINE, KNOSSOS), ids=lambda one: one.name)
def test_decides_as_the_engine_for_all_sizes_does(reading):
    decided = refuted = 0
    for seed in range(600):
        table = several_keys(seed)
        found = small(table, reading)
        general = decide(table, CAS_REGISTER, reading, Budget(), rules=63, compiled=True)
        is_refuted = (general.status == Status.REFUTED).any()
        if found is None:
            continue
        decided += 1
        refuted += int(is_refuted)
        assert (found.status == Status.REFUTED).any() == is_refuted, seed
        if is_refuted:
            key = int(np.flatnonzero(found.status == Status.REFUTED)[0])
            assert (found.status[key + 1 :] == Status.SKIPPED).all()
            assert found.stuck[key] >= 0
            assert table.key[found.stuck[key]] == key
        else:
            assert (found.status == Status.LINEARIZED).all()
            certificate = Certificate.of(table, found, CAS_REGISTER, reading)
            assert verify(table, CAS_REGISTER, certificate, reading=reading) is None, seed
    assert decided >= 200
    assert refuted >= 50


def write(at, value, key="x"):
    return Operation(at, at + 1, at, "write", key, value, None, Outcome.OK, at, at + 1)


def test_keys_of_unique_values_are_left_to_the_monitor():
    unique = [write(0, 1), write(2, 2)]
    assert small(table_of(unique)) is None
    assert small(table_of([*unique, write(4, 1)])) is not None


def test_values_that_are_lists_are_left_to_those_who_number_them():
    assert small(table_of([write(0, [1, 2]), write(2, [1, 2])])) is None


def test_a_budget_that_it_could_not_keep_is_left_alone():
    table = table_of([write(0, 1), write(2, 1)])
    assert small(table, budget=Budget(configurations=1)) is None
    assert small(table, budget=Budget(memory_bytes=1_000)) is None


def test_a_hard_history_is_left_for_later_and_its_scratch_in_order():
    rng = random.Random(5)
    hard = table_of(random_histories.concurrent(rng, 900, 60, 4, 0.05, 0.0, 0.4, 0.1))
    small(hard)
    easy = [write(0, 1), write(2, 1)]
    found = small(table_of(easy))
    assert found is not None
    assert found.status.tolist() == [Status.LINEARIZED] * len(found.status)
