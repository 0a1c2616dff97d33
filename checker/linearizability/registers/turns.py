"""Runs the search over a range of keys, or one hard key, within a budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from checker.linearizability.decision import Budget, Status
from checker.linearizability.registers import keys
from checker.linearizability.registers.keys import (
    ALLOWED,
    BEGUN,
    CONTROL,
    END,
    FRESH,
    FUEL,
    KEY,
    STAGE,
    WAY,
)
from checker.linearizability.registers.layout import EXPANDED, IMPROVED, SLOTS
from checker.linearizability.registers.memory import Memory, zeros
from checker.linearizability.registers.stepping import BREADTH, DEPTH, FULL

UNDECIDED = keys.UNDECIDED
HARD = -2
"""The status of a key that is put off."""
CHUNK = 20_000
"""Configurations between looks at the clock (a word of slots; fewer when there are more)."""
PATIENCE = 1_000
"""Configurations without getting any further, before windows are tried."""


@dataclass(slots=True)
class Columns:
    """What all searches over one table share: input columns by row, and what is found, by key."""

    inputs: tuple[Any, ...]
    """``kind`` to ``starts`` of ``decide_keys``."""
    values: int
    order: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    statuses: npt.NDArray[np.int8]
    stuck: npt.NDArray[np.int64]
    verified: npt.NDArray[np.int64]
    expanded: npt.NDArray[np.int64]

    def home(self, plain: bool) -> Any:
        """Scratch for numbering values."""
        if plain:
            return [-1] * self.values
        home = np.empty(self.values, np.int32)
        # A fifth of what np.full takes.
        home.fill(-1)
        return home


@dataclass(slots=True)
class Turns:
    """A search over keys ``first`` to ``end``, taken up again and again."""

    columns: Columns
    functions: Any
    memory: Memory
    budget: Budget
    first: int
    end: int
    way: int = DEPTH
    elsewhere: int = 0
    """Configurations expanded for the key at hand by others."""
    control: Any = field(init=False)
    home: Any = field(init=False)

    def __post_init__(self) -> None:
        plain = self.memory.plain
        if self.way == BREADTH:
            self.memory.make_fronts()
        self.control = zeros(CONTROL, plain)
        self.home = self.columns.home(plain)
        self.control[KEY], self.control[END] = self.first, self.end
        self.control[ALLOWED] = 1 << 60 if self.way == BREADTH else PATIENCE
        self.control[WAY] = self.way

    @property
    def key(self) -> int:
        """The key at hand."""
        return int(self.control[KEY])

    @property
    def spent(self) -> int:
        """Configurations expanded for the key at hand."""
        return int(self.memory.arena.state[EXPANDED]) if self.control[STAGE] == BEGUN else 0

    def run(self, fuel: int) -> int:
        """One call of the kernel with so much fuel, and more memory if it asks for it; its code.

        When memory is refused the key at hand is left undecided for that reason.
        """
        columns, memory, control = self.columns, self.memory, self.control
        control[FUEL] = fuel
        while True:
            code = self.functions.decide_keys(
                *columns.inputs, 0, self.home, memory.part, memory.arena, memory.spare, control,
                columns.order, columns.counts, columns.statuses, columns.stuck,
                columns.verified, columns.expanded,
            )  # fmt: skip
            if code == keys.CROWDED:
                given = memory.make_room()
            elif code == FULL:
                given = memory.grow(self.functions.rehash)
            else:
                return int(code)
            if not given:
                self.leave(Status.MEMORY)
                return int(code)

    def leave(self, status: int) -> None:
        """Put the key at hand aside with that status, and go on to the next."""
        self.columns.statuses[self.key] = status
        self.control[KEY] += 1
        self.control[STAGE] = FRESH
        self.elsewhere = 0

    def take(self, fuel: int, settled: Callable[[int], bool]) -> None:
        """Run until the keys are decided, the key at hand has had ``fuel``, or the budget ends.

        An eighth of the fuel must do for getting any further. Ends early too once
        ``settled(code)``, which is asked after each call of the kernel. Where the budget ends a
        key's status says so.
        """
        begun = self.spent
        while True:
            key = self.key
            code = self.run(self.chunk())
            if settled(code) or self.key >= self.end:
                return
            if self.key != key:
                begun = 0
            elif self.budget.late():
                rest = self.columns.statuses[key : self.end]
                rest[rest < 0] = Status.TIME
                self.control[KEY] = self.end
                return
            elif self.used_up():
                self.leave(Status.CONFIGURATIONS)
                begun = 0
                if self.key >= self.end:
                    return
            elif self.spent - begun >= fuel or self.stagnant() >= fuel >> 3:
                return

    def stagnant(self) -> int:
        """Configurations expanded, depth first, since the key at hand got any further."""
        if self.way == BREADTH or self.control[STAGE] != BEGUN:
            return 0
        state = self.memory.arena.state
        return int(state[EXPANDED] - state[IMPROVED])

    def chunk(self) -> int:
        """Fuel that lasts some milliseconds, and no longer than the budget."""
        fuel = max(CHUNK // (1 + int(self.memory.part.sizes[SLOTS]) // 500), 100)
        if self.budget.configurations is not None:
            left = self.budget.configurations - self.elsewhere - self.spent
            fuel = min(fuel, max(left, 1))
        return fuel

    def used_up(self) -> bool:
        """Whether the configurations allowed for the key at hand are used up."""
        allowed = self.budget.configurations
        return allowed is not None and self.elsewhere + self.spent >= allowed
