"""Columns of effects against the model's own word for each operation."""

import random

import pytest
import random_histories
from story import Story

from checker.linearizability.registers import functions
from checker.linearizability.registers.effects import NOTHING, effects_of
from checker.models import CAS_REGISTER, REGISTER
from checker.models.model import Kind
from checker.reading import KNOSSOS, PORCUPINE, READINGS
from histories.canonical import canonical
from histories.table import table_of


def assert_agrees(operations, model, reading, kernels):
    table = table_of(operations)
    effects = effects_of(table, model, reading, kernels)
    numbers = {}
    for row, operation in enumerate(operations):
        effect = model.effect(operation, reading)
        if effect is None:
            assert effects.kind[row] == NOTHING
            continue
        assert effects.kind[row] == effect.kind
        if effect.kind != Kind.WRITE:
            assert (
                numbers.setdefault(canonical_name(effect.expected), effects.expected[row])
                == (effects.expected[row])
            )
        if effect.kind in (Kind.WRITE, Kind.CAS):
            assert (
                numbers.setdefault(canonical_name(effect.new), effects.new[row])
                == (effects.new[row])
            )
    assert numbers.get(None, 0) == 0
    assert len(set(numbers.values())) == len(numbers)
    assert max(numbers.values(), default=0) < effects.values


def canonical_name(value):
    return value


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize("kernels", (functions.PLAIN, None), ids=("plain", "compiled"))
def test_every_row_has_the_effect_the_model_gives_it(reading, kernels):
    for seed in range(150):
        operations = random_histories.mixed(random.Random(seed), 12)
        assert_agrees(operations, CAS_REGISTER, reading, kernels or functions.compiled())


@pytest.mark.parametrize("reading", (KNOSSOS, PORCUPINE))
def test_lists_and_nil_are_values(reading):
    operations = (
        Story()
        .did(0, "write", [1, 2])
        .did(0, "read", answer=[1, 2])
        .did(0, "read", answer=[2, 1])
        .did(0, "write", [[1, 2], [1, 2]])
        .did(0, "write", [None, 1])
        .did(0, "write")
        .did(0, "read")
        .operations()
    )
    assert_agrees(operations, REGISTER, reading, functions.PLAIN)
    sets = Story().did(0, "cas", [[1, 2], None]).did(0, "write", [1, 2]).operations()
    assert_agrees(sets, CAS_REGISTER, reading, functions.PLAIN)
    assert canonical([1, 2]) == canonical((1, 2))
