"""Textbook cases of Adya and of Elle, in short notation (``notation.py``)."""

from dataclasses import replace

import pytest
from isolation_told import cycles, found, names
from notation import told

from checker.reading import READINGS
from checker.transactions.isolation import judge_isolation
from checker.transactions.levels import LEVELS, implied
from checker.transactions.verifying import verify_isolation
from histories.table import table_of

KNOSSOS = READINGS["knossos"]


@pytest.mark.parametrize(
    ("history", "anomaly", "weakest"),
    [
        # Adya (1999), and the names of Kingsbury & Alvaro (2020).
        ("ax1ay1 ax2ay2 rx12ry21", "G0", "read-uncommitted"),
        ("ax1ry1 ax2ay1 rx12", "G1c", "read-committed"),
        ("ax1! rx1", "G1a", "read-committed"),
        ("ax1ax2 rx1 rx12", "G1b", "read-committed"),
        ("ax1! ax2 rx12", "dirty-update", "read-committed"),
        ("ax1 ax2 rx1 rx2", "incompatible-order", "read-committed"),
        ("rx12ry2 ax1ay1 ax2ay2 rx1ry2", "G-single", "read-atomic"),
        ("ax1ay1 rx1ry", "G-single", "read-atomic"),
        ("ax1 rx1ay1 ry1rx", "G-single", "causal"),
        ("ax1ay1 ax2az1 rx12 rz1ry", "G-single", "parallel-snapshot-isolation"),
        ("ax0 rx0ax1 rx0ax2", "lost-update", "parallel-snapshot-isolation"),
        ("ax1 rx1ry ay1 ry1rx", "G-nonadjacent", "snapshot-isolation"),
        ("rxay1 ryax1", "G2-item", "repeatable-read"),
        ("rxay1 ryaz1 rzax1", "G2-item", "repeatable-read"),
        ("rx1", "garbage-read", "read-uncommitted"),
        ("ax1 rx11", "duplicate-elements", "read-uncommitted"),
        ("ax1 ax2 ax3 rx123 rx121", "duplicate-elements", "read-uncommitted"),
        ("ax1 ax3rx1", "internal", "read-atomic"),
        ("ax1 rxrx1", "internal", "read-atomic"),
        ("rx1ax1", "internal", "read-atomic"),
        # Sessions and real time.
        ("1:ax1 1:rx", "G-single-process", "strong-session-causal"),
        ("1:rx1 1:ry 2:ay1 2:ax1", "G-single-process", "strong-session-causal"),
        ("ax1 | rx", "G-single-realtime", "strong-snapshot-isolation"),
        ("1:ry1 1:ax1 rx1ay1", "G1c-process", "strong-session-read-committed"),
        ("rx1 | ax1", "G1c-realtime", "strong-read-committed"),
        ("1:ax1 1:ax2 rx21", "G0-process", "strong-session-read-uncommitted"),
        ("ax1 | ax2 rx21", "G0-realtime", "strong-read-uncommitted"),
    ],
)
def test_each_has_its_name_and_rules_out_its_level(history, anomaly, weakest):
    findings = found(*history.split())
    by_name = [one for one in findings.anomalies if one.name == anomaly]
    assert by_name, [one.name for one in findings.anomalies]
    assert weakest in {name for one in by_name for name in one.refutes}
    assert weakest in findings.refuted


@pytest.mark.parametrize(
    "history",
    [
        "",
        "rx",
        "ax1",
        "ax1 rx1",
        "rx ax1 rx1",
        "ax2 ax1 rx12",
        "rx ax1 ax2",  # Adya, Liskov & O'Neil (2000), figure 3, next.
        "az1ax1ay1 rx1ay2 ry12az3 rz13",
        "rxax1ax2 rx12",
        "ax1! rx",
        "ax1? rx",
        "ax1? rx1",
        "ax1rx1ax2",
        "ry56ax3rx123ax4rx1234 ay5ay6ax1ax2",
        "ax1? ax2? ax3 rx13 rx13",
        "ax1! ax1 rx1",
    ],
)
def test_nothing_is_wrong_with_these_and_an_order_shows_it(history):
    findings = found(*history.split())
    assert not findings.anomalies
    assert findings.serial == "strict-serializable"
    assert findings.holds == set(LEVELS)


def test_elles_readme_names_the_edges():
    edges = cycles("ax1ry1", "ax2ay1", "rx12")
    assert sorted(edges["G1c"]) == [("wr", "y"), ("ww", "x")]


def test_what_no_read_shows_comes_after_what_one_does():
    # Elle's unobserved writes: 3 was appended to both lists, and read in none.
    found_names = names("ax1ay1", "ax2ay2", "ax3ay3", "rx12", "ry2")
    assert {"G0", "G-single"} <= found_names


def test_a_cycle_with_adjacent_rw_is_allowed_under_snapshot_isolation():
    assert not names("rx5ay1", "ryaz2", "rzat3", "rt3au4", "ruax5")
    findings = found("ax1az1", "rx1ry", "ay1rz")
    assert findings.verdict("snapshot-isolation") == "valid"
    assert findings.verdict("serializable") == "invalid"


def test_reads_of_unknown_outcome_accuse_nobody():
    # T1 appended after T2, and what it read of y is not known.
    assert not names("ax2ry?", "ax1ay1", "rx12ry1")


