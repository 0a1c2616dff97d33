"""Sequential consistency against trying every interleaving, on 15,000 histories.

Every verdict is checked by its certificate too, and every certificate that was tampered with is
turned down.
"""

import random
from collections import Counter

import interleavings
import oracle
import pytest
import replicas
import sessions_drawn

from checker import linearizable
from checker.consistency import inference
from checker.consistency.order import SequentialOrder
from checker.consistency.proof import claim_of, problem_of, proof_from_json
from checker.consistency.saturation import Saturation
from checker.consistency.sequential import decide_sequential
from checker.consistency.sessions import Sessions
from checker.consistency.writes import Writes
from checker.linearizability.certificate import Certificate
from checker.models import MODELS
from checker.reading import READINGS, SPLITBRAIN
from checker.verdict import Verdict
from histories.event import Outcome
from histories.table import table_of

EACH = {"cas-register": 6_000, "register": 4_000, "set": 3_000, "counter": 2_500}
OTHERS = ("multi-register", "fifo-queue", "lock", "append")


def decided(model, operations, reading=SPLITBRAIN):
    return decide_sequential(Sessions.of(table_of(operations), MODELS[model], reading))


@pytest.mark.parametrize("model", EACH)
def test_agrees_with_every_interleaving(model):
    counts = Counter()
    for seed in range(EACH[model]):
        rng = random.Random(seed)
        operations = sessions_drawn.drawn(rng, model, unique=rng.random() < 0.8)
        reading = rng.choice(list(READINGS.values())) if rng.random() < 0.2 else SPLITBRAIN
        expected = interleavings.is_sequential(model, operations, reading)
        table = table_of(operations)
        found = decided(model, table, reading)
        assert found.verdict is (Verdict.VALID if expected else Verdict.INVALID), (seed, operations)
        assert found.certificate is not None, (seed, operations)
        proof = proof_from_json(found.certificate.to_json())
        assert claim_of(proof) == ("sequential", str(found.verdict))
        assert problem_of(table, MODELS[model], proof, reading) is None, (seed, operations)
        counts["invalid"] += not expected
        counts["indeterminate"] += any(one.outcome is Outcome.INFO for one in operations)
        counts["several keys"] += len({one.key for one in operations}) > 1
        counts[found.algorithm] += 1
    assert 0.3 * EACH[model] <= counts["invalid"] <= 0.7 * EACH[model], counts
    assert counts["indeterminate"] >= 0.25 * EACH[model], counts
    assert counts["several keys"] >= 0.4 * EACH[model], counts
    if model in ("register", "cas-register"):
        assert counts["inference"] >= 0.6 * EACH[model], counts


@pytest.mark.parametrize("model", OTHERS)
def test_other_models_are_decided_by_every_order(model):
    invalid = 0
    for seed in range(300):
        rng = random.Random(seed)
        operations = sessions_drawn.drawn(rng, model, unique=rng.random() < 0.5, size=7)
        expected = interleavings.is_sequential(model, operations)
        found = decided(model, operations)
        assert found.verdict is (Verdict.VALID if expected else Verdict.INVALID), (seed, operations)
        invalid += not expected
    assert invalid >= 50


def test_both_ways_of_inference_say_the_same(monkeypatch):
    for seed in range(60):
        operations = replicas.lagging(
            random.Random(seed), 150, clients=4, keys=2, cas=0.3, forgetful=(seed % 3) / 2
        )
        sessions = Sessions.of(table_of(operations), MODELS["cas-register"], SPLITBRAIN)
        core = sessions.of_steps(Writes.of(sessions).taken)
        monkeypatch.setattr(inference, "MATRIX_MAX", 10**9)
        whole = Saturation(Writes.of(core))
        monkeypatch.setattr(inference, "MATRIX_MAX", -1)
        by_session = Saturation(Writes.of(core))
        assert bool(whole.cycle) == bool(by_session.cycle)
        if not whole.cycle:
            every = range(len(core))
            assert [[whole.reaches(a, b) for a in every] for b in every] == [
                [by_session.reaches(a, b) for a in every] for b in every
            ]


