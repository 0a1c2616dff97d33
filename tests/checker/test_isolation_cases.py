"""Histories of Adya's thesis and of Elle's paper, over lists and over registers.

A, L & O: Adya, Liskov & O'Neil, Generalized Isolation Level Definitions (ICDE 2000); Adya (1999):
the thesis; Elle: Kingsbury & Alvaro (VLDB 2020), and its tests; Fekete: Fekete, O'Neil & O'Neil, A
Read-Only Transaction Anomaly Under Snapshot Isolation (SIGMOD Record 2004).
"""

from dataclasses import replace

import pytest
from isolation_told import found, names, of
from notation import told

VARIANTS = ("G0", "G1c", "G-single", "G-nonadjacent", "G2-item")


@pytest.mark.parametrize(
    ("history", "anomaly", "holds", "refuted"),
    [
        # A, L & O, § 3: H1, inconsistent reads; H2, the same of old and new; write skew.
        ("ax0ay0 rx0ax1ry0ay1 rx01ry0", "G-single", "read-committed", "read-atomic"),
        ("ax0ay0 rx0ax1ry0ay1 rx0ry01", "G-single", "read-committed", "read-atomic"),
        ("ax0ay0 rx0ry0ax1 rx0ry0ay1", "G2-item", "snapshot-isolation", "repeatable-read"),
        # Adya (1999), § 4.2: Hwcycle; PL-2 is about G1; a lost update; a read skew of three.
        ("ax1ay1 ax2ay2 rx12 ry21", "G0", None, "read-uncommitted"),
        ("ax1ry1 ay1rx1", "G1c", "read-uncommitted", "read-committed"),
        ("ax1az1! rx1", "G1a", "read-uncommitted", "read-committed"),
        ("ax1ay1ax2 rx1ry1", "G1b", "read-uncommitted", "read-committed"),
        ("ax1 rx1ax2 rx1ax3 rx123", "lost-update", "causal", "parallel-snapshot-isolation"),
        ("ax1ay1 rx1ax2 rx12ay2 ry1rx1 ry12rx1", "G-single", "read-atomic", "causal"),
        # Fekete: whoever withdrew did not see the deposit, and a report saw it alone.
        ("rxax1 rxryay1 rx1ry", "G2-item", "snapshot-isolation", "serializable"),
        # Elle, § 7.1: TiDB tried a transaction again on another state (lists 34 and 36).
        ("ax2 ax1 rx21ay5ax4 ax5 rx2154", "G-single", "causal", "parallel-snapshot-isolation"),
        # § 7.2: YugaByte, two who miss one another's appends; § 7.3: Fauna, own appends unseen.
        ("ax1ry ay1rx rx1ry1", "G2-item", "snapshot-isolation", "repeatable-read"),
        ("ax6rx", "internal", "read-committed", "read-atomic"),
        # Elle's tests: what came on top of what failed; more appends than can be told apart.
        ("ax1! ax2 ax3 rx123", "dirty-update", "read-uncommitted", "read-committed"),
        ("ax1 ax2 ax3 rx123 rx132", "incompatible-order", None, "read-committed"),
        ("ax1 ax2 rx1212", "duplicate-elements", None, "read-uncommitted"),
        # Cerone & Gotsman: a long fork, which parallel snapshot isolation allows.
        ("ax1 ay1 rx1ry rxry1", "G-nonadjacent", "causal", "snapshot-isolation"),
        # Bailis et al., a fractured read, of which two are read in another order.
        ("ax1ay1 ax2ay2 rx12 ry12 ry1rx12", "G-single", "read-committed", "read-atomic"),
    ],
)  # fmt: skip
def test_lists(history, anomaly, holds, refuted):
    findings = found(*history.split())
    assert anomaly in {one.name for one in findings.anomalies}
    assert findings.verdict(refuted) == "invalid"
    if holds is not None:
        assert holds not in findings.refuted


