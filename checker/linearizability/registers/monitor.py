"""Registers in which no value is produced twice, decided in linear time.

The method is Gibbons & Korach's (*Testing shared memories*, SIAM J. Comput. 1997, section 4:
clusters and their zones), carried over to compare-and-set, operations that crashed, mismatches
that were observed, and closed intervals. x *precedes* y when ret(x) < call(y).

A key is **unsuited** when two operations that may take effect produce one value, or one
produces the initial value. Otherwise a value's *block* is its producer (a write, a
compare-and-set, or the start itself for the initial value) and then the operations that read
it. Say which mutators take effect: all that completed, and of those that crashed the ones
whose value is read or expected by one that takes effect. Leaving the others out is no loss: an
unread value hides nothing that a read or a compare-and-set needs.

1. *Chains.* ``cas a→b`` needs the state to be a, and a is produced once: so no other mutator
   stands between the block of a and that of b, and no other compare-and-set that takes effect
   expects a. Blocks a, b, c, … linked so form one **cluster**, which is contiguous in every
   linearization and whose blocks stand in a fixed order. It is consistent in itself iff no
   operation precedes one of an earlier block, and no read precedes its producer.
2. *Zones.* f(A) is the least return in cluster A, s(A) the greatest call. As clusters are
   contiguous, A must stand before B iff f(A) < s(B): some operation of A precedes one of B.
   For the initial value's cluster f is below everything.
3. *Two clusters suffice.* A linearization exists iff this relation has no cycle; and if it has
   one, two clusters already conflict: f(A) < s(B) and f(B) < s(A). Let M have the greatest s
   of a cycle. Every member X of it has a successor Y with f(X) < s(Y) <= s(M), so X must stand
   before M; but M must stand before its own successor.
4. *The scan.* A cluster is forward if f < s, else backward. From 3: forward clusters in order
   of s must not overlap (f(B) >= s(A)), and a backward B conflicts with a forward A iff
   f(A) < s(B) and f(B) < s(A). Without conflicts the order by min(f, s), backward first where
   equal, satisfies 2: two forward ones differ in f as in s; A forward before B backward has
   f(A) < s(B); A backward, B forward with f(A) < s(B) has s(A) <= f(B) as nothing conflicts;
   two backward ones have s(A) <= f(A) < s(B). Rows come in order of call, so marking each
   cluster at its last call gives the order of s without sorting.
5. *Mismatches* ("the state was not e") are put aside first, which is sound for refuting. One
   that lies between two operations of the block of e refutes as well, for the block is
   contiguous. Otherwise they are put into the order found (``mismatches.py``); when one finds
   no room the key is **unsuited**: another order of clusters might have some.

So what is REFUTED has no linearization, and what is LINEARIZED is proved by its order; only
mismatches can make a key unsuited that is unambiguous.

The functions are plain Python that numba compiles: integers and flat arrays only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.linearizability.registers import blocks, mismatches
from checker.linearizability.registers.blocks import (
    CAS,
    FIRST,
    FULL,
    LAST,
    LINEARIZED,
    NEXT,
    PLACE,
    PRODUCER,
    READ,
    READER,
    READS,
    REFUTED,
    UNSUITED,
    VALUE,
    Array,
    Keys,
    accuse,
    clear,
    effective,
    gather,
)
from checker.linearizability.registers.mismatches import insert, pinned, relieve


def link(keys: Keys, used: int, limit: int) -> int:
    """Link the blocks that a compare-and-set joins, backward from those that take effect."""
    cells, rows, ret, found = keys.cells, keys.rows, keys.ret, keys.found
    for cell in range(1, used):
        if not effective(cells, ret, rows, cell, limit):
            continue
        at = cell
        p = cells[at, PRODUCER]
        while p >= 0 and keys.kind[rows[p]] == CAS:
            before = keys.home[keys.expected[rows[p]]]
            rival = cells[before, NEXT]
            if rival == at:
                break
            if rival >= 0:
                found[1], found[2], found[3] = cells[before, PRODUCER], cells[rival, PRODUCER], p
                return REFUTED
            cells[before, NEXT] = at
            at = before
            p = cells[at, PRODUCER]
    return LINEARIZED


def form(keys: Keys, begin: int, end: int, used: int, limit: int) -> int:
    """Mark every cluster at its last call; REFUTED when one cannot stand even alone."""
    cells, rows, ret, call, found = keys.cells, keys.rows, keys.ret, keys.call, keys.found
    for i in range(end - begin):
        keys.marks[i] = -1
    loose = 0
    for root in range(used):
        if not effective(cells, ret, rows, root, limit):
            continue
        loose += 1
        p = cells[root, PRODUCER]
        if p < 0 and root > 0:
            # Seen, and never produced.
            p = cells[root, READER]
            found[2] = p if p >= 0 else cells[cells[root, NEXT], PRODUCER]
            return REFUTED
        if root > 0 and keys.kind[rows[p]] == CAS:
            continue
        last = first = -1
        cell = root
        while cell >= 0:
            loose -= 1
            cells[cell, PLACE] = root
            for column in (PRODUCER, READER):
                p = cells[cell, column]
                if p < 0:
                    continue
                if last >= 0 and ret[rows[p]] < call[rows[last]]:
                    found[1], found[2], found[3] = cells[root, PRODUCER], p, last
                    return REFUTED
                if first < 0 or ret[rows[p]] < ret[rows[first]]:
                    first = p
                if column == PRODUCER:
                    last = max(last, p)
            last = max(last, cells[cell, LAST])
            cell = cells[cell, NEXT]
        cells[root, FIRST] = -1 if root == 0 else first
        keys.marks[last - begin] = root
    if loose == 0:
        return LINEARIZED
    # Compare-and-sets that produce in a ring what they expect: none can be the first.
    cell = 1
    while cells[cell, NEXT] < 0 or cells[cell, PLACE] >= 0:
        cell += 1
    found[2], found[3] = cells[cell, PRODUCER], cells[cells[cell, NEXT], PRODUCER]
    return REFUTED


def arrange(keys: Keys, begin: int, end: int) -> int:
    """Put the clusters' roots in order, and say how many; -1 when two conflict."""
    cells, rows, ret, call, roots, found = (
        keys.cells, keys.rows, keys.ret, keys.call, keys.roots, keys.found,
    )  # fmt: skip
    count = 0
    forward = -1
    for position in range(begin, end):
        root = keys.marks[position - begin]
        if root < 0:
            continue
        s = call[rows[position]]
        f = -1 if root == 0 else ret[rows[cells[root, FIRST]]]
        at = count
        if f < s:
            # Backward clusters that were called inside (f, s) go behind this one.
            rival = -1
            if forward >= 0 and f < call[rows[cells[forward, PLACE]]]:
                rival = forward
            while rival < 0 and at > 0 and call[rows[cells[roots[at - 1], PLACE]]] > f:
                at -= 1
                roots[at + 1] = roots[at]
                if ret[rows[cells[roots[at], FIRST]]] < s:
                    rival = roots[at]
            if rival >= 0:
                found[1], found[4] = cells[rival, PRODUCER], cells[root, PRODUCER]
                found[2], found[5] = cells[rival, FIRST], cells[root, FIRST]
                found[3], found[6] = cells[rival, PLACE], position
                return -1
            forward = root
        roots[at] = root
        cells[root, PLACE] = position
        count += 1
    return count


