"""One tiny decision with compiled kernels, so that they are compiled before any clock runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.linearizability.registers.keys import ALLOWED, CONTROL, END, FUEL, UNDECIDED
from checker.linearizability.registers.layout import WRITE
from checker.linearizability.registers.memory import new_arena, new_part


def rehearse_columns(functions: Any) -> None:
    """Call every entry with the types that a table has."""
    numbers, kind = np.zeros(1, np.int32), np.full(1, WRITE, np.int8)
    functions.fill_effects(
        np.ones(1, np.int64), np.zeros(1, np.bool_), True, np.zeros(1, np.int16), kind,
        numbers, numbers, numbers, numbers, numbers, kind.copy(), numbers.copy(), numbers.copy(),
    )  # fmt: skip
    functions.group(kind, numbers, np.zeros(1, np.int64), np.zeros(3, np.int64))


def rehearse_monitor(functions: Any) -> None:
    """Ask about one write."""
    functions.monitor_keys(
        *_write(), np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int8),
        np.zeros((1, 8), np.int64),
    )  # fmt: skip


def rehearse_search(functions: Any) -> None:
    """Search one write."""
    part, arena = new_part(1, False), new_arena(256, False)
    control = np.zeros(CONTROL, np.int64)
    control[FUEL], control[ALLOWED], control[END] = 10, 10, 1
    wide = np.zeros((5, 1), np.int64)
    functions.decide_keys(
        *_write(), part, arena, arena, control, wide[0], wide[1], np.full(1, UNDECIDED, np.int8),
        wide[2], wide[3], wide[4],
    )  # fmt: skip
    functions.rehash(part, arena)
    kind, narrow, starts = np.full(1, WRITE, np.int8), np.zeros(1, np.int32), np.zeros(3, np.int64)
    functions.decide_table(
        np.ones(1, np.int64), np.zeros(1, np.bool_), True, narrow, np.zeros(1, np.int16), kind,
        narrow, narrow, narrow, narrow, narrow, wide[0], wide[1] + 1, kind.copy(), narrow.copy(),
        narrow.copy(), np.zeros(1, np.int64), starts, np.full(1, -1, np.int32), part, arena, arena,
        control, 10, 10, np.zeros(1, np.int64), np.zeros(2, np.int64), np.zeros(1, np.int8),
        np.zeros((4, 1), np.int64),
    )  # fmt: skip


def _write() -> tuple[Any, ...]:
    """Columns of one write, from ``kind`` to ``home``."""
    numbers, wide = np.zeros(1, np.int32), np.zeros(1, np.int64)
    kind, home, starts = np.full(1, WRITE, np.int8), np.full(1, -1, np.int32), np.zeros(2, np.int64)
    starts[1] = 1
    return kind, numbers, numbers, wide, np.ones(1, np.int64), wide, starts, 0, home
