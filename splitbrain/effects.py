"""What faults did to operations: attribution after the run, from history and ledger alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from histories.event import Operation, Outcome
from nemesis.fault import Fault

STALL_NS = 1_000_000_000
"""An operation that took this long, or never ended, was stalled."""

MISMATCH = "mismatch"
"""The error of a compare-and-set that ran and found another value: no trouble at all."""


def attribute(faults: Iterable[Fault], operations: Sequence[Operation]) -> None:
    """Fill in each fault's ``operations_open``, ``_failed`` and ``_stalled``.

    An operation was open during a fault when its interval meets the fault's, from
    injection to heal (of a fault that was never healed: to the end of the run).
    """
    # Once: each object of a table's operations is made anew when it is asked for.
    operations = list(operations)
    end_ns = max((op.ret_ns or op.call_ns for op in operations), default=0)
    for fault in faults:
        from_ns = fault.start_ns
        to_ns = fault.healed_ns if fault.healed_ns is not None else max(end_ns, from_ns)
        effect = fault.effect
        effect.operations_open = effect.operations_failed = effect.operations_stalled = 0
        for op in operations:
            if op.call_ns > to_ns or (op.ret_ns is not None and op.ret_ns < from_ns):
                continue
            # An indeterminate operation is open for ever, but its client gave up long ago:
            # only one invoked just before or during the fault is counted to it.
            if op.ret_ns is None and op.call_ns < from_ns - STALL_NS:
                continue
            effect.operations_open += 1
            if op.outcome is Outcome.FAIL and op.error != MISMATCH:
                effect.operations_failed += 1
            if op.ret_ns is None or op.ret_ns - op.call_ns >= STALL_NS:
                effect.operations_stalled += 1
