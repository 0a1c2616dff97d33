"""The few operations of a history that a violation rests on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from checker.verdict import Violation
from histories.event import Operation
from histories.table import Operations


def evidence(violation: Violation, operations: Sequence[Operation]) -> list[Operation]:
    """The operations a violation names, in order of invocation."""
    wanted = set(violation.operations)
    if violation.culprit is not None:
        wanted.add(violation.culprit)
    if isinstance(operations, Operations):
        # Each operation of a table is made when it is asked for: only those that are wanted.
        rows = np.flatnonzero(np.isin(operations.table.call, sorted(wanted)))
        return [operations[int(row)] for row in rows]
    return sorted((o for o in operations if o.call in wanted), key=lambda o: o.call)
