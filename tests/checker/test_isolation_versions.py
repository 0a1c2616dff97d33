"""Levels below serializability: shown by an order of versions, and ruled out by all of them."""

import copy
from random import Random

import pytest
from isolation_compared import TRUTH
from isolation_told import found, of
from notation import told
from transactions_drawn import drawn

from checker.linearizability.certificate import CertificateError
from checker.transactions.choosing import versions_for
from checker.transactions.evidence import VersionOrder
from checker.transactions.isolation import judge_isolation
from checker.transactions.levels import SERIAL
from checker.transactions.verifying import verify_isolation
from histories.table import table_of

SKEW = ("wx1wy1", "rx1ry1wx2", "rx1ry1wy2")


def shown(level, *texts, lists=False):
    """The operations, and what shows that a level holds."""
    operations = told(*texts, lists=lists)
    model = "list-append" if lists else "rw-register"
    result = judge_isolation(table_of(operations), model, level)
    assert result.verdict == "valid", result.reason
    assert isinstance(result.certificate, VersionOrder)
    return operations, result.certificate


@pytest.mark.parametrize(
    ("history", "level", "refuted"),
    [
        (SKEW, "strong-snapshot-isolation", "repeatable-read"),
        # A long fork: who reads need not agree on what came first.
        (("wx1", "wy1", "rx1ry", "rxry1"), "parallel-snapshot-isolation", "snapshot-isolation"),
        (("wx1", "rx1wx2", "rx1wx3"), "causal", "parallel-snapshot-isolation"),
        (("wx1wy1", "rx1ry"), "read-committed", "read-atomic"),
        # Of two that wrote both keys each is the last one of one key.
        (("wx1wy2", "|", "wx2wy1", "|", "rx2ry2"), "read-uncommitted", "read-atomic"),
    ],
    ids=("write skew", "long fork", "lost update", "fractured read", "mixed"),
)
def test_the_strongest_level_is_shown_and_the_next_refuted(history, level, refuted):
    operations, proof = shown(level, *history)
    assert verify_isolation(operations, proof) is None
    kept = VersionOrder.from_json(proof.to_json())
    assert kept.to_json() == proof.to_json()
    assert found(*history, lists=False).verdict(refuted) == "invalid"
    above = VersionOrder(proof.model, refuted, proof.versions)
    assert "cycle" in (verify_isolation(operations, above) or "") or "did not see" in str(
        verify_isolation(operations, above)
    )


def test_of_lists_what_nobody_read_is_put_in_an_order_too():
    operations, proof = shown("snapshot-isolation", "rxay1", "ryax1", "ax2", lists=True)
    assert verify_isolation(operations, proof) is None
    assert {one["key"]: len(one["values"]) for one in proof.versions} == {"x": 2, "y": 1}


def test_an_order_of_versions_is_refused_when_anything_in_it_is_changed():
    operations, proof = shown("snapshot-isolation", *SKEW, "wz1wz2")
    assert [one["values"] for one in proof.versions] == [[1, 2], [1, 2], [2]]

    def refused(change):
        versions = copy.deepcopy(proof.versions)
        change(versions)
        return verify_isolation(operations, VersionOrder(proof.model, proof.level, versions))

    assert "cycle" in refused(lambda v: v[0]["values"].reverse())
    assert "no version" in refused(lambda v: v[0]["values"].pop())
    assert "no version" in refused(lambda v: v.pop())
    assert "there twice" in refused(lambda v: v.append(v[0]))
    assert "who wrote" in refused(lambda v: v[0]["values"].append(7))
    assert "wrote over" in refused(lambda v: v[2]["values"].insert(0, 1))
    for versions in ("x", [1], [{"key": "x"}], [{"values": []}]):
        with pytest.raises(CertificateError):
            VersionOrder.from_json({**proof.to_json(), "versions": versions})


def test_where_every_order_of_versions_has_a_cycle_that_is_an_anomaly():
    operations = told("wx1wy1", "wx2wy2", "rx1ry2", "rx2ry1", lists=False)
    result = judge_isolation(table_of(operations), "rw-register", "read-atomic")
    assert result.verdict == "invalid"
    shown = {one.kind: one.sentence for one in result.violations}
    assert "under each there is a cycle" in shown["no-version-order"]
    assert result.certificate.anomaly == "no-version-order"
    assert verify_isolation(operations, result.certificate) is None
    # Not so of what might have been.
    harmless = told("wx1wy1", "wx2wy2", "rx1ry1", "rx2ry2", lists=False)
    assert "there is an order" in verify_isolation(harmless, result.certificate)


def test_too_many_orders_are_not_tried():
    many = [f"w{key}{value}" for key in "xyz" for value in range(1, 9)]
    findings = found(*many, "rx1ry1", "rx2ry2", lists=False)
    assert "no-version-order" not in {one.name for one in findings.anomalies}


@pytest.mark.parametrize("lists", [True, False], ids=("lists", "registers"))
def test_the_verifier_believes_no_order_of_versions_of_a_history_without_the_level(lists):
    believed = refused = 0
    for seed in range(300):
        rng = Random(seed)
        operations = drawn(rng, rng.randint(2, 5), lists=lists)
        findings = of(operations, lists=lists)
        if findings.inferred.undecided or not findings.holds:
            continue
        levels = [level for level in TRUTH if level not in SERIAL]
        level = rng.choice(levels)
        versions = versions_for(findings, rng.choice(sorted(findings.holds)), None)
        if versions is None:
            continue
        for one in versions:
            rng.shuffle(one["values"])
        model = "list-append" if lists else "rw-register"
        if verify_isolation(operations, VersionOrder(model, level, versions)) is None:
            assert TRUTH[level](operations), (seed, level)
            believed += 1
        else:
            refused += 1
    assert believed > 50 and refused > 10
