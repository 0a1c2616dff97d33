"""Whether a finding is what a system says of itself, and nothing else."""

from __future__ import annotations

from typing import Any

from checker.verdict import Result, Verdict, Violation
from histories.event import Operation, Outcome
from nemesis.fault import Effect, Fault, SymbolicFault
from splitbrain.documented import documented, promotions
from targets.systems import SYSTEMS
from targets.systems.primary_backup import LOST_AT_PROMOTION

SECOND = 1_000_000_000
ASYNC = ("replication=async",)
PRIMARY_BACKUP = SYSTEMS["primary-backup"]


def fault(start_s: float, healed_s: float, before: str | None, after: str | None) -> Fault:
    symbolic = SymbolicFault(0, "partition", "leader", int(start_s * SECOND), 0, 0.5)
    effect = Effect(leader_before=before, leader_after=after)
    return Fault(
        symbolic,
        {},
        start_ns=int(start_s * SECOND),
        healed_ns=int(healed_s * SECOND),
        effect=effect,
    )


def write(ret_s: float, call: int = 0) -> Operation:
    ns = int(ret_s * SECOND)
    return operation("write", call, ns)


def operation(f: str, call: int, ns: int) -> Operation:
    return Operation(
        process=1,
        f=f,
        key="x",
        input=1,
        output=1,
        outcome=Outcome.OK,
        call=call,
        ret=call + 1,
        call_ns=ns - 1,
        ret_ns=ns,
    )


def found(kind: str, operations: list[Operation], **details: Any) -> list[Result]:
    calls = tuple(one.call for one in operations)
    violation = Violation(kind, "it happened", calls, None, "x", details)
    return [Result(Verdict.INVALID, "register", "search", 1, 1, violations=(violation,))]


PROMOTION = [fault(10, 14, "n1", "n2")]


def told(kind: str, operations: list[Operation], options: tuple[str, ...] = ASYNC) -> bool:
    results = found(kind, operations)
    return bool(documented(PRIMARY_BACKUP, options, results, operations, PROMOTION))


def test_a_write_acknowledged_about_a_promotion_and_lost_is_as_documented() -> None:
    lost = [write(11.0)]
    results = found("lost write", lost)
    sentences = documented(PRIMARY_BACKUP, ASYNC, results, lost, PROMOTION)
    assert sentences == (LOST_AT_PROMOTION.sentence,)


def test_what_is_read_again_after_a_lost_write_is_as_documented() -> None:
    # As key 44 of seed 70 of the scorecard had it: 11 was read, 12 written and lost, 11 read.
    shown = [operation("read", 0, 10 * SECOND), write(11.0, 2), operation("read", 4, 13 * SECOND)]
    assert told("conflicting values", shown)
    assert not told("conflicting values", [*shown[::2], write(30.0, 2)])


def test_one_that_was_lost_while_nobody_was_promoted_is_not() -> None:
    assert not told("lost write", [write(30.0)])


def test_of_reads_alone_it_must_lie_between_them() -> None:
    before, after = int(5 * SECOND), int(20 * SECOND)
    assert told("counter too low", [operation("read", 0, before), operation("read", 2, after)])
    assert not told("counter too low", [operation("read", 0, before), operation("read", 2, before)])


def test_anything_else_than_a_loss_is_not() -> None:
    assert not told("duplicate", [write(11.0)])
    assert not told("resurrected", [write(11.0)])


def test_synchronous_replication_documents_no_loss() -> None:
    assert not told("lost write", [write(11.0)], options=())


def test_one_violation_that_is_left_over_is_one_too_many() -> None:
    operations = [write(11.0), write(30.0, call=4)]
    results = found("lost write", operations[:1]) + found("lost write", operations[1:])
    assert documented(PRIMARY_BACKUP, ASYNC, results, operations, PROMOTION) == ()


def test_reads_of_sessions_may_be_stale_and_break_nothing_but_linearizability() -> None:
    operations = [write(30.0)]
    stale = found("stale read", operations)
    options = ("reads=session",)
    assert documented(PRIMARY_BACKUP, options, stale, operations, [])
    worse = found("stale read", operations, breaks=["sequential"])
    assert not documented(PRIMARY_BACKUP, options, worse, operations, [])


def test_systems_that_document_nothing_explain_nothing() -> None:
    operations = [write(11.0)]
    assert documented(SYSTEMS["raft"], (), found("lost write", operations), operations, []) == ()


def test_who_leads_before_and_after_faults_tells_of_promotions_between_them_too() -> None:
    faults = [fault(1, 2, "n1", "n1"), fault(10, 11, "n2", "n2"), fault(20, 21, None, None)]
    assert list(promotions(faults)) == [(0, 12 * SECOND)]
