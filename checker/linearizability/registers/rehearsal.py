"""One tiny decision with compiled kernels, so that they are compiled before any clock runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.linearizability.registers.keys import ALLOWED, CONTROL, END, FUEL, UNDECIDED
from checker.linearizability.registers.layout import WRITE
from checker.linearizability.registers.memory import new_arena, new_part


def rehearse(functions: Any) -> None:
    """Call every entry with the types that a table has."""
    numbers, wide = np.zeros(1, np.int32), np.zeros(1, np.int64)
    kind, home = np.full(1, WRITE, np.int8), np.full(1, -1, np.int32)
    short, code = np.zeros(1, np.int16), np.zeros(1, np.int8)
    functions.fill_effects(
        np.ones(1, np.int64), np.zeros(1, np.bool_), True, short, code,
        numbers, numbers, numbers, numbers, numbers, kind, numbers.copy(), numbers.copy(),
    )  # fmt: skip
    starts = np.zeros(3, np.int64)
    functions.group(kind, numbers, wide.copy(), starts)
    part, arena = new_part(1, False), new_arena(256, False)
    control = np.zeros(CONTROL, np.int64)
    control[FUEL], control[ALLOWED], control[END] = 10, 10, 1
    functions.decide_keys(
        kind, numbers, numbers, wide, np.ones(1, np.int64), wide, starts, 0, home, part, arena,
        arena, control, wide.copy(), wide.copy(), np.full(1, UNDECIDED, np.int8), wide.copy(),
        wide.copy(), wide.copy(),
    )  # fmt: skip
    functions.rehash(part, arena)
    functions.monitor_keys(
        kind, numbers, numbers, wide, np.ones(1, np.int64), wide, starts[:2], 0, home, wide.copy(),
        wide.copy(), np.zeros(1, np.int8), np.zeros((1, 8), np.int64),
    )  # fmt: skip
