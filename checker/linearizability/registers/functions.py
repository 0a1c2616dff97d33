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
    whole,
    windows,
)

_GROUPS: dict[str, tuple[tuple[Any, ...], tuple[Any, ...], bool]] = {
    "columns": ((columns,), (columns.fill_effects, columns.group), False),
    "monitor": ((monitor, *monitor.MODULES), (monitor.monitor_keys,), True),
    "search": (
        (columns, preparation, configurations, expansion, stepping, windows, order, keys, whole),
        (configurations.rehash, keys.decide_keys, whole.decide_table),
        False,
    ),
}
"""Kernels that are compiled together: modules, entries, whether they make arrays."""


class Functions(SimpleNamespace):
    """Kernels by name; ``plain``: whether they are as they are written."""

    plain: bool

    def load(self, group: str, budget: Budget | None = None) -> None:
        """Have the kernels of a group at hand: loaded, or compiled the first time on a machine.

        The time that takes is noted in ``budget``. Plain ones always are.
        """
        modules, entries, allocating = _GROUPS[group]
        if self.plain or hasattr(self, entries[0].__name__):
            return
        began = time.perf_counter()
        from checker.linearizability.compilation import compiled as compile_modules
        from checker.linearizability.registers import rehearsal

        made = compile_modules(modules, entries, allocating=allocating)
        getattr(rehearsal, f"rehearse_{group}")(made)
        self.__dict__.update(vars(made))
        if budget is not None:
            budget.compiled(time.perf_counter() - began)


PLAIN = Functions(plain=True)
for _group in _GROUPS.values():
    PLAIN.__dict__.update({entry.__name__: entry for entry in _group[1]})

_compiled = Functions(plain=False)


def loaded() -> bool:
    """Whether the compiled search is at hand in this process.

    The monitor need not be: many histories have no use for it, and it is loaded for the first
    that has, once.
    """
    return hasattr(_compiled, "fill_effects") and hasattr(_compiled, "decide_keys")


def cached() -> bool:
    """Whether an earlier process seems to have left compiled kernels; a hint for progress."""
    return any((Path(__file__).parent / "__pycache__").glob("keys.decide_keys*.nbi"))


def compiled(*groups: str, budget: Budget | None = None) -> Functions:
    """The compiled kernels, of which these groups are at hand (all, if none is named).

    With NUMBA_DISABLE_JIT they are the plain ones.
    """
    for group in groups or _GROUPS:
        if not hasattr(_compiled, _GROUPS[group][1][0].__name__):
            from numba.core import config

            if getattr(config, "DISABLE_JIT", 0):
                return PLAIN
            _compiled.load(group, budget)
    return _compiled
