"""A monitor's kernel: run as plain Python on small histories, compiled on all others."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from checker.linearizability.decision import Budget

PLAIN_STEPS_MAX = 200_000
"""Steps worth taking in plain Python before numba is worth loading (0.3 s)."""


@dataclass(slots=True)
class Kernel:
    """``entry`` of the last of ``modules``, which are compiled together.

    ``allocating``: whether they make arrays, see ``compilation.compiled``.
    """

    modules: tuple[ModuleType, ...]
    entry: Callable[..., None]
    allocating: bool = True
    loaded: Callable[..., None] | None = None

    def fit(
        self, steps: int, rehearse: Callable[[Any], None], budget: Budget | None = None
    ) -> Callable[..., None]:
        """The function to call where about so many steps are to be taken.

        When it has to be compiled (or loaded from numba's cache) first, ``rehearse`` is given
        it to call on next to nothing, and the budget is told how long that took.
        """
        if self.loaded is None and steps <= PLAIN_STEPS_MAX:
            return self.entry
        if self.loaded is None:
            from checker.linearizability.compilation import compiled

            began = time.perf_counter()
            self.loaded = getattr(
                compiled(self.modules, [self.entry], allocating=self.allocating),
                self.entry.__name__,
            )
            rehearse(self.loaded)
            if budget is not None:
                budget.compiled(time.perf_counter() - began)
        assert self.loaded is not None
        return self.loaded
