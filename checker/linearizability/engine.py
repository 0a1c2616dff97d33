"""One key's search under a budget: runs the kernels, grows their memory, tells the outcome."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

from checker.linearizability import kernels
from checker.linearizability.arena import grown, new_arena, row_bytes
from checker.linearizability.part import Compiled, compile_part
from checker.linearizability.replay import linearization
from checker.models import REGISTER
from histories.event import Operation

COMPILED = "checker.linearizability.compiled"


class Status(Enum):
    """Where a search stands."""

    LINEARIZED = "linearized"
    REFUTED = "refuted"
    OPEN = "open"
    """Fuel spent; it can be run on."""
    FULL = "full"
    """It may not grow as it would have to."""


def compiled_kernels() -> ModuleType:
    """The kernels through numba; the first call in a process loads or compiles them."""
    loaded = COMPILED in sys.modules
    from checker.linearizability import compiled

    if not loaded:
        # Compile before any clock runs: one search over nothing fixes the signatures.
        nothing = compile_part((), REGISTER)
        arena = new_arena(nothing)
        kernels.begin(nothing.part, arena, nothing.init)
        compiled.rehash(arena)
        compiled.search(nothing.part, arena, nothing.slots, 0)
    return compiled


def compiled_before() -> bool:
    """Whether an earlier process seems to have left compiled kernels; a hint for progress."""
    return any((Path(__file__).parent / "__pycache__").glob("kernels.search*.nbi"))


def compiled_kernels_loaded() -> bool:
    """Whether using the compiled kernels costs nothing more in this process."""
    return COMPILED in sys.modules


@dataclass(slots=True)
class Search:
    """A search over one part. ``run`` again to go on; it remembers all it tried."""

    compiled: Compiled
    status: Status
    _arena: Any

    @classmethod
    def over(cls, compiled: Compiled, *, unlimited: bool = False) -> Search:
        """A search at its beginning. ``unlimited``: only its REFUTED means anything."""
        arena = new_arena(compiled)
        arena.registers[kernels.UNLIMITED] = unlimited
        kernels.begin(compiled.part, arena, compiled.init)
        status = Status.OPEN if arena.registers[kernels.FOUND] < 0 else Status.LINEARIZED
        return cls(compiled, status, arena)

    def run(self, functions: ModuleType, fuel: int, memory_bytes: int) -> Status:
        """Expand up to ``fuel`` configurations with the given kernels, in ``memory_bytes``."""
        part, slots = self.compiled.part, self.compiled.slots
        stop = self.expanded + fuel
        while self.status is Status.OPEN:
            code = functions.search(part, self._arena, slots, max(stop - self.expanded, 0))
            if code == kernels.FULL:
                if 2 * self.memory_bytes > memory_bytes:
                    self.status = Status.FULL
                else:
                    self._arena = grown(self._arena)
                    functions.rehash(self._arena)
            elif code == kernels.TIRED:
                break
            else:
                self.status = Status.LINEARIZED if code == kernels.LINEARIZED else Status.REFUTED
        return self.status

    @property
    def memory_bytes(self) -> int:
        """What the configurations take."""
        return 0 if self._arena is None else row_bytes(self._arena) * len(self._arena.rank)

    @property
    def expanded(self) -> int:
        """Configurations expanded so far."""
        return int(self._arena.registers[kernels.EXPANDED])

    @property
    def deepest(self) -> int:
        """The rank reached: all returns before it belong to a linearizable prefix."""
        return int(self._arena.registers[kernels.DEEPEST])

    @property
    def stuck(self) -> Operation | None:
        """The first completed operation that no prefix found so far could place."""
        ranks = len(self.compiled.required)
        if self.deepest >= ranks:
            return None
        return self.compiled.required[int(self.compiled.part.returning[self.deepest])]

    def order(self) -> list[Operation]:
        """The linearization of a search that found one."""
        moves = []
        row = int(self._arena.registers[kernels.FOUND])
        while row > 0:
            moves.append(int(self._arena.move[row]))
            row = int(self._arena.parent[row])
        return linearization(self.compiled, reversed(moves))
