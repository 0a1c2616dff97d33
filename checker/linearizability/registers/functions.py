"""The kernels of this package, plain or compiled."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from checker.linearizability.decision import Budget
from checker.linearizability.registers import (
    columns,
    configurations,
    expansion,
    keys,
    monitor,
    order,
    preparation,
    stepping,
    windows,
)

_MODULES = (columns, preparation, configurations, expansion, stepping, windows, order, keys)
_ENTRIES = (columns.fill_effects, columns.group, configurations.rehash, keys.decide_keys)

PLAIN = SimpleNamespace(
    **{entry.__name__: entry for entry in (*_ENTRIES, monitor.monitor_keys)}, plain=True
)
"""The kernels as they are written."""

_compiled: Any = None


def loaded() -> bool:
    """Whether compiled kernels are at hand in this process."""
    return _compiled is not None


def cached() -> bool:
    """Whether an earlier process seems to have left compiled kernels; a hint for progress."""
    return any((Path(__file__).parent / "__pycache__").glob("keys.decide_keys*.nbi"))


def compiled(budget: Budget | None = None) -> Any:
    """The compiled kernels; loading or compiling them first is noted in ``budget``.

    With NUMBA_DISABLE_JIT they are the plain ones.
    """
    global _compiled
    if _compiled is None:
        began = time.perf_counter()
        from numba.core import config

        from checker.linearizability.compilation import compiled as compile_modules
        from checker.linearizability.registers.rehearsal import rehearse

        if getattr(config, "DISABLE_JIT", 0):
            _compiled = PLAIN
            return PLAIN
        functions = compile_modules(_MODULES, _ENTRIES, allocating=False)
        functions.plain = False
        monitoring = compile_modules((monitor, *monitor.MODULES), [monitor.monitor_keys])
        functions.monitor_keys = monitoring.monitor_keys
        rehearse(functions)
        _compiled = functions
        if budget is not None:
            budget.compiled(time.perf_counter() - began)
    return _compiled
