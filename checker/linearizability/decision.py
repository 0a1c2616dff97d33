"""What an engine decides of a history, key by key, and the budget it decides under."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

MEMORY_BYTES_MAX = 2 << 30
"""What the configurations of all keys together may take unless a limit is given."""


class Status(IntEnum):
    """What became of a key."""

    REFUTED = 0
    LINEARIZED = 1
    TIME = 2
    """Undecided: the time allowed is used up."""
    MEMORY = 3
    """Undecided: the memory allowed is used up."""
    CONFIGURATIONS = 4
    """Undecided: the configurations allowed are used up."""
    SKIPPED = 5
    """Undecided: another key was refuted first, which settles the verdict."""


@dataclass(slots=True)
class Budget:
    """Limits of one decision, over all keys together unless said otherwise.

    ``deadline`` is a reading of ``time.perf_counter()``; ``configurations`` bounds what is
    expanded for each key; ``jobs`` is the number of threads keys may be shared out to
    (``registers/decide.py`` does, in long histories; no other engine).
    ``tick(keys done, operations verified, configurations)`` is called a few times a second.
    ``compiling_seconds`` is what engines spent on compiling kernels, which is not searching;
    an engine that compiles adds it here and moves the deadline by as much.
    """

    deadline: float | None = None
    memory_bytes: int = MEMORY_BYTES_MAX
    configurations: int | None = None
    jobs: int = 1
    tick: Callable[[int, int, int], None] | None = None
    compiling_seconds: float = 0.0

    def late(self) -> bool:
        """Whether the time is up."""
        return self.deadline is not None and time.perf_counter() >= self.deadline

    def left(self) -> float:
        """Seconds that are left; infinite without a deadline."""
        return math.inf if self.deadline is None else self.deadline - time.perf_counter()

    def compiled(self, seconds: float) -> None:
        """Note that compiling took so long."""
        self.compiling_seconds += seconds
        if self.deadline is not None:
            self.deadline += seconds


@dataclass(slots=True)
class Decision:
    """What is known of each of K keys, numbered as in the table.

    ``status``: int8[K] of Status. ``order``: int64, rows of the table in linearization order,
    those of key k at ``order[starts[k]:starts[k+1]]``; empty unless LINEARIZED. Operations
    that assert nothing, and indeterminate ones that took no effect, are absent. ``stuck``:
    int64[K], the row of the first completed operation that no linearizable prefix found could
    place (-1: none). ``verified``: int64[K], completions of the longest prefix shown to be
    linearizable. ``expanded``: int64[K], configurations. ``algorithms``: names of what
    decided, most keys first. ``clusters``: for keys that a monitor refuted, the rows of its
    evidence (their meaning is the monitor's). A key without relevant operations is LINEARIZED
    with an empty order.
    """

    status: npt.NDArray[np.int8]
    order: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    stuck: npt.NDArray[np.int64]
    verified: npt.NDArray[np.int64]
    expanded: npt.NDArray[np.int64]
    algorithms: tuple[str, ...] = ()
    clusters: dict[int, tuple[int, ...]] = field(default_factory=dict)
