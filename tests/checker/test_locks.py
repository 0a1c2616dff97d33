"""Locks: tokens that grow, leases that exclude, a resource that fences; each way to break them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import locks as oracle
import pytest

from checker.judge import JUDGED
from checker.locks import check_locks
from checker.locks.checking import check_fencing, check_mutual_exclusion
from checker.verdict import Verdict
from histories.errors import HistoryError
from histories.event import Operation, Outcome

OK, FAIL, INFO = Outcome.OK, Outcome.FAIL, Outcome.INFO


class Story:
    """Operations one after another, a tenth of a second each, unless they are said to overlap."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.at = 0

    def _add(self, process, f, asked, told, outcome, span) -> Story:
        call, ret = span or (self.at, self.at + 1)
        self.at = max(self.at, ret + 1)
        done = None if outcome is INFO else ret
        output = told if outcome is OK else asked
        self.operations.append(
            Operation(
                *(call, done, process, f, "a", asked, output, outcome),
                *(call * 10**8, None if done is None else done * 10**8, "n1"),
                None if outcome is OK else "timeout",
            )
        )
        return self

    def acquire(self, process, token=None, lease=1, outcome=OK, span=None) -> Story:
        return self._add(process, "acquire", lease, [lease, token], outcome, span)

    def renew(self, process, token=None, outcome=OK, span=None) -> Story:
        return self._add(process, "renew", None, [None, token], outcome, span)

    def release(self, process, token=None, outcome=OK, span=None) -> Story:
        return self._add(process, "release", None, [None, token], outcome, span)

    def write(self, process, value, token=None, outcome=OK, span=None) -> Story:
        return self._add(process, "write", value, [value, token], outcome, span)

    def read(self, process, *told, span=None) -> Story:
        return self._add(process, "read", None, list(told) or None, OK, span)

    def kinds(self) -> list[str]:
        result = check_locks(self.operations)
        expected = Verdict.INVALID if result.violations else Verdict.VALID
        assert result.verdict is expected, result.reason
        calls = {operation.call for operation in self.operations}
        for violation in result.violations:
            assert violation.culprit in violation.operations
            assert set(violation.operations) <= calls
            assert violation.sentence.startswith("Lock a: ")
        return [violation.kind for violation in result.violations]

    def sentence(self) -> str:
        return check_locks(self.operations).violations[0].sentence


def taken_over() -> Story:
    """Process 0 has 7, whose lease ends; process 1 has 8, and writes."""
    return Story().acquire(0, 7).write(0, 1, 7).acquire(1, 8).write(1, 2, 8)


def test_a_lock_that_is_taken_over_after_its_lease_is_valid() -> None:
    told = taken_over().read(2, 2, 8).write(0, 3, outcome=FAIL).release(1, 8).acquire(0, 12)
    assert told.kinds() == []


def test_a_stale_token_is_accepted() -> None:
    told = taken_over().write(0, 3, 7)
    assert told.kinds() == ["stale token accepted"]
    assert told.sentence() == (
        "Lock a: process 0's write of 3 under token 7 (0.80 s to 0.90 s, n1) was taken, though "
        "process 1's write of 2 (0.60 s to 0.70 s, n1), under token 8, was over before it began: "
        "a stale token was not turned away"
    )


def test_a_stale_token_is_fine_while_the_resource_has_seen_no_newer_one() -> None:
    assert Story().acquire(0, 7).acquire(1, 8).write(0, 1, 7).write(1, 2, 8).kinds() == []
    overlapping = Story().acquire(0, 7).acquire(1, 8).write(0, 1, 7, span=(4, 9))
    assert overlapping.write(1, 2, 8, span=(5, 6)).read(1, 2, 8).kinds() == []


def test_an_unknown_write_that_was_read_fences_and_one_that_was_not_does_not() -> None:
    told = Story().acquire(0, 7).acquire(1, 8).write(1, 2, outcome=INFO)
    assert told.write(0, 3, 7).kinds() == []
    told = Story().acquire(0, 7).acquire(1, 8).write(1, 2, outcome=INFO).read(2, 2, 8)
    assert told.write(0, 3, 7).kinds() == ["stale token accepted"]


def test_a_token_is_granted_twice() -> None:
    told = Story().acquire(0, 7).release(0, 7).acquire(1, 7).write(1, 1, 7)
    assert told.kinds()[0] == "token reused"
    assert "token 7 was granted twice" in told.sentence()


def test_tokens_go_back() -> None:
    assert Story().acquire(0, 7).acquire(1, 6).write(0, 1, 7).kinds() == ["token went back"]
    both = Story().acquire(0, 7, span=(0, 3)).acquire(1, 6, span=(1, 2))
    assert both.write(0, 1, 7).kinds() == []


