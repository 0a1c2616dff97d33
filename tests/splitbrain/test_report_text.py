"""The text summary: what a tired person reads."""

from dataclasses import replace

import pytest
from report_records import MS, PLAN, STALE_READ, S, operation, partition, record

from checker.verdict import Verdict
from histories.event import Outcome
from nemesis.fault import Effect
from splitbrain.evidence import evidence
from splitbrain.plan import Plan
from splitbrain.record import Health
from splitbrain.report.faults import band_label, effect_text, fault_title, partition_sides
from splitbrain.report.findings import bands_near, violation_text
from splitbrain.report.settings import load_text
from splitbrain.report.text import summary, verdict_sentence


def test_the_verdict_comes_first():
    assert summary(record()).startswith("INVALID: clients of raft saw what cannot have happened")
    assert summary(record(verdict=Verdict.VALID)).startswith("VALID: ")


def test_a_valid_run_names_the_faults_it_stood():
    calm = verdict_sentence(record(verdict=Verdict.VALID))
    hurt = verdict_sentence(record(verdict=Verdict.VALID, faults=(partition(),)))
    assert "partition" not in calm
    assert "under partition, kill, pause" in hurt


@pytest.mark.parametrize("verdict", [Verdict.VACUOUS, Verdict.UNKNOWN])
def test_what_was_not_decided_says_why(verdict):
    told = verdict_sentence(record(verdict=verdict, reason="no read ever saw a write."))
    assert (
        told
        == f"{str(verdict).upper()}: "
        + {
            Verdict.VACUOUS: "nothing was really tested: no read ever saw a write.",
            Verdict.UNKNOWN: "the history could not be decided: no read ever saw a write.",
        }[verdict]
    )


def test_an_interrupted_run_says_so():
    assert "interrupted" in verdict_sentence(record(verdict=Verdict.VALID, interrupted=True))
    assert "interrupted" not in verdict_sentence(record(verdict=Verdict.VALID))


def test_a_violation_is_told_in_words_and_drawn_with_its_faults():
    told = violation_text(record().results[0].violations[0], STALE_READ, (partition(),), width=100)
    assert told.startswith("Stale read: process 2 read 1")
    assert "write 2" in told and "read 1" in told
    assert "write 1" not in told, "what the violation does not name is not drawn"
    assert "partition n1 | n2 n3" in told
    assert max(map(len, told.splitlines())) <= 100


def test_evidence_holds_the_culprit_even_where_the_violation_forgot_it():
    (violation,) = record().results[0].violations
    assert [o.call for o in evidence(replace(violation, operations=(2,)), STALE_READ)] == [2, 4]


def test_a_fault_long_over_is_not_drawn_beside_the_finding():
    late = operation(8, 0, "read", at_ns=60 * S)
    assert bands_near([late], [partition()]) == []
    assert bands_near([late], [partition(healed=False)])


def test_a_fault_without_effect_is_told_loudly():
    told = summary(record(verdict=Verdict.VALID, faults=(partition(mechanical=False),)))
    assert "NO EFFECT" in told
    assert "NO EFFECT" not in summary(record(verdict=Verdict.VALID, faults=(partition(),)))


def test_the_effect_of_a_partition():
    assert effect_text(partition()) == (
        "42 packets dropped; leader n1 (term 1) → n2 (term 2); operations: 3 failed, 1 stalled"
    )


def test_the_effect_of_a_kill():
    fault = replace(
        partition(), effect=Effect(mechanical=True, processes={"n10": "dead", "n2": "dead"})
    )
    assert effect_text(fault) == "n2 n10 dead"


def test_a_leader_that_stayed():
    effect = Effect(
        mechanical=True, leader_before="n1", leader_after="n1", term_before=3, term_after=3
    )
    assert effect_text(replace(partition(), effect=effect)) == "leader n1 stayed"


def test_a_fault_says_what_its_symbol_meant():
    assert fault_title(partition()) == "partition of the leader: n1 | n2 n3"
    unknown = replace(partition(), resolved=partition().resolved | {"leader_known": False})
    assert "no leader was known" in fault_title(unknown)


def test_sides_are_told_only_where_there_are_sides():
    ring = {"n1": ["n3"], "n2": [], "n3": ["n1"]}
    assert partition_sides(ring) is None
    assert partition_sides({"n1": ["n2"], "n2": ["n1"]}) == [["n1"], ["n2"]]
    symbolic = replace(partition().symbolic, target="bridge")
    fault = replace(partition(), symbolic=symbolic, resolved={"nodes": ["n2"], "grudge": ring})
    assert band_label(fault) == "partition bridge n2"
    assert fault_title(fault) == "partition, bridge: n2"


def test_recovery_is_told_after_each_heal():
    back = operation(6, 1, "read", at_ns=3 * S + 4 * MS, node="n2")
    told = summary(record((*STALE_READ, back), faults=(partition(),)))
    assert "after the heal: next ok 5 ms later" in told
    assert "no operation was ok any more" in summary(record(faults=(partition(),)))


def test_a_bug_never_reached_and_one_that_survived_are_told_apart():
    plan = replace(PLAN, bugs=("raft.stale-leader-read",))
    assert "NEVER REACHED" in summary(record(verdict=Verdict.VALID, plan=plan))
    reached = {"raft.stale-leader-read": 12}
    survived = summary(record(verdict=Verdict.VALID, plan=plan, bugs_reached=reached))
    assert "reached 12 times, and survived" in survived
    caught = summary(record(plan=plan, bugs_reached=reached))
    assert "reached 12 times" in caught and "survived" not in caught


def test_a_harness_too_busy_is_told():
    assert "too busy" in summary(record(health=Health(loop_lag_ms_p99=250, loop_lag_ms_max=400)))
    assert "too busy" not in summary(record(health=Health(loop_lag_ms_p99=9, loop_lag_ms_max=40)))


def test_outcomes_and_errors_are_counted_by_function():
    operations = (
        *STALE_READ,
        operation(6, 3, "cas", value=[1, 2], outcome=Outcome.FAIL, error="mismatch"),
        operation(8, 4, "write", value=9, outcome=Outcome.INFO, error="timeout"),
    )
    told = summary(record(operations))
    assert "5: 3 ok" in told and "1 failed, 1 indeterminate" in told
    assert "errors: mismatch 1, timeout 1" in told
    assert "100% of 1 ok reads" in told


def test_the_command_that_repeats_the_run_is_on_one_line():
    line = next(line for line in summary(record()).splitlines() if line.startswith("Again"))
    assert line.split(None, 1)[1] == "splitbrain test raft --host sandbox --seed 7"


def test_how_much_was_asked_is_said_the_same_way_whatever_ends_a_run() -> None:
    plan = Plan("raft", "simulated", "register", rate=600)
    assert load_text(plan) == "600 ops/s asked for 30 s"
    assert load_text(replace(plan, rate=0)) == "as fast as they could for 30 s"
    counted = load_text(replace(plan, operations=150))
    assert counted == "150 operations, 600 ops/s asked, for 30 s at most"
