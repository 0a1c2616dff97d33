"""Whether a run tested anything at all: what makes a verdict vacuous."""

from __future__ import annotations

from collections.abc import Sequence

from histories.event import Operation, Outcome
from nemesis.fault import Fault
from splitbrain.plan import Plan

OK_MIN = 20
"""Fewer operations than this that succeeded say nothing about a system."""


def vacuous_because(
    plan: Plan,
    operations: Sequence[Operation],
    faults: Sequence[Fault],
    *,
    cut_short: bool = False,
) -> str | None:
    """Why this run tested nothing, as a sentence; None when it did test something.

    Too few operations succeeded, or no read ever saw a write, or a kind of fault that
    was asked for had no mechanical effect while operations were open (``attribute``
    must have run before). A run that the user ``cut_short`` need not have met every kind.
    """
    done = [op for op in operations if op.outcome is Outcome.OK]
    if len(done) < OK_MIN:
        return (
            f"only {len(done)} of {len(operations)} operations succeeded; "
            f"at least {OK_MIN} are needed to mean anything"
        )
    # What the answers of other operations show, the checker asks (checker/substance.py).
    reads = any(op.f == "read" for op in operations)
    if reads and not any(op.f == "read" and op.output not in (None, 0, []) for op in done):
        return "no read ever saw a write"
    for kind in plan.faults:
        own = [fault for fault in faults if fault.symbolic.kind == kind]
        if not own and cut_short:
            continue
        if not own:
            return f"{kind} was asked for, but the run was too short to inject one"
        if not any(fault.effect.mechanical for fault in own):
            return f"{kind} was injected {_times(len(own))} without any effect{_detail(own)}"
        if not any(f.effect.mechanical and f.effect.operations_open for f in own):
            return f"{kind} took effect only while no operation was open"
    return None


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _detail(faults: Sequence[Fault]) -> str:
    if all(fault.resolved.get("came") is False for fault in faults):
        return ": the moments it waited for did not come"
    if faults[0].symbolic.kind == "partition":
        return ": its rules dropped no packet"
    if faults[0].symbolic.kind not in ("kill", "pause", "power-loss", "disk"):
        return ""
    states = sorted({state for fault in faults for state in fault.effect.processes.values()})
    return f": its processes were {', '.join(states) or 'not looked at'}"