def test_two_hold_it_at_once() -> None:
    told = Story().acquire(0, 7, lease=800).write(0, 1, 7).acquire(1, 8)
    assert told.kinds() == ["two holders"]
    assert told.sentence() == (
        "Lock a: process 1 was granted it under token 8 (0.40 s to 0.50 s, n1) while process 0 "
        "held it under token 7, for 800 ms from 0.00 s on, so to 0.80 s at least, and had not "
        "released it"
    )


def test_a_lease_counts_from_when_it_was_asked_for() -> None:
    assert Story().acquire(0, 7, lease=500).write(0, 1, 7).acquire(1, 8).kinds() == []
    assert Story().acquire(0, 7, lease=501).write(0, 1, 7).acquire(1, 8).kinds() == ["two holders"]


def test_a_renewal_that_was_acknowledged_makes_it_longer_and_an_unknown_one_does_not() -> None:
    told = Story().acquire(0, 7, lease=400).renew(0, 7).write(0, 1, 7).acquire(1, 8)
    assert told.kinds() == []
    told = Story().acquire(0, 7, lease=600).renew(0, 7).write(0, 1, 7).acquire(1, 8)
    assert told.kinds() == ["two holders"]
    assert "(renewed)" in told.sentence()
    told = Story().acquire(0, 7, lease=600).renew(0, outcome=INFO).write(2, 1, 7).acquire(1, 8)
    assert told.kinds() == []


def test_a_lock_without_a_lease_is_held_until_it_is_released() -> None:
    told = Story().acquire(0, 7, lease=None).write(0, 1, 7)
    assert told.acquire(1, 8).kinds() == ["two holders"]
    told = Story().acquire(0, 7, lease=None).write(0, 1, 7).release(0, 7)
    assert told.acquire(1, 8).kinds() == []


@pytest.mark.parametrize("outcome", [OK, INFO])
def test_a_release_that_may_have_happened_excuses_the_next_grant(outcome) -> None:
    told = Story().acquire(0, 7, lease=9000).write(0, 1, 7)
    assert told.release(0, 7, outcome).acquire(1, 8).kinds() == []


def test_one_that_failed_or_that_is_of_somebody_else_does_not() -> None:
    told = Story().acquire(0, 7, lease=9000).write(0, 1, 7)
    assert told.release(0, 7, FAIL).acquire(1, 8).kinds() == ["two holders"]
    told = Story().acquire(2, 5).write(2, 1, 5).acquire(0, 7, lease=9000)
    kinds = told.release(2, 5).acquire(1, 8).kinds()
    assert kinds == ["two holders", "release of what is not held"]


def test_without_times_nobody_can_tell_how_long_a_lease_was_in_force() -> None:
    told = Story().acquire(0, 7, lease=9000).write(0, 1, 7).acquire(1, 8)
    timeless = [replace(one, call_ns=0, ret_ns=0) for one in told.operations]
    result = check_locks(timeless)
    assert (result.verdict, result.violations) == (Verdict.UNKNOWN, ())
    assert result.reason is not None and result.reason.startswith("the history has no times")
    told = Story().acquire(0, 7, lease=None).write(0, 1, 7).acquire(1, 8)
    timeless = [replace(one, call_ns=0, ret_ns=0) for one in told.operations]
    assert check_locks(timeless).verdict is Verdict.INVALID


def test_what_is_lost_is_renewed() -> None:
    told = taken_over().renew(0, 7)
    assert told.kinds() == ["lost lease renewed"]
    assert "though process 1 had been granted token 8 before" in told.sentence()
    told = Story().acquire(0, 7).write(0, 1, 7).release(0, 7).renew(0, 7)
    assert told.kinds() == ["lost lease renewed"]
    assert "had released that token before" in told.sentence()


def test_a_renewal_that_overlaps_the_next_grant_may_have_come_before_it() -> None:
    told = Story().acquire(0, 7).write(0, 1, 7).renew(0, 7, span=(4, 8)).acquire(1, 8, span=(5, 7))
    assert told.kinds() == []


def test_a_token_is_released_twice() -> None:
    told = Story().acquire(0, 7).write(0, 1, 7).release(0, 7).release(0, 7)
    assert told.kinds() == ["release of what is not held"]


def test_a_token_comes_out_of_nowhere_unless_somebody_was_never_answered() -> None:
    assert Story().acquire(0, 7).write(0, 1, 9).kinds() == ["token never granted"]
    assert Story().acquire(0, 7).acquire(1, outcome=INFO).write(0, 1, 9).kinds() == []


