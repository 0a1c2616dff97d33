"""The client core of two-phase commit: its requests, and every row it adds to the error table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clients.client import Completion, Invocation
from clients.frames import framed
from clients.two_phase_commit import REFUSALS, TransactionCore
from histories.event import Outcome

STEPS = [["append", "a", 1], ["r", "b", None]]
WRITES = Invocation(3, "txn", 7, STEPS)
READS = Invocation(3, "txn", 7, [["r", "a", None], ["r", "b", None]])


def core(resends: bool = False, prefix: str = "") -> TransactionCore:
    return TransactionCore("list-append", "run", resends=resends, prefix=prefix)


def request(data: bytes) -> Any:
    return json.loads(data[4:])


def answer(number: int, **members: Any) -> bytes:
    return framed(json.dumps({"id": number, **members}).encode())


def test_a_transaction_travels_whole_and_under_its_session() -> None:
    assert request(core().encode(WRITES)) == {
        "id": 1,
        "session": "run/3",
        "seq": 1,
        "f": "txn",
        "key": 7,
        "value": STEPS,
    }
    assert request(core(prefix="splitbrain/r/").encode(WRITES))["key"] == "splitbrain/r/7"


def test_it_is_answered_with_what_its_reads_saw_whether_it_writes_or_not() -> None:
    for invocation in (WRITES, READS):
        client = core()
        client.encode(invocation)
        told = [["append", "a", 1], ["r", "b", [4]]]
        assert client.receive(answer(1, ok=True, value=told)) == Completion(Outcome.OK, told)


def test_what_is_done_to_a_bank_travels_as_steps_and_a_read_tells_balances() -> None:
    client = TransactionCore("bank", "run")
    opened = Invocation(3, "open", 7, {"a": 10, "b": 10})
    assert request(client.encode(opened))["value"] == [["w", "a", 10], ["w", "b", 10]]
    told = client.receive(answer(1, ok=True, value=[["w", "a", 10], ["w", "b", 10]]))
    assert told == Completion(Outcome.OK, None)
    moved = Invocation(3, "transfer", 7, {"from": "b", "to": "a", "amount": 4})
    sent = request(client.encode(moved))
    assert (sent["value"], sent["seq"]) == ([["add", "b", -4], ["add", "a", 4]], 2)
    refused = client.receive(answer(2, ok=False, error="refused", definite=True))
    assert refused is not None and refused.outcome is Outcome.FAIL
    read = Invocation(3, "read", 7, None)
    assert client.is_read(read) and not client.is_read(moved)
    assert request(client.encode(read))["value"] == [["r", name, None] for name in "abcde"]
    told = client.receive(answer(3, ok=True, value=[["r", "a", 14], ["r", "b", None]]))
    assert told == Completion(Outcome.OK, {"a": 14, "b": None})


def test_one_that_only_reads_takes_no_number_and_fails_whatever_the_error() -> None:
    client = core()
    assert client.is_read(READS) and not client.is_read(WRITES)
    assert request(client.encode(READS))["seq"] == 0
    completion = client.receive(answer(1, ok=False, error="anything", definite=False))
    assert completion is not None and completion.outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("error", "unavailable"),
    [("aborted", False), ("refused", False), ("shard-unreachable", True)],
)
def test_what_was_aborted_did_not_happen_however_often_it_was_asked_for(
    error: str, unavailable: bool
) -> None:
    client = core(resends=True)
    client.encode(WRITES)
    client.encode(WRITES)
    completion = client.receive(answer(1, ok=False, error=error, definite=True))
    assert completion == Completion(Outcome.FAIL, None, error, unavailable)


def test_a_refusal_before_it_has_begun_speaks_for_its_own_copy_alone() -> None:
    client = core(resends=True)
    client.encode(WRITES)
    client.encode(WRITES)
    assert client.receive(answer(2, ok=False, error="busy", definite=True)) is None


def test_every_row_of_the_table_is_tried() -> None:
    assert {"aborted", "refused", "shard-unreachable", "busy", "bad-request"} <= set(REFUSALS)


def test_an_error_that_nobody_knows_is_judged_by_what_it_says_of_itself() -> None:
    for definite, outcome in ((True, Outcome.FAIL), (False, Outcome.INFO)):
        client = core()
        client.encode(WRITES)
        completion = client.receive(answer(1, ok=False, error="odd", definite=definite))
        assert completion is not None and completion.outcome is outcome


def test_an_unknown_workload_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="unknown workload 'register'"):
        TransactionCore("register", "run")
