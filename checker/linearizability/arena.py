"""The memory of one search: configurations in columns, their hash chains, and a stack."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from checker.linearizability.part import BITS, Compiled

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

REGISTERS = 8


class Arena(NamedTuple):
    """Flat arrays of capacity N; W words of 62 slots, C crashed classes, V values, S slots.

    A row is a configuration (``kernels.py``): ``rank``, ``state``, ``parent`` (row), ``move``,
    ``link`` (next in its bucket): int32[N]; ``flag``: int8[N]; ``digest``: int64[N];
    ``required`` and ``optional``: int64[N, W]; ``consumed``: int32[N, C]. ``heads``: int32,
    a power of two of buckets, -1 when empty; ``stack``: int32[N], rows to expand. Scratch:
    ``owner``: int32[S]; ``write_*``, ``set_*``, ``writes``, ``sets``: int64 or int32[V];
    ``moves``, ``flags``: int64[S + C + 4], the steps one expansion suggests.
    ``registers``: int64, the scalars that outlive a call (USED, TOP, AT …).
    """

    rank: Int32
    state: Int32
    flag: npt.NDArray[np.int8]
    parent: Int32
    move: Int32
    link: Int32
    digest: Int64
    required: Int64
    optional: Int64
    consumed: Int32
    heads: Int32
    stack: Int32
    owner: Int32
    write_epoch: Int64
    write_move: Int32
    writes: Int32
    set_epoch: Int64
    set_move: Int32
    sets: Int32
    moves: Int64
    flags: Int64
    registers: Int64


_ROWS = 12
"""The first fields, ``rank`` to ``stack``, grow with the capacity."""


def new_arena(compiled: Compiled, capacity: int = 256) -> Arena:
    """An empty arena for a part. ``capacity`` rows, and enough for a first expansion."""
    classes = len(compiled.part.class_kind)
    values = len(compiled.part.needed)
    words = -(-compiled.slots // BITS)
    capacity = max(capacity, compiled.slots + classes + 4)
    return Arena(
        rank=np.zeros(capacity, np.int32),
        state=np.zeros(capacity, np.int32),
        flag=np.zeros(capacity, np.int8),
        parent=np.zeros(capacity, np.int32),
        move=np.zeros(capacity, np.int32),
        link=np.full(capacity, -1, np.int32),
        digest=np.zeros(capacity, np.int64),
        required=np.zeros((capacity, words), np.int64),
        optional=np.zeros((capacity, words), np.int64),
        consumed=np.zeros((capacity, classes), np.int32),
        heads=np.full(_buckets(capacity), -1, np.int32),
        stack=np.zeros(capacity, np.int32),
        owner=np.zeros(compiled.slots, np.int32),
        write_epoch=np.zeros(values, np.int64),
        write_move=np.zeros(values, np.int32),
        writes=np.zeros(values, np.int32),
        set_epoch=np.zeros(values, np.int64),
        set_move=np.zeros(values, np.int32),
        sets=np.zeros(values, np.int32),
        moves=np.zeros(compiled.slots + classes + 4, np.int64),
        flags=np.zeros(compiled.slots + classes + 4, np.int64),
        registers=np.zeros(REGISTERS, np.int64),
    )


def grown(arena: Arena) -> Arena:
    """The same arena with twice the rows; its buckets are empty, for ``rehash`` to fill."""
    capacity = 2 * len(arena.rank)
    columns: dict[str, Any] = {
        name: np.concatenate((column, np.zeros_like(column)))
        for name, column in zip(Arena._fields[:_ROWS], arena[:_ROWS], strict=True)
    }
    larger: Arena = arena._replace(**columns)
    return larger._replace(heads=np.full(_buckets(capacity), -1, np.int32))


def row_bytes(arena: Arena) -> int:
    """Bytes one configuration takes, its share of the buckets included."""
    return sum(column.nbytes for column in arena[:_ROWS]) // len(arena.rank) + 1


def _buckets(capacity: int) -> int:
    return 1 << max(capacity - 1, 1).bit_length()
