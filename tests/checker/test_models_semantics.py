"""Every model against its plain restatement, and what it promises a search against its steps."""

import random
from itertools import product

import oracle
import pytest
import semantics

from checker.models import MODELS
from checker.models.model import Model
from histories.event import Operation, Outcome

HISTORIES = 150


def normal(model, state):
    """A state of the checker's model in the oracle's words."""
    if model == "lock" and state is not None:
        kind, name = state
        return name if kind == "process" else ("named", name)
    if model == "bank":
        return tuple(sorted(state))
    if model == "unordered-queue":
        return tuple(sorted((e for e, count in state for _ in range(count)), key=repr))
    return state


def histories(name):
    for seed in range(HISTORIES):
        rng = random.Random(seed)
        yield rng, oracle.random_history(rng, name, rng.randint(5, 25), keys=(None,))


def effects_of(model, operations, reading=oracle.READINGS[0]):
    effects = (model.effect(operation, reading) for operation in operations)
    return list(dict.fromkeys(effect for effect in effects if effect is not None))


def walks(name):
    """States met when the effects of a history are taken at random, and those effects."""
    model = MODELS[name]
    for rng, operations in histories(name):
        effects = effects_of(model, operations)
        state, states = model.init, [model.init]
        for _ in range(20 if effects else 0):
            after = model.step(state, rng.choice(effects))
            if after:
                state = rng.choice(after)
                states.append(state)
        yield model, rng, effects, states


@pytest.mark.parametrize("name", MODELS)
def test_does_what_its_restatement_does(name):
    model = MODELS[name]
    for rng, operations in histories(name):
        reading = rng.choice(oracle.READINGS)
        state, plain = model.init, semantics.INIT[name]
        rng.shuffle(operations)
        for operation in operations * 3:
            assert model.misfit(operation) is None
            effect = model.effect(operation, reading)
            relevant = semantics.relevant(name, operation, reading)
            if effect is None or (operation.outcome is Outcome.INFO and model.observes(effect)):
                assert not relevant or model.observes(effect), operation
                continue
            assert relevant, operation
            after = {normal(name, one): one for one in model.step(state, effect)}
            assert set(after) == set(semantics.apply(name, plain, operation, reading))
            if model.observes(effect):
                assert set(after.values()) <= {state}
            if after:
                plain = rng.choice(sorted(after, key=repr))
                state = after[plain]


@pytest.mark.parametrize("name", [n for n, model in MODELS.items() if model.independent])
def test_independent_effects_are(name):
    seen = 0
    for model, rng, effects, states in walks(name):
        for a, b in product(rng.sample(effects, min(6, len(effects))), repeat=2):
            assert model.independent(a, b) == model.independent(b, a)
            if not model.independent(a, b):
                continue
            seen += 1
            for state in states:
                after = model.step(state, a)
                for one in after:
                    assert bool(model.step(one, b)) == bool(model.step(state, b))
                both = [two for one in after for two in model.step(one, b)]
                other = [two for one in model.step(state, b) for two in model.step(one, a)]
                assert set(both) == set(other)
    assert seen > 100


@pytest.mark.parametrize("name", [n for n, model in MODELS.items() if model.lack])
def test_what_is_impossible_stays_so_until_what_it_lacks_is_supplied(name):
    seen = supplied = 0
    for model, rng, effects, states in walks(name):
        for effect in effects:
            state = rng.choice(states)
            lack = None if model.step(state, effect) else model.lack(state, effect)
            if lack is None:
                continue
            seen += 1
            supplied += any(model.supplies(lack, other) for other in effects)
            useless = [other for other in effects if not model.supplies(lack, other)]
            for _ in range(10 if useless else 0):
                after = model.step(state, rng.choice(useless))
                state = rng.choice(after) if after else state
                assert not model.step(state, effect)
    assert seen > 100
    assert supplied > 50


@pytest.mark.parametrize("name", [n for n, model in MODELS.items() if model.doom])
def test_what_is_doomed_stays_impossible(name):
    seen = 0
    for model, rng, effects, states in walks(name):
        doomed = model.doom(effects)
        if doomed is None:
            continue
        lasting = [e for e in effects if model.resets is None or not model.resets(e)]
        for effect in effects:
            for state in states:
                if doomed(state, effect):
                    seen += 1
                    for _ in range(5 if lasting else 0):
                        assert not model.step(state, effect)
                        after = model.step(state, rng.choice(lasting))
                        state = rng.choice(after) if after else state
    assert seen > 100


@pytest.mark.parametrize("name", [n for n, model in MODELS.items() if model.resets])
def test_a_reset_makes_the_state_what_it_is_whatever_it_was(name):
    for model, _, effects, states in walks(name):
        for effect in effects:
            if model.resets(effect):
                assert len({model.step(state, effect) for state in states}) == 1


@pytest.mark.parametrize("name", [n for n, model in MODELS.items() if model.abstraction])
def test_a_representative_can_do_what_its_states_can(name):
    merged = 0
    for model, rng, effects, states in walks(name):
        abstract = model.abstraction(effects)
        if abstract is None:
            continue
        for state in states:
            concrete, merger = state, abstract(state)
            merged += merger != state
            for _ in range(10):
                effect = rng.choice(effects)
                after = model.step(concrete, effect)
                assert {abstract(s) for s in after} == {
                    abstract(s) for s in model.step(merger, effect)
                }
                if after:
                    (concrete,) = after
                    merger = abstract(concrete)
    assert merged > 100


def did(f, given=None, answer=None, outcome=Outcome.OK, key=None):
    return Operation(0, 1, 0, f, key, given, answer, outcome, 0, 1)


@pytest.mark.parametrize(
    ("name", "operation", "said"),
    [
        ("mutex", did("lock"), "'lock' is no operation of the model 'mutex' (acquire, release)"),
        ("lock", did("read"), "'read' is no operation of the model 'lock'"),
        ("fifo-queue", did("enqueue"), "an enqueue of nil"),
        ("unordered-queue", did("drain"), "'drain' is no operation"),
        ("set", did("read", answer=3), "answered 3, not a list"),
        ("counter", did("add", "x"), "an add of 'x', which is not an integer"),
        ("counter", did("read"), "answered None, not an integer"),
        ("append", did("get", answer=3), "a get answered 3"),
        ("multi-register", did("txn", [["r", "x"]]), "[f, register, value] is expected"),
        ("multi-register", did("txn", [["a", "x", 1]]), "f is one of r, read, w, write"),
        ("list-append", did("get"), "'get' is no operation of the model 'list-append' (txn)"),
        ("list-append", did("txn", [["w", "x", 1]]), "f is one of r, read, append"),
        ("list-append", did("txn", [["r", "x", None]], [["r", "x", 3]]), "a txn that read 3"),
        ("list-append", did("txn", [["r", "x"]]), "[f, list, value] is expected"),
        ("multi-register", did("write", 3), "an object of registers, or a key, is expected"),
    ],
)
def test_says_what_does_not_fit(name, operation, said):
    assert said in MODELS[name].misfit(operation)


def test_every_model_says_what_it_is():
    for name, model in MODELS.items():
        assert isinstance(model, Model)
        assert model.name == name
        assert model.summary and model.outcomes
        assert len(model.summary) <= 90 and "\n" not in model.summary
