"""Observed mismatches ("the state was not e") in an unambiguous register's history.

They are put into the order of clusters that the rest of the history has. Refuting is exact
(``pinned``: what is refuted has no linearization); not finding room means nothing, since
another order might have had some.

The functions are plain Python that numba compiles: integers and flat arrays only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.linearizability.registers.blocks import (
    DIFFERS,
    FIRST,
    FULL,
    LAST,
    LINEARIZED,
    NEXT,
    PLACE,
    PRODUCER,
    READER,
    READS,
    REFUTED,
    WRITE,
    Array,
    Keys,
    effective,
)

REACH = 200
"""How many clusters to either side are tried as a successor; more would cost, and find little."""


def pinned(keys: Keys, begin: int, end: int, limit: int, due: Array) -> int:
    """REFUTED when a mismatch lies inside its value's block; else say when blocks must be over.

    If an operation of the block of e precedes a mismatch on e, the mismatch must stand behind
    the whole block; if it also precedes one of the block, or the compare-and-set that ends
    it, there is no place for it: the block is contiguous in every linearization. ``due[cell]``
    becomes the least return of the mismatches that must stand behind the block.
    """
    cells, rows, ret, call, found = keys.cells, keys.rows, keys.ret, keys.call, keys.found
    for p in range(begin, end):
        row = rows[p]
        if call[row] > limit:
            break
        if keys.kind[row] != DIFFERS or ret[row] > limit:
            continue
        cell = keys.home[keys.expected[row]]
        if cell < 0 or (cell > 0 and not effective(cells, ret, rows, cell, limit)):
            continue
        first = -1
        for column in (PRODUCER, READER):
            one = cells[cell, column]
            if one >= 0 and ret[rows[one]] < call[row]:
                first = one
        if cell > 0 and first < 0:
            continue
        last = cells[cell, LAST]
        if cells[cell, NEXT] >= 0:
            last = max(last, cells[cells[cell, NEXT], PRODUCER])
        if last >= 0 and call[rows[last]] > ret[row]:
            found[1], found[2], found[3] = cells[cell, PRODUCER], first, last
            found[4], found[5], found[6] = -1, p, -1
            return REFUTED
        due[cell] = min(due[cell], ret[row])
    return LINEARIZED


def end_of(cells: Array, cell: int) -> int:
    """The last block of a chain."""
    while cells[cell, NEXT] >= 0:
        cell = cells[cell, NEXT]
    return int(cell)


def successor(keys: Keys, count: int, at: int, due: Array) -> int:
    """Which cluster could stand right behind the one at ``at`` of ``roots``; -1: none found.

    Its write must be called by ``due`` of the chain's end. A later one may be drawn there
    that nothing in between must precede, and an earlier one put off that must precede nothing
    in between; then the one before it must not come to lack a successor in turn.
    """
    cells, rows, ret, call, roots = keys.cells, keys.rows, keys.ret, keys.call, keys.roots
    limit = due[end_of(cells, roots[at])]
    least = FULL
    for i in range(at + 1, min(count, at + REACH)):
        root = roots[i]
        if call[rows[cells[root, PRODUCER]]] <= limit and call[rows[cells[root, PLACE]]] <= least:
            return i
        least = min(least, ret[rows[cells[root, FIRST]]])
    greatest = call[rows[cells[roots[at], PLACE]]] if at > 0 else -1
    for i in range(at - 1, max(0, at - REACH), -1):
        root = roots[i]
        if ret[rows[cells[root, FIRST]]] >= greatest:
            follower = call[rows[cells[roots[i + 1], PRODUCER]]]
            if follower <= due[end_of(cells, roots[i - 1])]:
                return i
        greatest = max(greatest, call[rows[cells[root, PLACE]]])
    return -1


def relieve(keys: Keys, used: int, count: int, due: Array) -> int:
    """Give blocks that must be over in time a successor called in time; how many clusters.

    Another cluster is moved there, or an open write that nobody reads takes effect there.
    What comes of it is judged by ``insert``; so this may fail, but not mislead.
    """
    cells, rows, ret, call, roots = keys.cells, keys.rows, keys.ret, keys.call, keys.roots
    if count == 0 or roots[0] != 0:
        for i in range(count, 0, -1):
            roots[i] = roots[i - 1]
        roots[0] = 0
        count += 1
    moves = 2 * count
    at: Any = np.int64(0)
    spare: Any = np.int64(1)
    while at < count:
        cell = end_of(cells, roots[at])
        if due[cell] == FULL or (
            at + 1 < count and call[rows[cells[roots[at + 1], PRODUCER]]] <= due[cell]
        ):
            at += 1
            continue
        i = successor(keys, count, at, due) if moves > 0 else -1
        moves -= 1
        if i >= 0:
            root = roots[i]
            while i < at:
                roots[i] = roots[i + 1]
                i += 1
            while i > at + 1:
                roots[i] = roots[i - 1]
                i -= 1
            roots[i] = root
        else:
            while spare < used and (
                effective(cells, ret, rows, spare, FULL)
                or cells[spare, PRODUCER] < 0
                or keys.kind[rows[cells[spare, PRODUCER]]] != WRITE
            ):
                spare += 1
            if spare < used and call[rows[cells[spare, PRODUCER]]] <= due[cell]:
                cells[cell, NEXT] = spare
                spare += 1
        if i < at:
            at += 1
    return count


def insert(
    keys: Keys, begin: int, end: int, used: int, count: int, length: int, pushed: Array
) -> int:
    """Put observed mismatches into the order: its new length, -1 when one finds no room.

    Gap g is before the operation at g. ``later[g]`` is the least return from g on, so gaps
    from the first with ``later[g] >= call`` on lie behind all that precedes a mismatch, and
    those with ``earlier[g] <= ret`` before all that it precedes. The earliest is best, for
    that leaves most room to those it precedes. It is the first gap of what the mismatch may
    not precede, or of a later block, when it was pushed out of one whose value it denies, or
    out of which one that precedes it was pushed. ``pushed``, FULL throughout on entry: by
    block, the least return of those pushed out of it.
    """
    cells, rows, ret, call = keys.cells, keys.rows, keys.ret, keys.call
    order = keys.order
    later, earlier = np.empty(length + 1, np.int64), np.empty(length + 1, np.int64)
    inserted, gaps = np.empty(length + 2, np.int64), np.empty(end - begin, np.int64)
    blocks = np.empty(used + 1, np.int64)
    later[length], earlier[0] = FULL, -1
    inserted[0] = inserted[length + 1] = 0
    for g in range(length - 1, -1, -1):
        later[g] = min(later[g + 1], ret[order[begin + g]])
        inserted[g + 1] = 0
    for g in range(length):
        earlier[g + 1] = max(earlier[g], call[order[begin + g]])
        if earlier[g] > ret[order[begin + g]]:
            return -1
    blocks[0] = last = 0
    for i in range(count):
        cell = keys.roots[i]
        while cell >= 0:
            if cell > 0:
                last += 1
                blocks[last] = cell
            cell = cells[cell, NEXT]
    low = at_low = mismatches = 0
    for p in range(begin, end):
        row = rows[p]
        if keys.kind[row] != DIFFERS or ret[row] > FULL:
            continue
        while later[low] < call[row]:
            low += 1
        while cells[blocks[at_low], PLACE] < low:
            at_low += 1
        gap, at = low, at_low
        denied = keys.home[keys.expected[row]]
        while blocks[at] == denied or pushed[at] < call[row]:
            pushed[at] = min(pushed[at], ret[row])
            if at == last:
                return -1
            at += 1
            gap = cells[blocks[at], PLACE] - cells[blocks[at], READS]
        if earlier[gap] > ret[row]:
            return -1
        gaps[mismatches] = gap
        inserted[gap + 1] += 1
        mismatches += 1
    # From here on ``inserted[g + 1]`` counts those in gaps up to g.
    for g in range(length + 1):
        inserted[g + 1] += inserted[g]
    for g in range(length - 1, -1, -1):
        order[begin + g + inserted[g + 1]] = order[begin + g]
    mismatches = 0
    for p in range(begin, end):
        row = rows[p]
        if keys.kind[row] == DIFFERS and ret[row] <= FULL:
            gap = gaps[mismatches]
            order[begin + gap + inserted[gap]] = row
            inserted[gap] += 1
            mismatches += 1
    return length + mismatches
