from __future__ import annotations

from typing import Any

from histories.event import Operation, Outcome
from nemesis.fault import Effect, Fault, SymbolicFault
from splitbrain.effects import attribute
from splitbrain.meaning import OK_MIN, vacuous_because
from splitbrain.plan import Plan

SECOND = 1_000_000_000
PLAN = Plan("raft", "sandbox", "register", faults=("partition",))


def operation(
    call_s: float, ret_s: float | None, f: str = "read", output: Any = 1, **changes: Any
) -> Operation:
    return Operation(
        call=0,
        ret=None if ret_s is None else 1,
        process=0,
        f=f,
        key=0,
        input=None,
        output=output,
        outcome=changes.get("outcome", Outcome.INFO if ret_s is None else Outcome.OK),
        call_ns=int(call_s * SECOND),
        ret_ns=None if ret_s is None else int(ret_s * SECOND),
        error=changes.get("error"),
    )


def fault(from_s: float, to_s: float | None, kind: str = "partition", **effect: Any) -> Fault:
    symbolic = SymbolicFault(0, kind, "leader", 0, 1, 0.5)
    healed = None if to_s is None else int(to_s * SECOND)
    return Fault(symbolic, {}, int(from_s * SECOND), healed_ns=healed, effect=Effect(**effect))


def effect_of(one: Fault, *operations: Operation) -> tuple[int, int, int]:
    attribute([one], operations)
    return one.effect.operations_open, one.effect.operations_failed, one.effect.operations_stalled


def test_operations_that_meet_the_fault_are_counted_to_it() -> None:
    assert effect_of(fault(2, 4), operation(0, 1), operation(1, 2), operation(5, 6)) == (1, 0, 1)


def test_a_failed_operation_counts_but_a_mismatch_is_no_failure() -> None:
    refused = operation(3, 3.1, outcome=Outcome.FAIL, error="connection-refused")
    mismatch = operation(3, 3.1, f="cas", outcome=Outcome.FAIL, error="mismatch")
    assert effect_of(fault(2, 4), refused, mismatch) == (2, 1, 0)


def test_an_operation_given_up_long_before_is_not_counted_to_a_later_fault() -> None:
    assert effect_of(fault(20, 24), operation(1, None)) == (0, 0, 0)
    assert effect_of(fault(20, 24), operation(21, None)) == (1, 0, 1)


def test_a_fault_never_healed_lasts_to_the_end() -> None:
    assert effect_of(fault(2, None), operation(30, 30.1)) == (1, 0, 0)


def busy(faults: list[Fault], operations: list[Operation] | None = None) -> str | None:
    return vacuous_because(PLAN, operations or [operation(1, 2)] * OK_MIN, faults)


def test_a_partition_that_dropped_packets_while_operations_were_open_means_something() -> None:
    assert busy([fault(2, 4, mechanical=True, operations_open=3)]) is None


def test_too_few_successes_mean_nothing() -> None:
    few = [operation(1, 2)] * (OK_MIN - 1) + [operation(1, None)] * 100
    assert busy([], few) == (
        f"only {OK_MIN - 1} of {OK_MIN + 99} operations succeeded; "
        f"at least {OK_MIN} are needed to mean anything"
    )


def test_reads_that_never_saw_a_write_mean_nothing() -> None:
    blind = [operation(1, 2, output=None)] * OK_MIN
    assert busy([], blind) == "no read ever saw a write"


def test_what_answers_show_where_nothing_is_called_read_is_left_to_the_checker() -> None:
    assert busy([], [operation(1, 2, f="dequeue")] * OK_MIN) is not None, "for want of a fault"
    quiet = Plan("raft", "sandbox", "register", faults=())
    assert vacuous_because(quiet, [operation(1, 2, f="dequeue")] * OK_MIN, []) is None


def test_a_kind_of_fault_without_effect_means_nothing_even_beside_one_with() -> None:
    assert busy([fault(2, 4), fault(5, 6)]) == (
        "partition was injected 2 times without any effect: its rules dropped no packet"
    )
    survivors = Plan("raft", "sandbox", "register", faults=("partition", "kill"))
    good = fault(2, 4, mechanical=True, operations_open=3)
    bad = fault(2, 4, "kill", processes={"n1": "running"})
    assert vacuous_because(survivors, [operation(1, 2)] * OK_MIN, [good, bad]) == (
        "kill was injected once without any effect: its processes were running"
    )


def test_a_fault_that_was_never_injected_or_met_nobody_means_nothing() -> None:
    assert busy([]) == "partition was asked for, but the run was too short to inject one"
    assert busy([fault(2, 4, mechanical=True)]) == (
        "partition took effect only while no operation was open"
    )


def test_a_run_cut_short_need_not_have_met_every_kind_but_must_have_done_something() -> None:
    done = [operation(1, 2)] * OK_MIN
    assert vacuous_because(PLAN, done, [], cut_short=True) is None
    assert vacuous_because(PLAN, done[1:], [], cut_short=True) is not None
    assert vacuous_because(PLAN, done, [fault(2, 4)], cut_short=True) is not None


def test_a_run_that_asks_for_no_faults_is_not_vacuous_for_that() -> None:
    calm = Plan("raft", "sandbox", "register", faults=())
    assert vacuous_because(calm, [operation(1, 2)] * OK_MIN, []) is None
