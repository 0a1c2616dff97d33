"""Appends to strings or lists, decided by what was read of them.

A key is **unsuited** when one text is appended three times or put twice, when an empty string or
(where strings were read) a prefix of another text is appended or put, when a list or nothing is
put, or when both strings and lists were read. Otherwise:

1. A get that saw something saw first either a piece that was put, or one that was appended to
   the start. So gets fall into *chains*, one for the start and one for each put. Strings are cut
   into pieces from the left, in one way only as no piece is a prefix of another.
2. Between two puts the object only grows, and what was put never returns. So every get of a
   chain is a prefix of the longest one, whose pieces are, after the one put, appended ones,
   each in one chain and once.
3. That makes it a register of unique values, decided by ``registers/monitor.py``: the value is
   the last piece. A put writes; a get reads; an append that some get shows compares the piece
   before it and sets its own, for nothing can come between these two. An append that
   completed and that no get shows is a write of what nobody reads: it must not stand within a
   chain, and anywhere else what follows, a put or the end, hides it. A crashed one that no get
   shows did not happen, which is no loss: nobody saw it.
4. A text that was appended twice, or put and appended, leaves open which operation a get saw.
   Both ways to tell two appends of one text apart are tried (up to four texts, else what is
   refuted one way is left unsuited); a key is refuted only when each is. Where a text was both
   put and appended, a chain that begins with it is taken for the put's; that is the only way
   when something was already read or had taken effect before the append was called, and then
   it is exact; otherwise the other way is tried too, and if neither succeeds the key is unsuited.
5. Which appends are shown depends on the gets; so a prefix is translated anew, its own gets
   only, when the first completion that cannot be placed is sought.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.linearizability.decision import Budget
from checker.linearizability.monitors import appended, chains, grouping, pieces
from checker.linearizability.monitors.finding import Findings
from checker.linearizability.monitors.kernel import Kernel
from checker.linearizability.registers import monitor
from checker.reading import Reading
from histories.table import Table

ALGORITHM = "monitor of unique appends"
CODES = {"append": chains.APPEND, "get": chains.GET, "read": chains.GET, "put": chains.PUT}
STEPS = 40
"""What an operation costs beside the bytes it read."""

_kernel = Kernel(
    (*monitor.MODULES, monitor, grouping, pieces, chains, appended),
    appended.judge_keys,
    allocating=False,
)


def decide_appends(table: Table, reading: Reading, budget: Budget | None = None) -> Findings:
    """Decide the keys of a history of appends and gets, until one is refuted.

    Unsuited keys stay undecided.

    Linear in the operations and in the bytes of what was read. Evidence of a refuted key: 0
    the first completion that cannot be placed; 1 to 6 as for ``registers.monitor``; but when 3
    is -1, 1 and 2 are gets of which neither is a prefix of the other, or 1 alone cannot be.
    """

    def run(function: Any, rows: Table) -> None:
        function(
            rows.key, rows.f, rows.outcome, rows.input, rows.input2, rows.output, rows.output2,
            rows.call, rows.ret, what, reading.nil_read == "nil",
            values.kinds, values.numbers, values.offsets, blob, longest,
            findings.status, findings.order, findings.starts, findings.verified,
            findings.evidence, np.empty(wide, np.int64), np.empty(narrow, np.int32),
            np.empty(small, np.int8),
        )  # fmt: skip

    values = table.values
    findings = Findings.blank(len(table.keys), len(table), ALGORITHM)
    what = np.array([CODES.get(name, 0) for name in table.functions], np.int8)
    # Read-only arrays are another type to numba.
    blob = values.blob if values.blob.flags.writeable else values.blob.copy()
    longest = int((values.offsets[1:] - values.offsets[:-1]).max(initial=0))
    wide, narrow, small = appended.scratch(len(table), len(table.keys), len(values), longest)
    steps = STEPS * len(table) + len(blob)
    run(_kernel.fit(steps, lambda f: run(f, table.take(np.zeros(0, np.int64))), budget), table)
    return findings
