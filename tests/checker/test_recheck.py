"""The quick check of what a search found agrees with the verifier, on right and wrong orders."""

import random
from dataclasses import replace

import numpy as np
import oracle
import pytest

from checker import verify
from checker.linearizability import recheck, retracing, retracing_texts
from checker.linearizability.certificate import Certificate
from checker.linearizability.decision import Budget, Decision, Status
from checker.linearizability.replaying import _misstep, _walk, register_effects
from checker.linearizability.search import linearizable
from checker.models import APPEND, CAS_REGISTER, MODELS
from checker.models.model import Kind
from checker.reading import KNOSSOS, READINGS, SPLITBRAIN
from histories.canonical import canonical
from histories.table import table_of


def decided(table, certificate):
    """The decision that a certificate came from."""
    orders = {}
    for number in range(len(certificate)):
        key, calls = certificate.part(number)
        orders[canonical(key)] = np.searchsorted(table.call, calls)
    rows = [orders.get(canonical(key), np.empty(0, np.int64)) for key in table.keys]
    count = len(rows)
    return Decision(
        np.full(count, Status.LINEARIZED, np.int8),
        np.concatenate(rows),
        np.cumsum([0, *map(len, rows)]),
        *(np.full(count, -1, np.int64) for _ in range(3)),
    )


def disturbed(rng, decision, rows):
    """The decision with its order changed somewhere."""
    order, starts = decision.order.copy(), decision.starts.copy()
    way = rng.randrange(4)
    if way == 0 and len(order) > 1:
        at = rng.randrange(len(order) - 1)
        order[at : at + 2] = order[at + 1], order[at]
    elif way == 1 and len(order):
        order[rng.randrange(len(order))] = rng.randrange(rows)
    elif way == 2 and len(order):
        at = rng.randrange(len(order))
        order = np.delete(order, at)
        starts = starts - (starts > at)
    elif len(starts) > 2:
        starts[-2] = rng.randrange(len(order) + 1)
    return replace(decision, order=order, starts=starts)


@pytest.mark.parametrize(
    ("model", "kernel"),
    [
        (CAS_REGISTER, lambda *given: recheck._retraced(retracing.retrace, *given)),
        (APPEND, lambda *given: recheck._texts_retraced(retracing_texts.retrace_texts, *given)),
    ],
)
def test_the_kernel_and_the_verifier_agree_on_right_and_wrong_orders(model, kernel):
    wrong = 0
    for seed in range(300):
        rng = random.Random(seed)
        reading = rng.choice(list(READINGS.values()))
        drawn = {"processes": 4, "values": rng.choice((0, 2)), "keys": ("x", "y")}
        table = table_of(oracle.concurrent(rng, model.name, 14, **drawn))
        result = linearizable(table, model, reading=reading)
        if not isinstance(result.certificate, Certificate):
            continue
        right = decided(table, result.certificate)
        for decision in (right, disturbed(rng, right, len(table))):
            certificate = Certificate.of(table, decision, model, reading)
            problem = verify(table, model, certificate, reading=reading)
            assert (kernel(table, decision, reading) == retracing.FINE) == (problem is None)
            wrong += problem is not None
    assert wrong > 100


@pytest.mark.parametrize("reading", READINGS.values())
def test_effects_in_columns_are_those_of_the_model(reading):
    for seed in range(100):
        operations = oracle.random_history(random.Random(seed), "cas-register", 20)
        operations += [
            replace(operations[0], call=10_001, f="write", input=[1, 2], ret=10_002),
            replace(operations[0], call=10_003, f="cas", input=[[1, 2], [2, 1]], ret=10_004),
        ]
        table = table_of(operations)
        columns = zip(*register_effects(table, reading), strict=True)
        effects = [CAS_REGISTER.effect(table.operation(row), reading) for row in range(len(table))]
        numbers = {}
        for effect, (kind, expected, new) in zip(effects, columns, strict=True):
            assert (effect.kind if effect else -1) == kind
            if kind in (Kind.READ, Kind.CAS, Kind.DIFFERS):
                assert numbers.setdefault(effect.expected, expected) == expected
            if kind in (Kind.WRITE, Kind.CAS):
                assert numbers.setdefault(effect.new, new) == new
        assert len(set(numbers.values())) == len(numbers)


def test_lists_of_two_as_values_are_left_to_the_verifier():
    operations = oracle.concurrent(random.Random(1), "register", 4, processes=1, crashed=0)
    one = next(o for o in operations if o.f == "write")
    table = table_of([replace(one, input=[1, 2])])
    decision = decided(table, linearizable(table).certificate)
    assert recheck._retraced(retracing.retrace, table, decision, SPLITBRAIN) == retracing.UNSUITED
    certificate = Certificate.of(table, decision, CAS_REGISTER, KNOSSOS)
    assert recheck.recheck(table, decision, certificate, CAS_REGISTER, KNOSSOS, Budget()) is None


@pytest.mark.parametrize("model", ["fifo-queue", "unordered-queue", "set", "append"])
def test_objects_that_work_in_place_agree_with_the_steps_of_their_model(model):
    """Any sequence of operations, legal or not: accepted by both or by neither."""
    legal = 0
    for seed in range(400):
        rng = random.Random(seed)
        drawn = {"values": rng.choice((1, 2)), "crashed": 0.3, "keys": (None,)}
        history = oracle.random_history(rng, model, 9, mutated=False, **drawn)
        effects = [MODELS[model].effect(one, SPLITBRAIN) for one in history]
        effects = [effect for effect in effects if effect is not None]
        if rng.random() < 0.5:
            at = rng.randrange(len(effects) + 1)
            effects = effects[at:] + effects[:at]
        by_step = _walk(MODELS[model], effects)
        assert (_misstep(MODELS[model], effects) is None) == (by_step is None), effects
        legal += by_step is None
    assert 60 < legal < 340