def lay_out(keys: Keys, begin: int, end: int, count: int) -> int:
    """Write the order, and its length; PLACE becomes where a value's block ends in it."""
    cells, rows, order, kind, expected = (
        keys.cells, keys.rows, keys.order, keys.kind, keys.expected,
    )  # fmt: skip
    place = 0
    cells[0, PLACE] = 0
    for i in range(count):
        cell = keys.roots[i]
        while cell >= 0:
            p = cells[cell, PRODUCER]
            if p >= 0:
                order[begin + place] = rows[p]
                place += 1
            cells[cell, PLACE] = place
            place += cells[cell, READS]
            cell = cells[cell, NEXT]
    for p in range(begin, end):
        row = rows[p]
        reads = kind[row] == READ or (kind[row] == CAS and expected[row] == keys.new[row])
        if reads and keys.ret[row] <= FULL:
            cell = keys.home[expected[row]]
            order[begin + cells[cell, PLACE]] = row
            cells[cell, PLACE] += 1
    return place


def zones(keys: Keys, begin: int, end: int, limit: int, init: int) -> tuple[int, int, int, bool]:
    """Order clusters, mismatches aside: a status; how many blocks (negated: unsuited) and
    clusters there are; and whether a mismatch was observed. ``found`` has what conflicts."""
    for i in range(8):
        keys.found[i] = -1
    keys.home[init] = 0
    clear(keys.cells, 0)
    keys.cells[0, VALUE] = init
    used, linked, mismatched = gather(keys, begin, end, limit)
    if used < 0:
        return UNSUITED, used, 0, mismatched
    status, count = LINEARIZED, 0
    if linked:
        status = link(keys, used, limit)
    if status == LINEARIZED:
        status = form(keys, begin, end, used, limit)
    if status == LINEARIZED:
        count = arrange(keys, begin, end)
        if count < 0:
            status = REFUTED
    return status, used, count, mismatched


