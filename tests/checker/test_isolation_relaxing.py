"""Relaxations of histories of transactions: sound, and down to what shows an anomaly."""

from random import Random

import isolation
import pytest
from isolation_compared import TRUTH
from isolation_told import of
from notation import told
from transactions_drawn import drawn

from checker.transactions.deciding import decide
from checker.transactions.intake import transactions_of
from checker.transactions.levels import SERIAL, SNAPSHOTS
from checker.transactions.relaxing import Relaxed, named_by, shown_by_few
from checker.transactions.showing import evidence_of
from histories.table import table_of


def invalid(level, lists):
    model = "list-append" if lists else "rw-register"

    def refuted(operations):
        return decide(transactions_of(table_of(operations), model)).verdict(level) == "invalid"

    return refuted


@pytest.mark.parametrize("lists", [True, False], ids=("lists", "registers"))
def test_no_sequence_of_relaxations_makes_a_history_lose_a_level_that_it_had(lists):
    tried = 0
    for seed in range(150):
        rng = Random(seed)
        operations = drawn(rng, rng.randint(2, 5), lists=lists)
        had = [level for level, truth in TRUTH.items() if truth(operations)]
        if not had:
            continue
        for level in rng.sample(had, min(2, len(had))):
            relaxed = Relaxed(
                operations, lists=lists, forgetting=level in SERIAL or level in SNAPSHOTS
            )
            while len(places := relaxed.places()) > 1:
                relaxed.leave_out(*rng.sample(places, rng.randint(1, 2)))
                assert TRUTH[level](relaxed.operations()), (seed, level)
                tried += 1
    assert tried > 500


@pytest.mark.parametrize("lists", [True, False], ids=("lists", "registers"))
def test_what_is_left_shows_the_anomaly_and_nothing_can_be_left_out_of_it(lists):
    shown = 0
    for seed in range(40):
        rng = Random(seed)
        operations = drawn(rng, rng.randint(3, 8), lists=lists)
        findings = of(operations, lists=lists)
        for one in findings.anomalies:
            level = one.refutes[0]
            calls = named_by(evidence_of(findings.inferred, one))
            refuted = invalid(level, lists)
            few = shown_by_few(operations, level, calls, lists=lists, refuted=refuted)
            if few is None:
                continue
            shown += 1
            assert refuted(few) and len(few) <= len(operations)
            again = Relaxed(few, lists=lists, forgetting=level in SERIAL or level in SNAPSHOTS)
            for place in again.places():
                less = again.copy()
                less.leave_out(place)
                assert not refuted(less.operations()), (seed, one.name, place)
    assert shown > 6


def test_a_stale_read_among_many_is_shown_by_two_transactions():
    texts = [text for n in range(1, 9) for text in (f"ax{n}az{n}", "|")]
    operations = told(*texts, "rx1234567ry", lists=True)
    level = "strict-serializable"
    findings = of(operations)
    (one,) = [one for one in findings.anomalies if one.name == "G-single-realtime"]
    calls = named_by(evidence_of(findings.inferred, one))
    few = shown_by_few(operations, level, calls, lists=True, refuted=invalid(level, True))
    assert [one.output for one in few] == [[["append", "x", 8]], [["r", "x", []]]]


def test_an_element_is_left_out_of_reads_only_where_an_order_of_commits_is_asked_for():
    # Causally the reader of y saw 1 and 2 in x; without 2 in it, it would have read from T1.
    operations = told("ax1", "rx1ax2", "rx12", lists=True)
    relaxed = Relaxed(operations, lists=True, forgetting=True)
    relaxed.leave_out((operations[1].call, 1))
    assert [one.output for one in relaxed.operations()] == [
        [["append", "x", 1]],
        [["r", "x", [1]]],
        [["r", "x", [1]]],
    ]
    relaxed = Relaxed(operations, lists=True, forgetting=False)
    relaxed.leave_out((operations[1].call, 1))
    assert [one.output for one in relaxed.operations()] == [
        [["append", "x", 1]],
        [["r", "x", [1]]],
    ]
    assert isolation.serial(relaxed.operations())
