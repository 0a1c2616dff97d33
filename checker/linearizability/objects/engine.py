"""One search over one part: runs the kernels, grows their memory, fills in steps."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, SimpleNamespace
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

_NAMES = {module.__name__ for module in _MODULES}


def _plain() -> Any:
    """The kernels as they are written, but that they need not wait for what is missing."""
    namespace: dict[str, Any] = {}
    for module in _MODULES:
        namespace.update(vars(module))
    for name, function in list(namespace.items()):
        if isinstance(function, FunctionType) and function.__module__ in _NAMES:
            namespace[name] = FunctionType(function.__code__, namespace, name)
    namespace["need"] = Transitions.ask
    return SimpleNamespace(**{entry.__name__: namespace[entry.__name__] for entry in _ENTRIES})


PLAIN = _plain()

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

    def run(self, functions: Any, fuel: int, memory_bytes: int, late: Callable[[], bool]) -> int:
        """Expand up to ``fuel`` configurations, fewer when it gets ``late``.

        Configurations and steps together may grow to ``memory_bytes``.
        """
        if functions is not PLAIN and self.plain:
            self._compile(functions)
        registers, transitions = self.arena.registers, self.transitions
        stop = self.expanded + fuel
        while self.status == OPEN:
            registers[layout.OPTIONS] = transitions.options_max
            code = functions.search(
                self.part,
                transitions if self.plain else transitions.steps,
                self.arena,
                self.prepared.slots,
                max(stop - self.expanded, 0),
            )
            if code == layout.MISSING:
                missing = self.arena.missing[: 3 * int(registers[layout.MISSED])]
                transitions.fill(missing.tolist(), functions.store)
            elif code == layout.GROW:
                if 2 * arena_bytes(self.arena) + transitions.memory_bytes > memory_bytes:
                    self.status = FULL
                else:
                    self._grow(functions)
            elif code != layout.TIRED:
                self.status = code
            if self.status == OPEN and transitions.memory_bytes > memory_bytes:
                self.status = FULL
            if code == layout.TIRED or late():
                break
        return self.status

    def _compile(self, functions: Any) -> None:
        """Go over from lists to arrays."""
        self.plain = False
        self.part = self.prepared.part
        self.arena = compiled_arena(self.arena)
        self.transitions.compile(functions.store)

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
        none = np.zeros(0, np.bool_)
        prepared = prepare(nothing, nothing, nothing, nothing, none, none)
        search = Search(prepared, Transitions(COUNTER, (), (), ()))
        search.run(functions, 0, 1 << 30, lambda: False)
        functions.rehash(search.arena)
        functions.warm = True
    return functions
