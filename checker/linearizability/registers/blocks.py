"""Blocks of an unambiguous register's history: each value's producer and its reads.

Shared by ``monitor.py``, which says what it is for, and ``mismatches.py``. The functions are
plain Python that numba compiles: integers and flat arrays only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

READ, WRITE, CAS, DIFFERS = 0, 1, 2, 3
"""As ``checker.models.model.Kind``; what is below zero asserts nothing."""
UNSUITED, REFUTED, LINEARIZED = -1, 0, 1
FULL = 2**63 - 2
"""A limit that only NEVER is above."""

VALUE, PRODUCER, READER, LAST, READS, NEXT, FIRST, PLACE = 0, 1, 2, 3, 4, 5, 6, 7
"""Columns of ``cells``, a row of which describes the block of one value: its number; the
positions of its producer (-1: none), of its first read to return and of the last of its
operations to be called; how many reads; the row of the value a compare-and-set turns it into.
FIRST: of a root the position of its cluster's first return (-1: before everything). PLACE:
first the row of the chain's root; of a root then the position of its cluster's last call; at
last where the block ends in the order."""

Array = Any
"""A numpy array; kernels leave the types to numba."""


class Keys(NamedTuple):
    """The columns of ``monitor_keys``, and scratch. A *position* is an index of ``rows``.

    Scratch for n operations: ``cells`` int32[2n+2, 8], row 0 describing the initial value;
    ``marks`` int32[n], the root of the cluster whose last call is at ``begin`` + i (-1: none);
    ``roots`` int32[2n+2], clusters in order; ``found`` int64[8], positions of evidence.

    Functions take ``begin`` and ``end``, the positions of one key, and a ``limit``: what was
    called after it is no part of the prefix that is judged, what returned after it is open.
    """

    kind: Array
    expected: Array
    new: Array
    call: Array
    ret: Array
    rows: Array
    order: Array
    home: Array
    cells: Array
    marks: Array
    roots: Array
    found: Array


def cell_of(home: Array, cells: Array, values: Array, row: int, used: int) -> int:
    """The row of ``cells`` of the value in ``row`` of a column; a new one is row ``used``."""
    cell = home[values[row]]
    if cell >= 0:
        return int(cell)
    home[values[row]] = used
    clear(cells, used)
    cells[used, VALUE] = values[row]
    return used


def clear(cells: Array, cell: int) -> None:
    """Lay out a row of ``cells``."""
    for column in range(8):
        cells[cell, column] = -1
    cells[cell, READS] = 0


def gather(keys: Keys, begin: int, end: int, limit: int) -> tuple[int, bool, bool]:
    """Lay out all blocks but the initial value's, which is there.

    Returns how many there are, negated when the key is unsuited; whether there is a
    compare-and-set; and whether a mismatch was observed.
    """
    rows, call, ret, kind, expected, new = (
        keys.rows, keys.call, keys.ret, keys.kind, keys.expected, keys.new,
    )  # fmt: skip
    home, cells = keys.home, keys.cells
    # Typed, here and elsewhere: for a literal numba would compile every callee once more.
    used: Any = np.int64(1)
    linked = mismatches = False
    for p in range(begin, end):
        row = rows[p]
        if call[row] > limit:
            break
        what = kind[row]
        if what == CAS and expected[row] == new[row]:
            what = READ
        if what < 0 or (ret[row] > limit and what in (READ, DIFFERS)):
            continue
        if what == DIFFERS:
            mismatches = True
            continue
        cell = 0
        if what != WRITE:
            cell = cell_of(home, cells, expected, row, used)
            used = max(used, cell + 1)
        if what == READ:
            cells[cell, READS] += 1
            reader = cells[cell, READER]
            if reader < 0 or ret[row] < ret[rows[reader]]:
                cells[cell, READER] = p
        else:
            linked = linked or what == CAS
            cell = cell_of(home, cells, new, row, used)
            used = max(used, cell + 1)
            if cell == 0 or cells[cell, PRODUCER] >= 0:
                return -used, linked, mismatches
            cells[cell, PRODUCER] = p
        cells[cell, LAST] = p
    return used, linked, mismatches


def effective(cells: Array, ret: Array, rows: Array, cell: int, limit: int) -> bool:
    """Whether the operations of a block take effect: none does in one that nobody needs."""
    if cells[cell, READS] > 0 or cells[cell, NEXT] >= 0:
        return True
    p = cells[cell, PRODUCER]
    return bool(p >= 0 and ret[rows[p]] <= limit)


def accuse(keys: Keys, used: int, evidence: Array) -> None:
    """Turn the positions found in conflict into evidence; see ``monitor_keys`` for its layout.

    Of each position: the completed operation first to return because of which it takes
    effect, which is itself or, of a mutator, one of its chain from its block on. The prefix up
    to the latest of these returns is refuted by the same conflict; that return is the culprit.
    """
    rows, ret, cells, found = keys.rows, keys.ret, keys.cells, keys.found
    stuck = -1
    for i in range(1, 8):
        p = found[i]
        evidence[i] = -1
        if p < 0:
            continue
        row = rows[p]
        evidence[i] = row
        if i == 1 or i == 4:
            continue
        what = keys.kind[row]
        if what == WRITE or (what == CAS and keys.expected[row] != keys.new[row]):
            cell = keys.home[keys.new[row]]
            steps = 0
            while cell >= 0 and steps < used:
                for column in (PRODUCER, READER):
                    one = cells[cell, column]
                    if one >= 0 and ret[rows[one]] < ret[rows[p]]:
                        p = one
                cell = cells[cell, NEXT]
                steps += 1
        if stuck < 0 or ret[rows[p]] > ret[rows[stuck]]:
            stuck = p
    evidence[0] = rows[stuck]
