"""Sets that only grow, decided from their reads.

A key is **unsuited** when nil, a list of two, or what JSON writes in more than one way is added.
Elements may be added more than once. With x *precedes* y when ret(x) < call(y):

1. A set that grows is at every moment contained in what it becomes. So the answers of reads,
   by size, form a chain of sets S0 < S1 < … (S0 empty, if it was read), each contained in the
   next; an answer has no element twice, and none that nobody added.
2. An element belongs to the least set of the chain that has it: it was first added after all
   reads of the set before and before all reads of that one. This order of *groups* is forced:
   reads of S0; first adds of S1; reads of S1; first adds of S2; … Adds that completed, of
   what no read has, follow all; crashed ones of these did not happen, which is no loss.
3. Which of an element's adds is the first is no question: that called first. If in some
   linearization it is another, put the one called first in its place: whatever precedes it
   precedes the other too. The other adds (crashed ones are left out) change nothing; they
   must only not come before their group.
4. So the history is linearizable iff no operation precedes one of an earlier group, where such
   another add may be moved: behind the last operation that precedes it. What it precedes was
   preceded by that operation too, so it moves as well, or contradicts already.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.linearizability.decision import Budget
from checker.linearizability.monitors import grouping, growing, pieces, sorting
from checker.linearizability.monitors.finding import Findings
from checker.linearizability.monitors.kernel import Kernel
from checker.reading import Reading
from histories.table import Table

ALGORITHM = "monitor of sets"
CODES = {"add": growing.ADD, "read": growing.READ}
STEPS = 50
"""What an operation costs beside the bytes it read."""

_kernel = Kernel((grouping, sorting, pieces, growing), growing.judge_keys)


def decide_sets(table: Table, reading: Reading, budget: Budget | None = None) -> Findings:
    """Decide the keys of a set's history, until one is refuted.

    Linear in the bytes of what was read, and n log n in the operations. Unsuited keys stay
    undecided. Evidence of a refuted key: 0 the first completion that cannot be placed; 1
    and 2 are reads of which neither contains the other, or 1 alone cannot be; or 1 precedes 2,
    though it must stand behind it, 3 being the read that shows so where that is neither.
    """

    def run(function: Any, rows: Table) -> None:
        function(
            rows.key, rows.f, rows.outcome, rows.input, rows.input2, rows.output, rows.output2,
            rows.call, rows.ret, what, values.kinds, values.numbers, values.offsets, blob,
            longest, findings.status, findings.order, findings.starts, findings.verified,
            findings.evidence,
        )  # fmt: skip

    values = table.values
    findings = Findings.blank(len(table.keys), len(table), ALGORITHM)
    what = np.array([CODES.get(name, 0) for name in table.functions], np.int8)
    # Read-only arrays are another type to numba.
    blob = values.blob if values.blob.flags.writeable else values.blob.copy()
    longest = int(np.diff(values.offsets).max(initial=0))
    steps = STEPS * len(table) + 10 * len(blob)
    run(_kernel.fit(steps, lambda f: run(f, table.take(np.zeros(0, np.int64))), budget), table)
    return findings