@pytest.mark.parametrize(
    ("history", "anomaly", "refuted"),
    [
        ("wx5wy5 rx5wx1ry5wy9 rx1ry5", "G-single", "read-atomic"),
        ("wx5wy5 rx5wx1ry5wy9 rx5ry9", "G-single", "read-atomic"),
        ("wx5wy5 rx5ry5wx1 rx5ry5wy1", "G2-item", "repeatable-read"),
        ("wx1ry2 wy2rx1", "G1c", "read-committed"),
        ("wx1! rx1", "G1a", "read-committed"),
        ("wx1wx2 rx1", "G1b", "read-committed"),
        ("wx10 rx10wx15 rx10wx11", "lost-update", "parallel-snapshot-isolation"),
        ("rxwx1 rxwx2", "lost-update", "parallel-snapshot-isolation"),
        ("rxwx20 rxrywy11 rx20ry", "G2-item", "serializable"),
        ("wx1 wy1 rx1ry rxry1", "G-nonadjacent", "snapshot-isolation"),
        ("wx1rx2 wx2", "internal", "read-atomic"),
        ("rx1rx2 wx1 wx2", "internal", "read-atomic"),
        ("rx1wx1", "internal", "read-atomic"),
        ("rx7", "garbage-read", "read-uncommitted"),
        ("rx1wx2 rx2wx1", "G1c", "read-committed"),
        ("wx1 rx1wx2 rx2wy1 ry1rx1", "G-single", "causal"),
        ("1:wx1wy1 2:rx1wx2 3:rx2 3:ry1 3:rx1", "G-single-process", "strong-session-causal"),
        ("wx1 | wx2 | rx1", "no-serial-order", "strict-serializable"),
        ("1:wx1 1:wx2 2:rx2 2:rx1", "no-serial-order", "strong-session-serializable"),
    ],
)
def test_registers(history, anomaly, refuted):
    findings = found(*history.split(), lists=False)
    assert anomaly in {one.name for one in findings.anomalies}
    assert findings.verdict(refuted) == "invalid"


@pytest.mark.parametrize("variant", ["", "-process", "-realtime"])
@pytest.mark.parametrize(
    ("name", "alone", "ordered"),
    [
        ("G0", "ax1ay1 ax2ay2 rx12 ry21", "1:ax1 1:ax2 rx21"),
        ("G1c", "ax1ry1 ay1rx1", "1:ry1 1:ax1 rx1ay1"),
        ("G-single", "ax1ay1 rx1ry", "1:ax1 1:rx"),
        ("G-nonadjacent", "ax1 ay1 rx1ry rxry1", "ay1 ry1rx 1:ax1 1:ry"),
        ("G2-item", "rxay1 ryax1", "rxay1 1:ax1 1:ry"),
    ],
)
@pytest.mark.parametrize("lists", [True, False])
def test_cycles_bear_the_name_of_the_order_that_they_need(name, alone, ordered, variant, lists):
    if name == "G0" and not lists:
        pytest.skip("nothing tells the order of writes to registers that are no read-modify-write")
    text = (ordered if variant else alone).replace("a", "a" if lists else "w")
    operations = told(*text.split(), lists=lists)
    if variant == "-realtime":
        operations = [replace(one, process=i) for i, one in enumerate(operations)]
    seen = {one.name for one in of(operations, lists=lists).anomalies}
    assert name + variant in seen
    assert not seen & {one + variant for one in VARIANTS[: VARIANTS.index(name)]}


def test_what_failed_or_is_not_known_takes_part_as_it_may():
    # What failed never happened, whatever it would have read or done.
    assert not names("ax1ry9!", "rx")
    assert not names("rxay1!", "ryax1", "rx1ry")
    # Of unknown outcome: nothing is known of it unless somebody saw it, and then of all it wrote.
    assert not names("ax1ay1?", "rx", "ry")
    assert "G-single" in names("ax1ay1?", "rx1", "rx1ry")
    assert names("wx1wy1?", "rx1ry", lists=False) >= {"G-single"}
    assert not names("wx1wy1?", "rxry", lists=False)
    # It may take effect long after its process gave up.
    assert not names("1:ax1?", "|", "2:rx", "|", "3:rx1")
