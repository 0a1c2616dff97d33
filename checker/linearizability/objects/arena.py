"""The memory of one search: configurations in columns, their hash chains, and a stack."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from checker.linearizability.objects import layout
from checker.linearizability.objects.part import Part

ROWS_MIN = 32
MISSING_MAX = 768
"""Steps that a search may ask for at a time."""


class Arena(NamedTuple):
    """Arrays of int64, or lists.

    ``rows``: configurations, STRIDE words each; one is known by where it begins. ``heads``: a
    power of two of buckets, -1 when empty; ``stack``: (configuration, move, state) each;
    ``waiting`` [m + 1]: first that waits at each rank, -1 when none does. Scratch: ``owner``
    [slots], ``marks`` [2 * classes], ``candidate`` [slots + classes], ``missing``.
    ``registers``: the scalars that outlive a call.
    """

    rows: Any
    heads: Any
    stack: Any
    waiting: Any
    owner: Any
    marks: Any
    candidate: Any
    missing: Any
    registers: Any


def new_arena(part: Part, slots: int, *, breadth: bool) -> Arena:
    """An empty arena for a part, of lists."""
    words = -(-slots // layout.WORD)
    stride = layout.MASK + words + len(part.guards)
    registers = [0] * layout.REGISTERS
    registers[layout.BREADTH] = int(breadth)
    registers[layout.WORDS] = words
    registers[layout.STRIDE] = stride
    registers[layout.OPTIONS] = 1
    registers[layout.OPEN_CLASSES] = sum(before < after for before, after in pairwise(part.first))
    registers[layout.FOUND] = registers[layout.DOOMED_RANK] = -1
    registers[layout.BASE] = layout.NOT_BEGUN
    return Arena(
        rows=[0] * (ROWS_MIN * stride),
        heads=[-1] * (2 * ROWS_MIN),
        stack=[0] * 64,
        waiting=[-1] * (len(part.cls) + 1 if breadth else 1),
        owner=[0] * slots,
        marks=[0] * (2 * len(part.name)),
        candidate=[0] * (slots + len(part.name)),
        missing=[0] * MISSING_MAX,
        registers=registers,
    )


def compiled_arena(arena: Arena) -> Arena:
    """The same over arrays."""
    return Arena(*(np.array(column, np.int64) for column in arena))


def more_rows(arena: Arena) -> Arena:
    """The same with twice the rows; its buckets are empty, for ``rehash`` to fill."""
    size = 2 * len(arena.heads)
    heads = [-1] * size if isinstance(arena.heads, list) else np.full(size, -1, np.int64)
    return arena._replace(rows=_twice(arena.rows, 0), heads=heads)


def more_stack(arena: Arena, least: int) -> Arena:
    """The same with room for at least so many entries of three."""
    stack = arena.stack
    while len(stack) < 3 * least:
        stack = _twice(stack, 3)
    return arena._replace(stack=stack)


def _twice(column: Any, least: int) -> Any:
    if isinstance(column, list):
        return column + [0] * max(len(column), least)
    return np.concatenate((column, np.zeros(max(len(column), least), np.int64)))


def arena_bytes(arena: Arena) -> int:
    """What it takes; eight bytes a number also where lists hold them."""
    return 8 * sum(len(column) for column in arena)