@pytest.mark.parametrize("model", EACH)
def test_a_linearization_woven_together_is_an_order_of_all(model):
    for seed in range(200):
        rng = random.Random(seed)
        operations = oracle.random_history(
            rng, model, mutated=False, keys=("x", "y", "z"), crashed=0.1, crashed_max=3
        )
        certificate = linearizable(operations, model).certificate
        assert isinstance(certificate, Certificate)
        order = SequentialOrder.of_linearization(table_of(operations), certificate)
        assert problem_of(operations, MODELS[model], order, SPLITBRAIN) is None


def test_an_order_that_was_tampered_with_is_turned_down():
    refused = 0
    for seed in range(600):
        rng = random.Random(seed)
        operations = sessions_drawn.drawn(rng, "cas-register", unique=True)
        found = decided("cas-register", operations)
        if found.verdict is not Verdict.VALID or len(found.certificate) < 2:
            continue
        data = found.certificate.to_json()
        calls = data["order"]
        way = rng.randrange(4)
        at = rng.randrange(len(calls))
        if way == 0:
            calls[at] = 999
        elif way == 1:
            calls.append(calls[at])
        elif way == 2:
            info = {one.call for one in operations if one.outcome is Outcome.INFO}
            del calls[at : at + 1 + (calls[at] in info)]
        else:
            calls.reverse()
        problem = problem_of(operations, MODELS["cas-register"], proof_from_json(data), SPLITBRAIN)
        if problem is None:
            # What is left must be an order again: of few operations many are.
            assert way in (2, 3)
            continue
        refused += 1
    assert refused >= 200


def test_a_witness_that_was_tampered_with_is_turned_down():
    refused = 0
    for seed in range(800):
        rng = random.Random(seed)
        operations = sessions_drawn.drawn(rng, "cas-register", unique=True, size=10)
        found = decided("cas-register", operations)
        if found.verdict is not Verdict.INVALID or len(found.certificate) < 2:
            continue
        data = found.certificate.to_json()
        del data["witness"][rng.randrange(len(data["witness"]))]
        # What was left out by shrinking cannot be left out: nothing smaller is a witness.
        proof = proof_from_json(data)
        assert problem_of(operations, MODELS["cas-register"], proof, SPLITBRAIN) is not None
        data["rule"] = "key"
        proof = proof_from_json(data)
        assert problem_of(operations, MODELS["cas-register"], proof, SPLITBRAIN) is not None
        refused += 1
    assert refused >= 100


@pytest.mark.parametrize(
    ("parameters", "forgetful"),
    [
        ({}, 0.0),
        ({"cas": 0.0, "crashed": 0.03, "lag": 300}, 0.0),
        ({"cas": 0.4, "crashed": 0.01, "hops": 0.1}, 0.0),
        ({"keys": 1, "per_key": 10_000, "lag": 100}, 0.0),
        ({"hops": 0.1, "lag": 300}, 0.3),
    ],
)
def test_histories_of_lagging_replicas_are_decided(parameters, forgetful):
    """Of 2,000 operations; 20,000 take some two seconds."""
    for seed in range(3):
        operations = replicas.lagging(random.Random(seed), 2_000, forgetful=forgetful, **parameters)
        found = decided("cas-register", operations)
        assert found.verdict is (Verdict.INVALID if forgetful else Verdict.VALID), seed
        assert found.certificate is not None
        assert len(found.certificate) <= 20 or not forgetful


def test_keys_that_are_sequential_one_by_one_are_refuted_by_a_few_operations():
    for seed in range(3):
        operations = replicas.apart(random.Random(seed), 2_000)
        for key in range(5):
            alone = [one for one in operations if one.key == key]
            assert decided("cas-register", alone).verdict is Verdict.VALID
        found = decided("cas-register", operations)
        assert found.verdict is Verdict.INVALID
        assert 4 <= len(found.certificate) <= 8
        witness = [one for one in operations if one.call in found.certificate.witness]
        assert not interleavings.is_sequential("cas-register", witness)
        assert "keys alone has one" in found.reason or "which is older" in found.reason
