"""The verifier of valid verdicts: accepts what the search finds, and nothing false."""

import copy
import random

import numpy as np
import pytest
import random_histories
from story import Story

from checker import Certificate, Verdict, linearizable, verify
from checker.linearizability import search
from checker.linearizability.broken import BrokenSearch
from checker.linearizability.decision import Status
from checker.reading import Reading

DEAF = Reading("deaf", "never", "nil")
"""Nothing that failed says anything."""


def story():
    told = Story("x").did(0, "write", 1).call(1, "cas", [1, 2]).call(2, "write", 9).ok(1)
    return told.did(0, "read", answer=2).info(2).operations()


def valid():
    operations = story()
    certificate = linearizable(operations).certificate.to_json()
    assert certificate["parts"] == [{"key": "x", "order": [0, 2, 5]}]
    return operations, certificate


def reordered(order):
    operations, certificate = valid()
    certificate["parts"][0]["order"] = order
    return verify(operations, "cas-register", certificate)


def test_accepts_the_order_found():
    operations, certificate = valid()
    assert verify(operations, "cas-register", certificate) is None


def test_rejects_an_operation_left_out():
    assert "completed but is not in the order" in reordered([0, 2])


def test_rejects_an_order_against_real_time():
    story = Story("x").did(0, "write", 1).did(0, "write", 2)
    operations = story.operations()
    certificate = linearizable(operations).certificate.to_json()
    certificate["parts"][0]["order"] = [2, 0]
    problem = verify(operations, "cas-register", certificate)
    assert problem == "key 'x': operation 0 had returned before operation 2 began"


def test_rejects_a_step_the_model_cannot_take():
    assert "impossible when the state is 9" in reordered([0, 3, 2, 5])


def test_accepts_an_open_operation_that_took_effect_after_all():
    assert reordered([0, 2, 5, 3]) is None


@pytest.mark.parametrize("order", ([0, 0, 2, 5], [0, 2, 5, 77], [0, 2, "5"], [None], [[0]]))
def test_rejects_strange_orders_without_raising(order):
    assert reordered(order) is not None


def test_rejects_another_model_reading_or_version_and_missing_or_double_parts():
    operations, certificate = valid()
    assert verify(operations, "register", certificate) is not None
    assert verify(operations, "cas-register", certificate, reading=DEAF) is not None
    for change in (
        {"version": 1},
        {"parts": []},
        {"parts": certificate["parts"] * 2},
        {"parts": None},
        {"parts": [3]},
        {"parts": [{"key": "x"}]},
        {"parts": [{"key": ["x"], "order": []}]},
    ):
        assert verify(operations, "cas-register", {**certificate, **change}) is not None


def test_a_certificate_is_plain_json():
    import json

    _, certificate = valid()
    assert json.loads(json.dumps(certificate)) == certificate


def test_any_two_operations_swapped_are_accepted_only_if_they_may_be():
    """Swaps of neighbours, judged by the definition and by the verifier."""
    rejected = 0
    for seed in range(150):
        operations = random_histories.concurrent(random.Random(seed), 12, 4, 3)
        result = linearizable(operations)
        found = result.certificate.to_json()
        order = found["parts"][0]["order"]
        by_call = {o.call: o for o in operations}
        for i in range(len(order) - 1):
            changed = copy.deepcopy(found)
            changed["parts"][0]["order"][i : i + 2] = order[i + 1], order[i]
            first, second = by_call[order[i]], by_call[order[i + 1]]
            problem = verify(operations, "cas-register", changed)
            if first.ret is not None and first.ret < second.call:
                assert problem is not None
            rejected += problem is not None
    assert rejected > 300


def lying(monkeypatch, lie):
    """Let the engine's order be falsified by ``lie(order)``."""
    honest = search._engine

    def engine_of(model):
        def decide(*arguments):
            decision = honest(model)(*arguments)
            decision.status[:] = Status.LINEARIZED
            decision.order = lie(decision.order)
            decision.starts[-1] = len(decision.order)
            return decision

        return decide

    monkeypatch.setattr(search, "_engine", engine_of)


def test_a_search_that_finds_legal_what_is_not_is_rejected(monkeypatch):
    lying(monkeypatch, lambda order: np.arange(3))
    stale = Story().did(0, "write", 1).did(0, "write", 2).did(1, "read", answer=1)
    with pytest.raises(BrokenSearch, match="impossible when the state is 2"):
        linearizable(stale.operations())


def test_a_search_that_forgets_real_time_is_rejected(monkeypatch):
    lying(monkeypatch, lambda order: order[::-1])
    writes = Story().did(0, "write", 1).did(0, "write", 2)
    with pytest.raises(BrokenSearch, match="had returned before"):
        linearizable(writes.operations())


def test_a_search_that_loses_an_operation_is_rejected(monkeypatch):
    lying(monkeypatch, lambda order: order[:-1])
    with pytest.raises(BrokenSearch, match="is not in the order"):
        linearizable(Story().did(0, "write", 1).did(0, "write", 2).operations())


def test_valid_verdicts_always_carry_an_order():
    for seed in range(200):
        result = linearizable(random_histories.mixed(random.Random(seed)))
        found = isinstance(result.certificate, Certificate)
        assert found == (result.verdict is Verdict.VALID)
