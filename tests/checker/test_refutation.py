"""Refutations: accepted when they prove a history invalid, and nothing false is."""

import copy
import json
import random

import oracle
import pytest
from story import Story

from checker.linearizability.exhaustive import some_order
from checker.linearizability.refutation import Refutation, verify_refutation
from checker.linearizability.relaxation import Relaxer
from checker.linearizability.shrinking import Shrinker
from checker.linearizability.violation import explain
from checker.models import CAS_REGISTER, MODELS
from checker.reading import KNOSSOS, SPLITBRAIN
from histories.table import table_of


def refuted_by(model, reading):
    return lambda operations: some_order(operations, MODELS[model], reading, 200_000) is False


def refuted_history(seed, models=oracle.MODELS):
    """A random history of one key that is not linearizable, and its refutation; or None."""
    rng = random.Random(seed)
    model, reading = rng.choice(models), rng.choice(oracle.READINGS)
    history = oracle.random_history(rng, model, keys=(None,), crashed_max=4)
    try:
        culprit = oracle.first_stuck(model, history, reading)
    except oracle.TooLarge:
        return None
    if culprit is None:
        return None
    found = explain(None, history, culprit, MODELS[model], reading, refuted_by(model, reading))
    return model, reading, history, culprit, found


def told(model, reading, violation):
    refutation = Refutation.of(MODELS[model], reading, [violation])
    return json.loads(json.dumps(refutation.to_json()))


def test_every_model_is_refuted_by_few_operations_that_are_verified():
    sizes = {model: [] for model in oracle.MODELS}
    for seed in range(500):
        found = refuted_history(seed)
        if found is None:
            continue
        model, reading, history, _, violation = found
        assert violation.details["exhaustive"]
        sizes[model].append(len(violation.details["witness"]))
        data = told(model, reading, violation)
        assert verify_refutation(history, model, data, reading=reading) is None
        other = KNOSSOS if reading is not KNOSSOS else SPLITBRAIN
        assert verify_refutation(history, model, data, reading=other) is not None
    for model, found in sizes.items():
        assert len(found) > 3, model
        assert sum(size < 10 for size in found) >= 0.75 * len(found), model


def tampered(rng, data):
    """The refutation with something changed."""
    changed = copy.deepcopy(data)
    part = changed["parts"][0]
    way = rng.randrange(7)
    step = rng.choice(part["steps"])
    if way == 0:
        part["steps"].remove(step)
    elif way == 1:
        part["culprit"] += rng.choice((-2, -1, 1, 2))
    elif way == 2 and "operations" in step:
        step["operations"] = [*step["operations"], rng.randrange(40)]
    elif way == 3 and "values" in step:
        step["values"] = rng.choice(([], step["values"][1:], [*step["values"], 1]))
    elif way == 4 and "end" in step:
        step["end"] += rng.choice((-3, -1, 1, 3))
    elif way == 5 and part["witness"]:
        one = rng.choice(part["witness"])
        one[rng.choice(("call", "ret", "input", "output"))] = rng.randrange(40)
    elif way == 6:
        part["steps"].insert(rng.randrange(len(part["steps"]) + 1), {"step": "start", "after": 3})
    return changed


def test_whatever_is_changed_is_rejected_or_true_still():
    """On the history itself; and on one that is linearizable nothing is ever accepted."""
    rejected = 0
    for seed in range(200):
        found = refuted_history(seed)
        if found is None:
            continue
        model, reading, history, _, violation = found
        rng = random.Random(seed)
        data = told(model, reading, violation)
        for _ in range(10):
            changed = tampered(rng, data)
            problem = verify_refutation(history, model, changed, reading=reading)
            rejected += problem is not None
            # The witness told must be the one that the steps lead to.
            if problem is None and changed != data:
                assert changed["parts"][0]["steps"] != data["parts"][0]["steps"]
        drawn = {"keys": (None,), "mutated": False, "crashed_max": 4}
        valid = oracle.random_history(rng, model, len(history), **drawn)
        if oracle.is_linearizable(model, valid, reading):
            assert verify_refutation(valid, model, data, reading=reading) is not None
    assert rejected > 200


