"""Small runs, built by hand, for the tests of what is told about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from checker.verdict import Result, Verdict, Violation
from histories.event import Operation, Outcome
from nemesis.fault import Effect, Fault, SymbolicFault
from splitbrain.plan import Plan
from splitbrain.record import RunRecord

MS = 1_000_000
S = 1_000_000_000
PLAN = Plan(system="raft", host="sandbox", workload="register", seed=7)


def operation(
    call: int,
    process: int,
    f: str,
    *,
    value: Any = None,
    output: Any = None,
    key: Any = "x",
    outcome: Outcome = Outcome.OK,
    at_ns: int | None = None,
    lasts_ns: int = 2 * MS,
    node: str | None = "n1",
    error: str | None = None,
) -> Operation:
    """An operation called at event ``call``; completed right after it unless indeterminate."""
    call_ns = call * MS if at_ns is None else at_ns
    open_for_ever = outcome is Outcome.INFO
    return Operation(
        call=call,
        ret=None if open_for_ever else call + 1,
        process=process,
        f=f,
        key=key,
        input=value,
        output=output,
        outcome=outcome,
        call_ns=call_ns,
        ret_ns=None if open_for_ever else call_ns + lasts_ns,
        node=node,
        error=error,
    )


def partition(*, mechanical: bool = True, healed: bool = True) -> Fault:
    """The leader n1 cut off from n2 and n3, from 1 s to 3 s."""
    return Fault(
        symbolic=SymbolicFault(4, "partition", "leader", 1 * S, 3 * S, 0.5),
        resolved={
            "nodes": ["n1"],
            "leader_known": True,
            "grudge": {"n1": ["n2", "n3"], "n2": ["n1"], "n3": ["n1"]},
        },
        start_ns=1 * S,
        acknowledged_ns=1 * S + MS,
        heal_started_ns=3 * S,
        healed_ns=3 * S + MS if healed else None,
        effect=Effect(
            mechanical=mechanical,
            packets_dropped={"n1": 40, "n2": 2} if mechanical else {},
            leader_before="n1",
            leader_after="n2",
            term_before=1,
            term_after=2,
            operations_failed=3,
            operations_stalled=1,
        ),
    )


STALE_READ = (
    operation(0, 0, "write", value=1, node="n1", at_ns=500 * MS),
    operation(2, 1, "write", value=2, node="n2", at_ns=1500 * MS),
    operation(4, 2, "read", output=1, node="n1", at_ns=2500 * MS),
)

STALE = Violation(
    kind="stale read",
    sentence="process 2 read 1 at 2.50 s on n1, but process 1 had overwritten it before",
    operations=(2, 4),
    culprit=4,
    key="x",
)


def record(
    operations: tuple[Operation, ...] = STALE_READ,
    *,
    verdict: Verdict = Verdict.INVALID,
    reason: str | None = None,
    violations: tuple[Violation, ...] = (STALE,),
    faults: tuple[Fault, ...] = (),
    plan: Plan = PLAN,
    folder: Path = Path("/nowhere/run"),
    **more: Any,
) -> RunRecord:
    """A run with these operations and this outcome."""
    found = violations if verdict is Verdict.INVALID else ()
    result = Result(verdict, "cas-register", "by hand", len(operations), 1, violations=found)
    return RunRecord(
        run="20260314T092653Z-raft-register-1f3a5c",
        folder=folder,
        plan=plan,
        started="2026-03-14T09:26:53+00:00",
        events=[],
        operations=list(operations),
        faults=list(faults),
        verdict=verdict,
        reason=reason,
        results=[result],
        **more,
    )
