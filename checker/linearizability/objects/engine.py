"""One search over one part: runs the kernels, grows their memory, fills in steps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from checker.linearizability.objects import choices, configurations, kernels, layout, stepping
from checker.linearizability.objects.arena import (
    Arena,
    arena_bytes,
    compiled_arena,
    more_rows,
    more_stack,
    new_arena,
)
from checker.linearizability.objects.part import Part, Prepared, prepare
from checker.linearizability.objects.steps import Transitions

OPEN, FULL = -1, -2
"""Statuses of a search beside REFUTED and LINEARIZED: it can be run on; it may not grow."""

_MODULES = (layout, configurations, stepping, choices, kernels)
_ENTRIES = (stepping.store, configurations.rehash, kernels.search)

PLAIN = SimpleNamespace(**{entry.__name__: entry for entry in _ENTRIES})
"""The kernels as they are written."""

_functions: Any = None


def compiled_kernels() -> Any:
    """The kernels through numba; the first call in a process loads or compiles them."""
    global _functions
    if _functions is None:
        from checker.linearizability.compilation import compiled

        _functions = compiled(_MODULES, _ENTRIES)
    return _functions


def compiled_kernels_loaded() -> bool:
    """Whether numba is there already, so that using it costs little more in this process."""
    return _functions is not None


class Search:
    """A search over one part; run it again to go on, it remembers all it tried.

    ``status``: OPEN, FULL, layout.REFUTED or layout.LINEARIZED.
    """

    def __init__(
        self,
        prepared: Prepared,
        transitions: Transitions,
        *,
        breadth: bool = False,
        unlimited: bool = False,
        rules: int = layout.ALL_RULES,
    ) -> None:
        self.prepared = prepared
        self.transitions = transitions
        self.status = OPEN
        self.plain = True
        self.part = Part(*(column.tolist() for column in prepared.part))
        self.arena: Arena = new_arena(self.part, prepared.slots, breadth=breadth)
        registers = self.arena.registers
        registers[layout.RULES] = rules
        registers[layout.UNLIMITED] = int(unlimited)
        registers[layout.CLASSES] = len(transitions.effects)
        registers[layout.INIT] = transitions.init

    def compile(self) -> None:
        """Go over from lists to arrays."""
        if self.plain:
            self.plain = False
            self.part = self.prepared.part
            self.arena = compiled_arena(self.arena)
            self.transitions.compile()

    def run(self, functions: Any, fuel: int, memory_bytes: int) -> int:
        """Expand up to ``fuel`` configurations; the arena may grow to ``memory_bytes``."""
        if functions is not PLAIN:
            self.compile()
        registers = self.arena.registers
        stop = self.expanded + fuel
        while self.status == OPEN:
            registers[layout.OPTIONS] = self.transitions.options_max
            code = functions.search(
                self.part,
                self.transitions.steps,
                self.arena,
                self.prepared.slots,
                max(stop - self.expanded, 0),
            )
            if code == layout.MISSING:
                missed = self.arena.missing[: 3 * int(registers[layout.MISSED])]
                missing = missed if isinstance(missed, list) else missed.tolist()
                self.transitions.fill(missing, functions.store)
                if self.transitions.memory_bytes > memory_bytes:
                    self.status = FULL
            elif code == layout.GROW:
                if 2 * arena_bytes(self.arena) > memory_bytes:
                    self.status = FULL
                else:
                    self._grow(functions)
            elif code == layout.TIRED:
                break
            else:
                self.status = code
        return self.status

    def _grow(self, functions: Any) -> None:
        registers = self.arena.registers
        if registers[layout.USED] + registers[layout.STRIDE] > len(self.arena.rows):
            self.arena = more_rows(self.arena)
            functions.rehash(self.arena)
        room = len(self.arena.candidate) * self.transitions.options_max
        self.arena = more_stack(self.arena, int(registers[layout.TOP]) + room)

    @property
    def memory_bytes(self) -> int:
        """What the configurations take; steps are shared, and not in it."""
        return arena_bytes(self.arena)

    @property
    def expanded(self) -> int:
        """Configurations expanded so far."""
        return int(self.arena.registers[layout.EXPANDED])

    @property
    def deepest(self) -> int:
        """The rank reached: all returns before it belong to a linearizable prefix."""
        return int(self.arena.registers[layout.DEEPEST])

    @property
    def stuck(self) -> int:
        """The rank of a return that a refuted history surely cannot place; the first such
        unless operations that return later were given up (DOOM)."""
        return max(self.deepest, int(self.arena.registers[layout.DOOMED_RANK]))

    def moves(self) -> list[tuple[int, int]]:
        """Moves and the states after them, to the end of the history."""
        moves = []
        rows = self.arena.rows
        row = int(self.arena.registers[layout.FOUND])
        while row > 0:
            moves.append((int(rows[row + layout.MOVE]), int(rows[row + layout.STATE])))
            row = int(rows[row + layout.PARENT])
        return moves[::-1]


def warmed() -> Any:
    """The compiled kernels, each called once, so that no clock runs while they compile."""
    functions = compiled_kernels()
    if not getattr(functions, "warm", False):
        from checker.models.counter import COUNTER

        nothing = np.zeros(0, np.int64)
        prepared = prepare(nothing, nothing, nothing, nothing, np.zeros(1, np.bool_))
        search = Search(prepared, Transitions(COUNTER, []))
        search.run(functions, 0, 1 << 30)
        functions.search(search.part, search.transitions.steps, search.arena, 1, 0)
        functions.rehash(search.arena)
        functions.store(*(np.full(4, -1, np.int64) for _ in range(2)), *np.zeros((2, 0), np.int64))
        functions.warm = True
    return functions
