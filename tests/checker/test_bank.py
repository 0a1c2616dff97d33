"""A bank: totals, accounts and balances of reads, against linearizability and planted errors."""

import random
from dataclasses import replace

import oracle
import pytest
from story import Story

from checker import Verdict, judge
from checker.bank import check_bank, check_bank_total
from histories.errors import HistoryError
from histories.event import Outcome


def transfer(source, target, amount):
    return {"from": source, "to": target, "amount": amount}


def opened():
    return Story(model="bank").did(0, "open", {"a": 10, "b": 10})


def kinds(story, check=check_bank):
    return [violation.kind for violation in check(story.operations()).violations]


def test_a_wrong_total_is_told_with_the_transfers_beside_it():
    story = opened().call(1, "transfer", transfer("a", "b", 3))
    story.did(2, "read", answer={"a": 7, "b": 10}).ok(1)
    story.did(3, "read", answer={"a": 6, "b": 13})
    (violation,) = check_bank(story.operations()).violations
    assert violation.sentence == (
        "process 2's read at 0.05 s on n3 saw balances that add up to 17, not 20: a 7, b 10; it "
        "overlaps process 1's transfer of 3 from a to b (so it is with 2 reads)"
    )
    assert (violation.operations, violation.culprit) == ((0, 2, 3), 3)
    assert violation.details == {"reads": 2}


def test_a_balance_below_zero_breaks_one_promise_and_not_the_other():
    story = opened().did(1, "transfer", transfer("a", "b", 12))
    story.did(2, "read", answer={"a": -2, "b": 22})
    assert kinds(story) == ["negative balance"]
    assert kinds(story, check_bank_total) == []
    rows = judge(story.history(), promises=("all",)).promises
    assert {row.promise: str(row.verdict) for row in rows} == {
        "linearizable": "valid",
        "sequential": "valid",
        "bank": "invalid",
        "bank-total": "valid",
    }


def test_accounts_that_were_there_stay():
    story = opened().did(1, "transfer", transfer("a", "b", 1))
    story.did(2, "read", answer={"a": 9, "b": None}).did(2, "read", answer={"a": None, "b": None})
    assert kinds(story) == ["missing account"]
    (violation,) = check_bank(story.operations()).violations
    assert violation.sentence.endswith("saw no b beside a 9 (so it is with 2 reads)")
    fewer = opened().did(0, "open", {"a": 5}).did(1, "transfer", transfer("a", "a", 1))
    assert kinds(fewer.did(2, "read", answer={"a": 5})) == []


def test_what_an_open_of_unknown_outcome_puts_in_may_be_there_or_not():
    story = (
        opened().call(1, "open", {"a": 4, "b": 4}).info(1).did(2, "transfer", transfer("a", "b", 1))
    )
    story.did(3, "read", answer={"a": 9, "b": 11}).did(3, "read", answer={"a": 4, "b": 4})
    assert kinds(story) == []
    assert kinds(story.did(3, "read", answer={"a": 4, "b": 5})) == ["wrong total"]


def test_little_tests_nothing_and_strange_operations_are_refused():
    assert check_bank(opened().operations()).verdict is Verdict.VACUOUS
    story = opened().did(1, "read", answer={"a": 10, "b": 10})
    assert check_bank(story.operations()).reason == "no transfer was acknowledged"
    for f, value, said in (
        ("deposit", 1, "'deposit' is no operation"),
        ("transfer", {"from": "a", "amount": 1}, "is expected"),
        ("open", {"a": None}, "an open of"),
    ):
        with pytest.raises(HistoryError, match=said):
            check_bank(Story().did(0, f, value).operations())
    with pytest.raises(HistoryError, match="answered 3"):
        check_bank(Story().did(0, "read", answer=3).operations())


def test_without_an_open_only_the_promise_of_the_bank_is_decided():
    story = Story(model="bank").did(0, "read", answer={"0": 3, "1": 3})
    story.did(1, "transfer", transfer(0, 1, 2)).did(0, "read", answer={"0": 1, "1": 5})
    rows = judge(story.history(), promises=("all",)).promises
    assert [str(row.verdict) for row in rows] == ["unknown", "unknown", "valid", "valid"]
    assert "no open of them" in judge(story.history()).reason


@pytest.mark.parametrize("crashed", [0, 0.2])
def test_a_real_bank_keeps_its_total_and_what_is_taken_out_of_a_read_is_missed(crashed):
    planted = 0
    for seed in range(100):
        rng = random.Random(seed)
        operations = oracle.concurrent(rng, "bank", 25, processes=4, crashed=crashed)
        told = check_bank(operations)
        assert told.verdict is not Verdict.INVALID, (seed, told.reason)
        reads = [
            at
            for at, one in enumerate(operations)
            if one.f == "read" and one.outcome is Outcome.OK and one.output["a"] is not None
        ]
        # Between two opens of different totals a read may have either.
        totals = {sum(one.input.values()) for one in operations if one.f == "open"}
        if not reads or len(totals) != 1:
            continue
        at = rng.choice(reads)
        less = {**operations[at].output, "a": operations[at].output["a"] - 1}
        spoiled = [*operations[:at], replace(operations[at], output=less), *operations[at + 1 :]]
        assert "wrong total" in [one.kind for one in check_bank(spoiled).violations]
        planted += 1
    assert planted > 20


def test_whatever_is_accused_of_a_total_is_not_linearizable():
    accused = 0
    for seed in range(300):
        operations = oracle.small_history(random.Random(seed), "bank")
        if check_bank_total(operations).verdict is Verdict.INVALID:
            assert not oracle.is_linearizable("bank", operations), (seed, operations)
            accused += 1
    assert accused > 20
