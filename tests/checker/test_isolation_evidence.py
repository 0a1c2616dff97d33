"""Evidence of verdicts on isolation: accepted as it is, and not when anything in it is changed."""

import copy
from random import Random

import numpy as np
import pytest
from isolation_told import of
from notation import told
from transactions_drawn import drawn

from checker.linearizability.certificate import CertificateError
from checker.transactions.evidence import IsolationRefutation, SerialOrder
from checker.transactions.showing import evidence_of
from checker.transactions.verifying import verify_isolation


def proofs(operations, lists=True):
    findings = of(operations, lists=lists)
    model = "list-append" if lists else "rw-register"
    for anomaly in findings.anomalies:
        evidence = evidence_of(findings.inferred, anomaly)
        yield IsolationRefutation(model, anomaly.refutes[0], anomaly.name, evidence)


def order_of(operations, lists=True):
    findings = of(operations, lists=lists)
    calls = findings.inferred.transactions.call[findings.order]
    return SerialOrder("list-append" if lists else "rw-register", findings.serial, calls)


def test_an_order_is_refused_when_two_change_places_or_one_is_missing_or_twice():
    operations = told("ax1", "|", "rx1ax2", "|", "rx12")
    proof = order_of(operations)
    assert proof.level == "strict-serializable" and verify_isolation(operations, proof) is None
    for order, why in (
        ([0, 4, 2], "reads what is not there"),
        ([2, 0, 4], "reads what is not there"),
        ([0, 2], "has no place"),
        ([0, 2, 2, 4], "is there twice"),
        ([0, 2, 4, 17], "no transaction of event 17"),
    ):
        other = SerialOrder("list-append", proof.level, np.array(order))
        assert why in verify_isolation(operations, other)


def test_an_order_is_held_to_real_time_and_to_sessions_where_the_level_asks_for_it():
    operations = told("1:ax1", "|", "1:rx")
    order = np.array([2, 0])
    assert verify_isolation(operations, SerialOrder("list-append", "serializable", order)) is None
    for level, why in (
        ("strict-serializable", "was over before one ahead of it was asked for"),
        ("strong-session-serializable", "not in its process's order"),
    ):
        assert why in verify_isolation(operations, SerialOrder("list-append", level, order))


def test_what_failed_has_no_place_in_an_order():
    operations = told("ax1!", "rx")
    assert "had failed" in verify_isolation(
        operations, SerialOrder("list-append", "serializable", np.array([0, 1]))
    )


def test_a_level_that_allows_the_anomaly_is_not_refuted_by_it():
    (proof,) = proofs(told("rxay1", "ryax1"))
    allowed = IsolationRefutation(proof.model, "snapshot-isolation", proof.anomaly, proof.evidence)
    assert verify_isolation(told("rxay1", "ryax1"), proof) is None
    assert "is not ruled out by snapshot-isolation" in verify_isolation(
        told("rxay1", "ryax1"), allowed
    )


def test_evidence_of_one_history_is_none_of_another_that_is_in_order():
    broken = told("ax1ay1", "rx1ry")
    sound = told("ax1ay1", "rx1ry1")
    for proof in proofs(broken):
        assert verify_isolation(broken, proof) is None
        assert verify_isolation(sound, proof) is not None


@pytest.mark.parametrize("lists", [True, False], ids=("lists", "registers"))
def test_evidence_that_was_tampered_with_never_proves_what_is_not_so(lists):
    """Whatever is changed in it: either it is refused, or the level is ruled out all the same."""
    tried = refused = 0
    for seed in range(150):
        rng = Random(seed)
        operations = drawn(rng, rng.randint(3, 6), lists=lists)
        ruled_out = of(operations, lists=lists).refuted
        for proof in proofs(operations, lists):
            for _ in range(4):
                evidence = tampered(rng, proof.evidence)
                other = IsolationRefutation(proof.model, proof.level, proof.anomaly, evidence)
                tried += 1
                if verify_isolation(operations, other) is not None:
                    refused += 1
                else:
                    assert proof.level in ruled_out, (seed, evidence)
    assert refused > tried // 3


def tampered(rng, evidence):
    changed = copy.deepcopy(evidence)
    places = []

    def walk(node):
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for name, value in items:
            places.append((node, name))
            if isinstance(value, (dict, list)):
                walk(value)

    walk(changed)
    node, name = rng.choice(places)
    node[name] = rng.choice([None, 0, 1, 3, 7, "x", "y", "ww", "rw", [], {}, -1])
    return changed


@pytest.mark.parametrize(
    "change",
    [
        {"format": "splitbrain-linearization"},
        {"version": 2},
        {"model": "register"},
        {"level": "linearizable"},
        {"evidence": None},
        {"anomaly": 3},
        {"reading": None},
        {"independent": 1},
    ],
)
def test_what_is_no_certificate_says_what_is_wrong(change):
    (proof,) = proofs(told("rxay1", "ryax1"))
    with pytest.raises(CertificateError, match="certificate"):
        IsolationRefutation.from_json({**proof.to_json(), **change})