def leave(keys: Keys, used: int) -> None:
    """Make ``home`` what it was."""
    for cell in range(abs(used)):
        keys.home[keys.cells[cell, VALUE]] = -1


def decide_plainly(
    keys: Keys, begin: int, end: int, limit: int, init: int, evidence: Array
) -> tuple[int, int]:
    """As ``decide_key``, where there are no mismatches (which cost half the compile)."""
    status, used, count, _ = zones(keys, begin, end, limit, init)
    length = 0
    if status == REFUTED:
        accuse(keys, used, evidence)
    elif status == LINEARIZED and limit == FULL:
        length = lay_out(keys, begin, end, count)
    leave(keys, used)
    return status, length


def decide_key(
    keys: Keys, begin: int, end: int, limit: int, init: int, evidence: Array
) -> tuple[int, int]:
    """The status of one key, and the length of its order.

    With a ``limit`` below FULL only the prefix up to there is judged, nothing is ordered, and
    LINEARIZED means: not refuted.
    """
    status, used, count, mismatched = zones(keys, begin, end, limit, init)
    length = 0
    due = np.empty(used + 1 if mismatched and status == LINEARIZED else 0, np.int64)
    for cell in range(len(due)):
        due[cell] = FULL
    if status == LINEARIZED and mismatched:
        status = pinned(keys, begin, end, limit, due)
    if status == REFUTED:
        accuse(keys, used, evidence)
    elif status == LINEARIZED and limit == FULL:
        if mismatched:
            count = relieve(keys, used, count, due)
        length = lay_out(keys, begin, end, count)
        if mismatched:
            for cell in range(len(due)):
                due[cell] = FULL
            length = insert(keys, begin, end, used, count, length, due)
        if length < 0:
            status, length = UNSUITED, 0
    leave(keys, used)
    return status, length


def monitor_keys(
    kind: Array, expected: Array, new: Array, call: Array, ret: Array, rows: Array, starts: Array,
    init: int, home: Array, order: Array, counts: Array, statuses: Array, evidence: Array,
) -> None:  # fmt: skip
    """Decide each of K keys whose values are produced at most once; linear in its operations.

    In: ``kind`` int8[n] (READ, WRITE, CAS, DIFFERS; below zero: asserts nothing),
    ``expected``, ``new`` int32[n] (value numbers below V), ``call``, ``ret`` int64[n] (ret
    2**63-1 when open; calls not negative), all by row; ``rows`` int64, those of key k in order
    of call at ``rows[starts[k]:starts[k+1]]``; ``init``, the initial value's number; ``home``
    int32[V] scratch, -1 throughout on entry and on exit.

    Out: ``statuses`` int8[K]; where LINEARIZED, ``order[starts[k]:starts[k]+counts[k]]`` are
    rows in linearization order (open operations that took no effect are left out). Where
    REFUTED, ``evidence[k]`` int64[8] is

        0     the first completion that cannot be placed: the prefix up to its return has no
              linearization, that up to any earlier event has one (with mismatches: none that
              this monitor could refute)
        1-3   of one cluster: its first write (-1: the initial value), the operation that
              returned early, the one that was called late
        4-6   the same of the other cluster; 7 is -1

    and -1 where there is none. Without a second cluster the first contradicts itself: 2
    precedes 3, but must stand behind it; without 3, what 2 saw was never produced; or 2 and 3
    are compare-and-sets that expect the same block, or make a ring. A mismatch that lies inside
    its value's block, between 2 and 3, stands alone in 5.

    The culprit costs a run over a prefix for each time the one before proved not to be the
    first, halving what is left every other time: typically one, some forty at most.
    """
    n = 0
    for k in range(len(starts) - 1):
        n = max(n, starts[k + 1] - starts[k])
    keys = Keys(
        kind, expected, new, call, ret, rows, order, home, np.empty((2 * n + 2, 8), np.int32),
        np.empty(n, np.int32), np.empty(2 * n + 2, np.int32), np.empty(8, np.int64),
    )  # fmt: skip
    for k in range(len(starts) - 1):
        limit: Any = np.int64(FULL)
        low, high, halve = limit - limit - 1, limit, False
        while low < high - 1:
            status, length = decide_key(keys, starts[k], starts[k + 1], limit, init, evidence[k])
            if limit == FULL:
                statuses[k], counts[k] = status, length
                if status != REFUTED:
                    break
            if status == REFUTED:
                high = ret[evidence[k, 0]]
            else:
                low = limit
            limit = low + (high - low) // 2 if halve else high - 1
            halve = not halve


MODULES = (blocks, mismatches)
"""What is to be compiled together with this module; the only entry is ``monitor_keys``."""
