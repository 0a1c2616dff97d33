"""The arrays a search works in: allotted, reused, and grown within what a budget allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from checker.linearizability.registers.configurations import width_of
from checker.linearizability.registers.layout import (
    CLASSES,
    EPOCH,
    GUARDS,
    RECORDS,
    SLOTS,
    VALUES,
    WORDS,
    Arena,
    Array,
    Part,
)

KEPT_BYTES_MAX = 64 << 20
"""What may be kept from one decision to the next."""
WIDTH_MIN = 7
"""The fewest words of a configuration: so many rows a stack must hold."""
STATE = EPOCH + 1


class _Record:
    """A record in plain Python."""

    __slots__: tuple[str, ...] = ()

    def __init__(self) -> None:
        for name in self.__slots__:
            setattr(self, name, 0)


def _plain_record(name: str, fields: str) -> type[_Record]:
    return type(name, (_Record,), {"__slots__": tuple(fields.split())})


_PLAIN = {name: _plain_record(name, fields) for name, fields in RECORDS.items()}
_COMPILED = {
    name: np.dtype([(field, np.int64) for field in fields.split()])
    for name, fields in RECORDS.items()
}


def zeros(count: int, plain: bool) -> Array:
    """An array of zeros, or a list of them."""
    return [0] * count if plain else np.zeros(count, np.int64)


def records(name: str, count: int, plain: bool) -> Array:
    """An array of records of that name, or a list of objects, all zero."""
    return [_PLAIN[name]() for _ in range(count)] if plain else np.zeros(count, _COMPILED[name])


def new_part(operations: int, plain: bool) -> Part:
    """Room for any key of so many operations; ``pending`` grows when it is known how much."""
    n = operations + 1
    return Part(
        **{name: records(name, 64 if name == "pending" else n, plain) for name in RECORDS},
        sizes=zeros(GUARDS + n, plain),
    )


def new_arena(words: int, plain: bool) -> Arena:
    """An arena of so many words of configurations."""
    return Arena(
        rows=zeros(words, plain),
        heads=zeros(_buckets(words), plain),
        stack=zeros(words // WIDTH_MIN + 1, plain),
        moves=zeros(64, plain),
        fronts=zeros(words // WIDTH_MIN + 1, plain),
        state=zeros(STATE, plain),
    )


def grown(arena: Arena, words: int, plain: bool) -> Arena:
    """The same arena with room for more rows; its buckets are empty, for ``rehash`` to fill."""

    def more(column: Array, count: int) -> Array:
        extra = zeros(count - len(column), plain)
        return column + extra if plain else np.concatenate((column, extra))

    stacked = words // WIDTH_MIN + 1
    return arena._replace(
        rows=more(arena.rows, words),
        stack=more(arena.stack, stacked),
        fronts=more(arena.fronts, max(stacked, len(arena.fronts))),
        heads=zeros(_buckets(words), plain),
    )


def bytes_of(group: Any) -> int:
    """What the arrays of a part or an arena take (of lists, what they would as arrays)."""
    return sum(getattr(column, "nbytes", 8 * len(column)) for column in group)


@dataclass(slots=True)
class Memory:
    """What one search works in, within ``limit_bytes``. ``plain``: lists rather than arrays."""

    part: Part
    arena: Arena
    spare: Arena
    limit_bytes: int
    plain: bool
    bytes: int = 0
    """What all of it takes."""

    def __post_init__(self) -> None:
        self.bytes = sum(bytes_of(group) for group in (self.part, self.arena, self.spare))

    @classmethod
    def of(cls, operations: int, limit_bytes: int, plain: bool) -> Memory:
        """Enough to begin with for keys of so many operations."""
        spare = min(max(64 * operations, 1 << 12), 1 << 13 if plain else 1 << 22)
        spare = max(min(spare, limit_bytes // 64), 1 << 10)
        return cls(
            new_part(operations, plain),
            new_arena(1 << 10 if plain else 1 << 13, plain),
            new_arena(spare, plain),
            limit_bytes,
            plain,
        )

    def suits(self, operations: int, limit_bytes: int) -> bool:
        """Whether keys of so many operations fit in, and it is neither too large nor wasteful."""
        return operations < len(self.part.operations) and self.bytes <= min(
            limit_bytes, KEPT_BYTES_MAX
        )

    def make_room(self) -> bool:
        """Give what was prepared the room it needs; False if there is none left.

        What the arena holds is lost.
        """
        sizes = self.part.sizes
        words = int((sizes[VALUES] + 1) * sizes[WORDS])
        steps = int(sizes[SLOTS] + sizes[CLASSES] + 8)
        rows = 2 * steps * width_of(self.part)
        if self.bytes + 24 * words + 16 * rows > self.limit_bytes:
            return False
        if words > len(self.part.pending):
            self.part = self.part._replace(pending=records("pending", words, self.plain))
        if 2 * steps > len(self.arena.moves):
            moves = zeros(4 * steps, self.plain)
            self.arena = self.arena._replace(moves=moves)
            self.spare = self.spare._replace(moves=moves)
        if rows > len(self.arena.rows):
            self.arena = grown(self.arena, rows, self.plain)
        self.__post_init__()
        return True

    def make_fronts(self) -> None:
        """Let the arena be searched breadth first."""
        self.arena = self.arena._replace(
            fronts=zeros(max(len(self.part.returns), len(self.arena.fronts)), self.plain)
        )
        self.__post_init__()

    def grow(self, rehash: Any) -> bool:
        """Double the arena, with what it holds; False if that would take too much."""
        if self.bytes + 2 * bytes_of(self.arena) > self.limit_bytes:
            return False
        self.arena = grown(self.arena, 2 * len(self.arena.rows), self.plain)
        rehash(self.part, self.arena)
        self.__post_init__()
        return True


def _buckets(words: int) -> int:
    return 1 << max(words // 10, 1).bit_length()