def stale():
    story = Story("x").did(0, "write", 1).did(1, "write", 2).did(2, "read", answer=1)
    operations = story.operations()
    found = explain(
        "x",
        operations,
        operations[-1],
        CAS_REGISTER,
        SPLITBRAIN,
        refuted_by("cas-register", SPLITBRAIN),
        clusters=(0, 0, 4, 2, 2, 2),
    )
    return operations, told("cas-register", SPLITBRAIN, found)


def test_the_witness_keeps_what_the_sentence_speaks_of():
    operations, data = stale()
    (part,) = data["parts"]
    assert [one["call"] for one in part["witness"]] == [0, 2, 4]
    assert part["clusters"] == [[0, 4], [2]]
    assert verify_refutation(operations, "cas-register", data) is None


def test_the_initial_value_is_a_cluster_too():
    operations = Story().did(0, "write", 1).did(1, "read").operations()
    search = refuted_by("register", SPLITBRAIN)
    culprit, model = operations[-1], MODELS["register"]
    clusters = (-1, -1, 2, 0, 0, 0)
    found = explain(None, operations, culprit, model, SPLITBRAIN, search, clusters=clusters)
    data = told("register", SPLITBRAIN, found)
    assert data["parts"][0]["clusters"] == [[None, 2], [0]]
    assert verify_refutation(operations, "register", data) is None


def test_clusters_that_do_not_exclude_each_other_are_rejected():
    operations, data = stale()
    for clusters in ([[0, 4]], [[0], [2]], [[0, 4], [99]], [[4], [2]], [[None, 4], [2]]):
        data["parts"][0]["clusters"] = clusters
        assert "clusters" in verify_refutation(operations, "cas-register", data)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"format": "splitbrain-linearization"},
        {"model": None},
        {"reading": 3},
        {"parts": []},
        {"parts": [3]},
        {"parts": [{"key": "x"}]},
        {"parts": [{"key": "x", "culprit": 4, "steps": [{}], "witness": [], "clusters": []}]},
        {"parts": [{"key": "x", "culprit": 4, "steps": [], "witness": [], "clusters": []}]},
        {"parts": [{"key": "x", "culprit": 4, "steps": [], "witness": [], "clusters": [["a"]]}]},
        {"parts": [{"key": [], "culprit": 4, "steps": [], "witness": [], "clusters": []}]},
    ],
)
def test_malformed_refutations_are_rejected_without_raising(change):
    operations, data = stale()
    assert verify_refutation(operations, "cas-register", {**data, **change}) is not None


def test_no_single_drop_shrinks_a_witness_further():
    """But for what is kept because the sentence speaks of it."""
    for seed in range(150):
        found = refuted_history(seed)
        if found is None:
            continue
        model, reading, history, culprit, _ = found
        relaxer = Relaxer(MODELS[model], reading)
        search = refuted_by(model, reading)
        shrinker = Shrinker(table_of(history), culprit, relaxer, search, lambda: False)
        witness = shrinker.shrunk()
        protected = shrinker._protected(witness)
        for one in witness.operations:
            if one.call not in protected:
                left = relaxer.without(witness.operations, {one.call})
                assert len(left) == len(witness.operations) or not search(left)


def test_a_history_of_many_thousands_is_shrunk_and_verified_in_a_moment():
    story = Story("x")
    for value in range(4_000):
        story.did(value % 5, "write", value)
        story.did(5, "read", answer=value if value != 3_900 else 3_000)
    operations = story.operations()
    culprit = next(o for o in operations if o.f == "read" and o.output != o.call // 4)
    asked = []

    def search(operations):
        asked.append(len(operations))
        return True

    found = explain("x", operations, culprit, CAS_REGISTER, SPLITBRAIN, search)
    assert asked == [] and len(found.details["witness"]) == 3
    data = told("cas-register", SPLITBRAIN, found)
    assert verify_refutation(operations, "cas-register", data) is None
