"""Registers under busy clients: what is supposed and taken back, and what that shows."""

import json
from random import Random

import pytest
from isolation_told import of
from registers_simulated import PROMISED, Asked, simulated

from checker.transactions.choosing import versions_for
from checker.transactions.evidence import IsolationRefutation, SerialOrder, VersionOrder
from checker.transactions.levels import implied
from checker.transactions.showing import evidence_of
from checker.transactions.verifying import verify_isolation


def assert_proved(operations, findings):
    """Everything that is found is accepted by the verifier."""
    call = findings.inferred.transactions.call
    if findings.order is not None:
        proof = SerialOrder("rw-register", findings.serial, call[findings.order])
        again = SerialOrder.from_json(json.loads(json.dumps(proof.to_json())))
        assert verify_isolation(operations, again) is None
    for level in ("snapshot-isolation", "strong-snapshot-isolation", "causal"):
        if level in findings.holds and level not in implied(findings.serial or "read-committed"):
            versions = versions_for(findings, level, False)
            shown = VersionOrder("rw-register", level, versions)
            assert verify_isolation(operations, shown) is None
    for one in findings.anomalies:
        shown = evidence_of(findings.inferred, one)
        for level in one.refutes:
            proof = IsolationRefutation("rw-register", level, one.name, shown)
            assert verify_isolation(operations, proof) is None, one


@pytest.mark.parametrize(
    "store",
    [
        pytest.param(store, marks=pytest.mark.thorough if store == "careless" else ())
        for store in PROMISED
    ],
)
def test_what_a_store_promises_is_found_and_what_it_does_not_is_refuted(store):
    refuted = 0
    for seed in range(2):
        size = 40 if store == "careless" else 70
        operations = simulated(Random(seed), Asked(size, clients=10, keys=8, store=store))
        findings = of(operations, lists=False, compiled=False)
        assert_proved(operations, findings)
        assert findings.verdict(PROMISED[store]) == "valid", seed
        for level in ("strict-serializable", "serializable"):
            assert findings.verdict(level) != "unknown", (seed, level)
        refuted += findings.verdict("strict-serializable") == "invalid"
    assert (refuted > 0) == (store != "serial")


@pytest.mark.thorough
@pytest.mark.parametrize("store", PROMISED)
@pytest.mark.parametrize("transactions", [500, 2_000])
def test_the_same_of_long_histories(store, transactions):
    for seed in range(4):
        asked = Asked(transactions, clients=20, keys=10, store=store)
        operations = simulated(Random(seed), asked)
        findings = of(operations, lists=False)
        assert_proved(operations, findings)
        assert findings.verdict(PROMISED[store]) == "valid", seed


def test_a_stale_read_among_hundreds_is_told_by_the_few_that_show_it():
    operations = simulated(Random(7), Asked(150, clients=5, store="stale", crashed=0))
    findings = of(operations, lists=False, compiled=False)
    shown = [one for one in findings.anomalies if one.name == "no-serial-order"]
    for one in shown:
        assert len(one.rows) <= 6
        rows = [int(findings.inferred.transactions.call[row]) for row in one.rows]
        fewer = {"transactions": rows[1:]}
        proof = IsolationRefutation("rw-register", one.refutes[0], one.name, fewer)
        assert "gives every answer" in verify_isolation(operations, proof)


def test_a_value_that_others_wrote_too_proves_nothing_by_a_few():
    from notation import told

    # Whose 1 it was that was read cannot be told, so the two by themselves contradict nothing.
    operations = told("wx1", "|", "wx2", "|", "rx1", "wx1", lists=False)
    assert of(operations, lists=False).verdict("strict-serializable") == "valid"
    evidence = {"transactions": [0, 2, 4]}
    proof = IsolationRefutation("rw-register", "strict-serializable", "no-serial-order", evidence)
    assert "gives every answer" in verify_isolation(operations, proof)
