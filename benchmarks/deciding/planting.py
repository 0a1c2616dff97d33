"""One violation, planted where the history alone proves that it is one."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import numpy.typing as npt

from deciding.registers import CAS, READ, WRITE
from histories.table import FAIL, NEVER, NO_VALUE, OK, Table

RECENT = 200
"""Values to read wrongly are taken from the so many operations of its key before, first."""
TRIES = 200
LAST = 20
"""The last tenth is taken to have at least so many operations."""


def with_wrong_read(table: Table, seed: int) -> Table:
    """The same history with one completed read of its last tenth answering a wrong value.

    Invalid by construction, whatever the rest of the history is. Value v is wrong for a read
    r when every operation that may have produced v before r returned has completed, and after
    the last of them returned, another operation that surely produced something else was called
    and had returned before r was called:

        |- write v -|     |- write w -|     |- r: read v -|

    In any linearization the last producer of v before r comes before that other operation,
    which comes before r; so something else than v was there after it, and v never again.

    A small value that is still being written somewhere is not wrong, and where clients are
    many every small value always is: then only the value that was written once
    (``rare`` of the generators) is left. Raises ValueError when no read can be falsified.
    """
    rng = Random(seed)
    reads = np.flatnonzero((table.f == READ) & (table.outcome == OK))
    reads = reads[reads >= min(len(table) * 9 // 10, len(table) - LAST)]
    if not len(reads):
        raise ValueError(f"no read of the last {LAST} operations has completed")
    product = _products(table)
    for attempt in range(TRIES):
        row = int(reads[rng.randrange(len(reads))])
        mine = table.key[row]
        before = product[:row][table.key[:row] == mine]
        near = before[-RECENT:] if attempt < TRIES // 2 else before
        choices = np.unique(near[near >= 0])
        if not len(choices):
            continue
        if attempt >= TRIES // 2:
            choices = choices[-1:]
        value = int(choices[rng.randrange(len(choices))])
        if value != table.output[row] and _is_wrong(table, product, row, value, int(mine)):
            output = table.output.copy()
            output[row] = value
            return replace(table, output=output)
    raise ValueError(f"none of {TRIES} reads tried can be given a value that is surely wrong")


def _products(table: Table) -> npt.NDArray[np.int32]:
    """The value each operation leaves behind if it took effect, NO_VALUE for those that cannot."""
    product = np.where(table.f == WRITE, table.input, NO_VALUE)
    product = np.where(table.f == CAS, table.input2, product)
    return np.where(table.outcome == FAIL, NO_VALUE, product).astype(np.int32)


def _is_wrong(table: Table, product: npt.NDArray[np.int32], row: int, value: int, key: int) -> bool:
    same = table.key == key
    makers = same & (product == value) & (table.call < table.ret[row])
    if not makers.any():
        return False
    ended = table.ret[makers].max()
    if ended == NEVER:
        return False
    others = same & (product >= 0) & (product != value) & (table.outcome == OK)
    return bool((others & (table.call > ended) & (table.ret < table.call[row])).any())
