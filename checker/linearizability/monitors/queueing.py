"""Runs the kernels of queues over the keys of a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.linearizability.decision import Budget
from checker.linearizability.monitors import grouping, lineup, queues, sorting
from checker.linearizability.monitors.finding import Findings
from checker.linearizability.monitors.kernel import Kernel
from checker.reading import Reading
from histories.table import Table

EMPTY_ERROR = "empty"
"""The error of a dequeue that ran and found nothing."""
CODES = {"enqueue": queues.ENQUEUE, "dequeue": queues.DEQUEUE}
STEPS = 60
"""What an operation costs."""

_kernel = Kernel((grouping, sorting, lineup, queues), queues.judge_keys)


def decide_queue(
    table: Table, reading: Reading, budget: Budget | None, *, ordered: bool
) -> Findings:
    """Decide the keys of a queue's history: first in, first out if ``ordered``."""

    def run(function: Any, rows: Table) -> None:
        function(
            rows.key, rows.f, rows.outcome, rows.input, rows.input2, rows.output, rows.output2,
            rows.error, rows.call, rows.ret, what, empty, len(table.values), ordered,
            findings.status, findings.order, findings.starts, findings.verified,
            findings.evidence,
        )  # fmt: skip

    name = "monitor of first-in-first-out queues" if ordered else "monitor of unordered queues"
    findings = Findings.blank(len(table.keys), len(table), name)
    what = np.array([CODES.get(name, 0) for name in table.functions], np.int8)
    empty = -1
    if reading.failed_cas != "never" and EMPTY_ERROR in table.errors:
        empty = table.errors.index(EMPTY_ERROR)
    run(
        _kernel.fit(
            STEPS * len(table), lambda f: run(f, table.take(np.zeros(0, np.int64))), budget
        ),
        table,
    )
    return findings
