"""The workloads bank and ids: what they ask, and what judges them."""

from collections import Counter
from itertools import islice
from random import Random

import pytest

from clients.bank import ACCOUNTS
from splitbrain.cli import front
from splitbrain.cli.catalogue import load_catalogue
from splitbrain.cli.settings import Asked, SettingsError, settle
from splitbrain.report.repeat import repeat_command
from splitbrain.workloads.bank import AMOUNT_MAX, OPENS, BankOperations


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("SPLITBRAIN_STORE", str(tmp_path / "store"))


def drawn(seed, count=400):
    return list(islice(BankOperations().items(Random(seed)), count))


def test_a_bank_is_opened_before_anything_is_moved():
    items = drawn(1)
    assert [item.f for item in items[:OPENS]] == ["open"] * OPENS
    assert set(items[0].value) == set(ACCOUNTS)
    counts = Counter(item.f for item in items[OPENS:])
    assert set(counts) == {"transfer", "read"} and counts["transfer"] > counts["read"] > 100
    moved = [item.value for item in items if item.f == "transfer"]
    assert all(one["from"] != one["to"] for one in moved)
    assert {one["amount"] for one in moved} == set(range(1, AMOUNT_MAX + 1))
    assert drawn(3) == drawn(3) != drawn(4)


def plan(**typed):
    return settle(Asked(**typed), load_catalogue()).plan


def test_a_workload_is_judged_by_its_promises_unless_others_are_asked_for():
    bank = {"system": "two-phase-commit", "workload": "bank"}
    assert plan(**bank).consistency == ("bank", "linearizable")
    assert "--consistency bank,linearizable" in repeat_command(plan(**bank))
    every = plan(**bank, consistency="all")
    assert every.consistency == ("linearizable", "sequential", "bank", "bank-total")
    alone = plan(**bank, consistency="linearizable")
    assert alone.consistency == ("linearizable",)
    assert "--consistency linearizable" in repeat_command(alone)
    assert plan(system="raft", workload="ids", consistency="all").consistency == ("unique-ids",)
    with pytest.raises(SettingsError, match="bank is no promise of the model 'unique-ids'"):
        plan(system="raft", workload="ids", consistency="bank")


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("two-phase-commit --workload bank --time-limit 3s --faults none", 0),
        ("raft --workload ids --time-limit 3s --faults none", 0),
    ],
)
def test_a_run_of_a_correct_system_is_valid(words, verdict, capsys):
    asked = f"test {words} --host simulated --rate 100 --seed 1 --quiet"
    assert front.run(asked.split()) == verdict
    told = capsys.readouterr().out
    assert "VALID" in told and "promise" in told


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("words", "rows"),
    [
        ("two-phase-commit --bug T8 --workload bank", ["bank          invalid  wrong total"]),
        ("two-phase-commit --bug T7 --workload bank", ["wrong total, negative balance"]),
        ("two-phase-commit --bug T3 --workload long-fork", ["causal-reverse  invalid"]),
        ("raft --bug R17 --workload ids", ["unique-ids  invalid  duplicate id"]),
        ("primary-backup --bug B1 --workload ids", ["unique-ids  invalid  duplicate id"]),
        ("primary-backup --bug B5 --workload causal --consistency causal", ["causal   invalid"]),
        (
            "raft --bug R8 --workload set --consistency set-full,set-full-linearizable",
            ["set-full               valid", "set-full-linearizable  invalid  stale read"],
        ),
        (
            "raft --bug R20 --workload set --consistency set-full,set-full-linearizable",
            ["set-full               invalid  lost write"],
        ),
    ],
)
def test_a_bug_breaks_the_promise_that_the_workload_is_for(words, rows, capsys):
    rate = "300" if "long-fork" in words else "200"
    asked = f"test {words} --host simulated --seed 1 --time-limit 20s --rate {rate} --quiet"
    assert front.run(asked.split()) == 1
    told = capsys.readouterr().out
    assert all(row in told for row in rows), told