def test_an_unknown_transaction_that_somebody_saw_took_effect_whole():
    assert "G-single" in names("ax1ay1?", "rx1ry")
    assert not names("ax1ay1?", "rxry")


def test_registers_know_who_read_whom_and_that_nil_came_first():
    assert "G-single" in names("wx1wy1", "rx1ry", lists=False)
    assert "G1a" in names("wx1!", "rx1", lists=False)
    assert "G1b" in names("wx1wx2", "rx1", lists=False)
    assert "garbage-read" in names("rx1", lists=False)
    assert "internal" in names("wx1rx2", "wx2", lists=False)
    assert {"lost-update", "G2-item"} <= names("wx1", "rx1wx2", "rx1wx3", lists=False)
    assert "G2-item" in names("rxwy1", "rywx1", lists=False)
    assert "G1c" in names("wx1ry1", "wy1rx1", lists=False)


def test_who_read_from_another_writes_later_versions_than_that_one():
    assert "G2-item" in names("wx1wy1", "rx1wy2", "ry1wx2", lists=False)
    assert "G-single" in names("wx1wy1", "ry1wx2wz2", "rx1rz2", lists=False)


def test_where_inference_over_registers_ends_all_orders_are_tried():
    findings = found("wx1wy1", "wx2wy2", "rx1ry2", "rx2ry1", lists=False)
    assert [one.name for one in findings.anomalies] == [
        "no-serial-order",
        "no-snapshots",
        "no-version-order",
    ]
    assert findings.verdict("serializable") == "invalid"
    assert findings.verdict("repeatable-read") == "invalid"
    # Whichever of the two wrote last, one reader saw half of what it wrote.
    assert findings.verdict("read-atomic") == "invalid"
    assert findings.verdict("strong-read-committed") == "valid"


@pytest.mark.parametrize("read", ["rx", "rx1", "rx11"])
def test_a_value_appended_twice_makes_its_key_no_witness_and_every_order_is_tried(read):
    findings = found("ax1", "ax1", read)
    assert not findings.anomalies and findings.inferred.undecided
    assert findings.serial == "strict-serializable"
    assert names("ax1", "ax1", "rx111") == {"no-serial-order"}
    assert names("ax1", "ax1", "rx12") == {"garbage-read"}


def test_what_is_appended_twice_in_a_long_history_is_searched_for_as_an_object():
    texts = [text for n in range(1, 40) for text in ("ax1", "|", "rx" + "1" * n, "|")]
    table = table_of(told(*texts))
    assert judge_isolation(table, "list-append").verdict == "valid"
    assert judge_isolation(table, "list-append", "causal").verdict == "valid"
    texts[50] = "rx1"
    table = table_of(told(*texts))
    result = judge_isolation(table, "list-append")
    assert result.verdict == "invalid" and result.violations
    assert judge_isolation(table, "list-append", "serializable").verdict == "unknown"


def test_a_read_of_nil_says_nothing_where_the_reading_says_so():
    table = table_of(told("ax1", "|", "rx", "|", "rx1"))
    silent = [["r", "x", None]]
    operations = [
        replace(one, output=silent) if one.output == [["r", "x", []]] else one
        for one in told("ax1", "|", "rx", "|", "rx1")
    ]
    assert judge_isolation(table, "list-append").verdict == "invalid"
    assert judge_isolation(table_of(operations), "list-append").verdict == "invalid"
    result = judge_isolation(table_of(operations), "list-append", reading=KNOSSOS)
    assert result.verdict == "valid" and result.certificate.reading == "knossos"
    assert verify_isolation(operations, result.certificate) is None


def test_the_strongest_levels_that_are_left_are_told():
    assert found("rxay1", "ryax1").maximal == ("strong-snapshot-isolation",)
    assert found("ax1", "|", "rx").maximal == (
        "strong-session-serializable",
        "strong-read-committed",
    )
    assert found("ax1ay1", "ax2ay2", "rx12ry21").maximal == ()


def test_the_gravest_anomaly_is_told_first_whatever_level_is_asked_for():
    # A write skew with real time in it, of which strict serializability is the weakest to go.
    skew = "rxay1 | ryax1 | rz"
    table = table_of(told("aw1!", "rw1", *skew.split(), "az1", "|", "rz"))
    result = judge_isolation(table, "list-append")
    kinds = [one.kind for one in result.violations]
    assert kinds[0] == "G1a" and result.reason.startswith("G1a: ") and len(kinds) > 1
    by = result.statistics["isolation"]["refuted_by"]
    assert by["read-committed"] == "G1a"
    assert by["strong-snapshot-isolation"].endswith("-realtime"), "what bars that level alone"


def test_the_table_of_levels_has_no_circle_and_ends_in_the_weakest():
    for name in LEVELS:
        weaker = list(implied(name))
        assert len(weaker) == len(set(weaker)) and "read-uncommitted" in weaker
    assert set(implied("strict-serializable")) == set(LEVELS)


def test_a_cycle_by_sessions_is_listed_as_one_of_real_time_too():
    result = judge_isolation(table_of(told("1:ax1", "1:rx")), "list-append")
    listed = result.statistics["isolation"]["anomalies"]
    assert list(listed) == ["G-single-process", "G-single-realtime"]
    assert listed["G-single-realtime"]["rules_out"] == ["strong-snapshot-isolation"]
    assert [one.kind for one in result.violations] == ["G-single-process"]
