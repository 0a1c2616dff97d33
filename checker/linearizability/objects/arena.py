"""The memory of one search: configurations in columns, their hash chains, and a stack."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from checker.linearizability.objects import kernels
from checker.linearizability.objects.part import Part

MISSING_MAX = 512
"""Steps that a search may ask for at a time."""


class Arena(NamedTuple):
    """Arrays of int64, or lists, for N configurations of W words and P words of counts.

    ``rank``, ``state``, ``parent``, ``move``, ``link`` (next in its bucket), ``behind`` (next that
    waits at its rank), ``digest``: [N]; ``required`` [N * W], ``consumed`` [N * P]; ``heads``: a
    power of two of buckets, -1 when empty; ``stack``: (configuration, move, state) each;
    ``waiting`` [m + 1]: first that waits at each rank, -1 when none does. Scratch: ``owner``
    [slots], ``epoch``, ``chosen`` [classes], ``candidate`` [slots + classes], ``missing``.
    ``registers``: the scalars that outlive a call.
    """

    rank: Any
    state: Any
    parent: Any
    move: Any
    link: Any
    behind: Any
    digest: Any
    required: Any
    consumed: Any
    heads: Any
    stack: Any
    waiting: Any
    owner: Any
    epoch: Any
    chosen: Any
    candidate: Any
    missing: Any
    registers: Any


_ROWS = 9
"""The first fields, ``rank`` to ``consumed``, grow with the number of configurations."""


def new_arena(part: Part, slots: int, rules: int, *, breadth: bool, plain: bool) -> Arena:
    """An empty arena for a part."""
    capacity = 32
    words, counts = -(-slots // kernels.WORD), len(part.guards)
    arena = Arena(
        rank=[0] * capacity,
        state=[0] * capacity,
        parent=[0] * capacity,
        move=[0] * capacity,
        link=[0] * capacity,
        behind=[0] * capacity,
        digest=[0] * capacity,
        required=[0] * (capacity * words),
        consumed=[0] * (capacity * counts),
        heads=[-1] * (2 * capacity),
        stack=[0] * 64,
        waiting=[-1] * (len(part.cls) + 1 if breadth else 1),
        owner=[0] * slots,
        epoch=[0] * len(part.name),
        chosen=[0] * len(part.name),
        candidate=[0] * (slots + len(part.name)),
        missing=[0] * MISSING_MAX,
        registers=[0] * kernels.REGISTERS,
    )
    arena.registers[kernels.BREADTH] = int(breadth)
    arena.registers[kernels.RULES] = rules
    arena.registers[kernels.OPTIONS] = 1
    arena.registers[kernels.FOUND] = arena.registers[kernels.BASE] = -1
    arena.registers[kernels.DOOMED_RANK] = -1
    return arena if plain else compiled_arena(arena)


def compiled_arena(arena: Arena) -> Arena:
    """The same over arrays."""
    return Arena(*(np.array(column, np.int64) for column in arena))


def more_rows(arena: Arena) -> Arena:
    """The same with twice the rows; its buckets are empty, for ``rehash`` to fill."""
    columns = {name: _twice(getattr(arena, name), 0) for name in Arena._fields[:_ROWS]}
    size = 2 * len(arena.heads)
    heads = [-1] * size if isinstance(arena.heads, list) else np.full(size, -1, np.int64)
    return arena._replace(**columns, heads=heads)


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
