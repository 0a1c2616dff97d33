"""The general engine against brute force and an unpruned engine, with every rule on and off."""

import random

import oracle
import pytest

from checker.linearizability.certificate import Certificate
from checker.linearizability.decision import Budget, Status
from checker.linearizability.objects.decide import BREADTH, DEPTH, decide
from checker.linearizability.objects.layout import (
    ALIKE,
    ALL_RULES,
    DOMINANCE,
    DOOM,
    EARLY,
    LACK,
    LATER,
)
from checker.linearizability.verifier import verify
from checker.models import MODELS
from histories.event import Outcome
from histories.table import table_of

SMALL = 250
LONG = 25
RULES = (EARLY, ALIKE, DOMINANCE, LATER, DOOM, LACK)
WAYS = ((DEPTH,), (BREADTH,), (DEPTH, BREADTH))


def decided(name, operations, reading, rng, *, compiled=False, **options):
    """Whether the engine finds the history linearizable, its certificate checked; and its word."""
    model, table = MODELS[name], table_of(operations)
    rules = rng.choice((ALL_RULES, ALL_RULES & ~rng.choice(RULES), rng.randrange(ALL_RULES)))
    decision = decide(
        *(table, model, reading, Budget()),
        **{"rules": rules, "ways": rng.choice(WAYS), "monitors": False, "compiled": compiled}
        | options,
    )
    valid = bool((decision.status == Status.LINEARIZED).all())
    assert valid or (decision.status == Status.REFUTED).any()
    if valid:
        certificate = Certificate.of(table, decision, model, reading)
        assert verify(table, model, certificate, reading=reading) is None, operations
    return valid, decision, table


@pytest.mark.parametrize("name", MODELS)
def test_agrees_with_brute_force_on_small_histories(name):
    invalid = indeterminate = 0
    for seed in range(SMALL):
        rng = random.Random(seed)
        operations, reading = oracle.small_history(rng, name), rng.choice(oracle.READINGS)
        expected = oracle.is_linearizable(name, operations, reading, exhaustive=True)
        assert decided(name, operations, reading, rng)[0] == expected, (seed, operations)
        invalid += not expected
        indeterminate += any(o.outcome is Outcome.INFO for o in operations)
    assert invalid >= 0.3 * SMALL
    assert indeterminate >= 0.3 * SMALL


@pytest.mark.parametrize("name", MODELS)
def test_agrees_with_an_unpruned_engine_on_longer_histories(name):
    invalid = 0
    for seed in range(LONG):
        rng = random.Random(seed)
        operations = oracle.long_history(rng, name, processes=rng.randint(2, 4), crashed_max=4)
        try:
            stuck = oracle.first_stuck(name, operations, configurations_max=4_000)
        except oracle.TooLarge:
            continue
        reading = oracle.READINGS[0]
        valid, decision, table = decided(name, operations, reading, rng, rules=ALL_RULES)
        assert valid == (stuck is None), (seed, operations)
        if stuck is not None:
            invalid += 1
            key = int((decision.status == Status.REFUTED).argmax())
            culprit = table.operation(int(decision.stuck[key]))
            part = [o for o in operations if o.key == culprit.key]
            assert culprit.call == oracle.first_stuck(name, part).call, seed
    assert invalid >= 0.1 * LONG


@pytest.mark.parametrize("name", ["set", "append", "unordered-queue", "multi-register", "lock"])
def test_compiled_kernels_say_the_same(name):
    for seed in range(60):
        rng = random.Random(seed)
        operations = oracle.random_history(rng, name, 14, crashed=0.1, crashed_max=3)
        options = {"rules": rng.randrange(ALL_RULES + 1), "ways": rng.choice(WAYS)}
        plain = decided(name, operations, oracle.READINGS[0], rng, **options)[1]
        fast = decided(name, operations, oracle.READINGS[0], rng, compiled=True, **options)[1]
        assert plain.status.tolist() == fast.status.tolist()
        assert plain.order.tolist() == fast.order.tolist()
        assert plain.stuck.tolist() == fast.stuck.tolist()
        assert plain.expanded.tolist() == fast.expanded.tolist()


@pytest.mark.parametrize("name", MODELS)
def test_what_happened_at_one_instant_overlaps(name):
    """A return moved to the next call makes it no harder: intervals are closed."""
    from dataclasses import replace

    for seed in range(60):
        rng = random.Random(seed)
        operations = oracle.random_history(rng, name, 8, crashed_max=2, keys=(None,))
        calls = sorted(operation.call for operation in operations)
        tied = []
        for one in operations:
            later = [call for call in calls if one.ret is not None and call > one.ret]
            moves = later and rng.random() < 0.5
            tied.append(replace(one, ret=later[0]) if moves else one)
        before = decided(name, operations, oracle.READINGS[0], rng)[0]
        after = decided(name, tied, oracle.READINGS[0], rng)[0]
        assert after == oracle.is_linearizable(name, tied, exhaustive=len(tied) < 8)
        assert after or not before