def test_reads_are_of_the_latest_write() -> None:
    assert taken_over().read(2, 1, 7).kinds() == ["stale read"]
    assert taken_over().read(2).kinds() == ["stale read"]
    told = Story().acquire(0, 7).write(0, 1, 7).write(0, 2, 7).read(1, 1, 7)
    assert told.kinds() == ["stale read"]


def test_reads_are_of_what_was_written() -> None:
    assert taken_over().read(2, 5, 8).kinds() == ["value never written"]
    assert taken_over().read(2, 2, 9).kinds() == ["value never written"]
    assert taken_over().write(0, 3, outcome=FAIL).read(2, 3, 7).kinds() == ["aborted read"]
    early = Story().acquire(0, 7).read(1, 1, 7).write(0, 1, 7)
    assert early.kinds() == ["value never written"]


def test_writes_of_one_token_that_overlap_are_left_to_the_search() -> None:
    told = Story().acquire(0, 7).write(0, 1, 7, span=(2, 6)).write(1, 2, 7, span=(3, 5))
    assert told.read(2, 1, 7).read(3, 1, 7).kinds() == []
    told = Story().acquire(0, 7).write(0, 1, 7, span=(2, 6)).write(1, 2, 7, span=(3, 5))
    told = told.read(2, 1, 7).read(3, 2, 7)
    (violation,) = check_locks(told.operations).violations
    assert violation.sentence.startswith("Under token 7 alone: ")


def test_where_nothing_was_granted_or_written_nothing_was_tested() -> None:
    told = check_locks(Story().read(0).operations)
    assert told.reason == "no lock was granted: nothing was tested"
    told = check_locks(Story().acquire(0, 7).operations)
    assert told.reason == "no write was acknowledged: nothing was tested"
    assert [row.verdict for row in told.promises] == [Verdict.VALID, Verdict.VACUOUS]


def test_a_resource_that_fences_needs_no_lock_that_excludes() -> None:
    told = Story().acquire(0, 7, lease=9000).write(0, 1, 7).acquire(1, 8).write(1, 2, 8)
    result = check_locks(told.write(0, 3, outcome=FAIL).read(2, 2, 8).operations)
    rows = {row.promise: str(row.verdict) for row in result.promises}
    assert rows == {"mutual-exclusion": "invalid", "fencing": "valid"}
    for check in (check_mutual_exclusion, check_fencing):
        (row,) = check(told.operations).promises
        assert str(row.verdict) == rows[row.promise]


@pytest.mark.parametrize(
    ("operation", "seen"),
    [
        (Story()._add(0, "cas", 1, 2, OK, None), "'cas' is no operation of the model"),
        (Story()._add(0, "acquire", -1, [1, 7], OK, None), "the acquire asks for a lease of -1"),
        (Story()._add(0, "write", 1, 1, OK, None), "the write answered 1"),
        (Story()._add(0, "read", None, [1], OK, None), r"the read answered \[1\]"),
        (taken_over().write(1, 1, 8), "1 is written a second time"),
    ],
)
def test_what_is_no_such_history_is_refused(operation: Story, seen: str) -> None:
    with pytest.raises(HistoryError, match=seen):
        check_locks(operation.operations)


def test_it_is_a_model_that_check_knows() -> None:
    assert "fenced-lock" in JUDGED


def compared(seed: int, count: int) -> Counter[str]:
    """How many drawn histories are valid and not, as every order says."""
    rng = random.Random(seed)
    seen: Counter[str] = Counter()
    for number in range(count):
        drawn = oracle.Drawn(rng, wrong=rng.choice((0.0, 0.2, 0.5)))
        operations = drawn.history(rng.randint(4, 9))
        result = check_locks(operations)
        possible, excludes = oracle.is_possible(operations), oracle.excludes(operations)
        told = f"seed {seed}, history {number}: {result.violations}\n" + "\n".join(
            map(str, operations)
        )
        kinds = {violation.kind for violation in result.violations}
        assert (kinds <= {"two holders"}) == possible, told
        # Where tokens are out of order, that is what is told.
        if possible:
            assert ("two holders" not in kinds) == excludes, told
        seen["invalid" if kinds else "valid"] += 1
        seen.update(kinds)
    return seen


def test_it_agrees_with_every_order_of_small_histories() -> None:
    seen = compared(1, 600)
    assert min(seen["valid"], seen["invalid"]) > 100


@pytest.mark.thorough
def test_it_agrees_with_every_order_of_many_small_histories() -> None:
    seen = compared(2, 30_000)
    assert min(seen["valid"], seen["invalid"]) > 5_000
    wanted = ("token reused", "two holders", "stale token accepted", "lost lease renewed")
    assert all(seen[kind] > 50 for kind in (*wanted, "release of what is not held", "stale read"))
