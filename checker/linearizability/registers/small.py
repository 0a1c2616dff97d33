"""Small histories, in one call of a kernel and memory that is there: half the time of ``decide``.

Many histories are as small as the runs of a test suite. Deciding one takes 15 µs in kernels, and
numpy 1 µs for every array it is asked for; so there are few of them here.
"""

from __future__ import annotations

import threading

import numpy as np

from checker.linearizability.decision import Budget, Decision
from checker.linearizability.registers.effects import kinds_of, observed_of
from checker.linearizability.registers.functions import Functions
from checker.linearizability.registers.keys import CONTROL
from checker.linearizability.registers.layout import RULES
from checker.linearizability.registers.memory import Memory
from checker.linearizability.registers.rules import ALL
from checker.linearizability.registers.whole import ELSEWHERE
from checker.models import Model
from checker.reading import Reading
from histories.table import Table

OPERATIONS_MAX = 1_000
VALUES_MAX, KEYS_MAX = 4 * OPERATIONS_MAX, 100
FUEL, ALLOWED = 2_000, 1_000
"""Configurations, in all and without getting further; what needs more takes turns elsewhere."""

_kept = threading.local()


class _Scratch:
    """What every decision of a thread works in."""

    def __init__(self) -> None:
        n = OPERATIONS_MAX
        self.memory = memory = Memory.of(n, 1 << 26, False)
        self.columns = (
            *(np.empty(n, np.int8), np.empty(n, np.int32), np.empty(n, np.int32)),
            *(np.empty(n, np.int64), np.empty(KEYS_MAX + 2, np.int64)),
            np.full(VALUES_MAX, -1, np.int32),
        )
        memory.part.sizes[RULES] = ALL
        self.control = np.zeros(CONTROL, np.int64)


def decide_small(
    table: Table, model: Model, reading: Reading, budget: Budget, functions: Functions, name: str
) -> Decision | None:
    """What is known of each key of a small table; None when that takes more than a first try.

    The rules of ``decide`` with all keys in one turn; ``functions`` are compiled, and ``name`` is
    that of the search. Keys of unique values are left to the monitor.
    """
    n, count = len(table), len(table.keys)
    if n > OPERATIONS_MAX or count > KEYS_MAX or len(table.values) > VALUES_MAX:
        return None
    scratch: _Scratch | None = getattr(_kept, "scratch", None)
    if scratch is None:
        scratch = _Scratch()
    memory = scratch.memory
    if budget.configurations is not None or memory.bytes > budget.memory_bytes:
        return None
    # An exception (Ctrl-C, say) could leave it in disorder; then it is made anew.
    _kept.scratch = None
    order, ends = np.empty(n, np.int64), np.empty(count + 1, np.int64)
    statuses, found = np.empty(count, np.int8), np.empty((4, count), np.int64)
    code = functions.decide_table(
        kinds_of(tuple(table.functions), len(model.functions)),
        observed_of(tuple(table.errors), reading), reading.nil_read == "nil",
        table.key, table.f, table.outcome, table.input, table.input2, table.output, table.output2,
        table.error, table.call, table.ret, *scratch.columns, memory.part, memory.arena,
        memory.spare, scratch.control, FUEL, ALLOWED, order, ends, statuses, found,
    )  # fmt: skip
    _kept.scratch = scratch
    if code == ELSEWHERE:
        return None
    _, stuck, verified, expanded = found
    return Decision(statuses, order[: ends[-1]], ends, stuck, verified, expanded, (name,), {})
