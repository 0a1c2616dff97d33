"""Kernels that trace lists: of every key the one order of appends that its reads show.

A list holds its own history: who reads [1 2 3] knows that 1 came before 2, and 2 before 3. So the
longest list read of a key, its *spine*, gives the order of all appends in it, and any other read
has to be a beginning of it (Kingsbury & Alvaro, Elle, VLDB 2020, § 4.1). What no read shows came
after all that is shown, in an order of which nothing is known.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from checker.transactions.columns import READ, WRITE
from checker.transactions.crossing import cross
from checker.transactions.edges import (
    ABORTED,
    DUPLICATE,
    GARBAGE,
    INCOMPATIBLE,
    INTERMEDIATE,
    INTERNAL,
    RW,
    UNREPEATABLE,
    WR,
    WW,
)
from histories.table import FAIL, INFO, OK

Array: TypeAlias = npt.NDArray[Any]


def own_lists(
    first: Array, kind: Array, key: Array, value: Array, begin: Array, length: Array,
    elements: Array, outcome: Array, last: Array, wrote: Array, read: Array, before: Array,
    external: Array, final: Array, flags: Array,
) -> None:  # fmt: skip
    """Hold each transaction's reads against its own appends.

    ``last``, ``wrote``, ``read``: int32[keys], -1 throughout: the last step, append and read of
    the key. ``before``: int32[m], for an append the one before it of that transaction and key.
    ``external``: int32[m], how much of a list was there before the transaction's own appends; -1
    where no such thing can be said. ``final``: int8[m], 1 for the last append of its transaction
    to the key. ``flags``: int8[m]. Linear in steps and elements.
    """
    for t in range(len(first) - 1):
        low = first[t]
        for s in range(low, first[t + 1]):
            k = key[s]
            if kind[s] == WRITE:
                before[s] = -1
                if wrote[k] >= low:
                    before[s] = wrote[k]
                    final[wrote[k]] = 0
                wrote[k] = s
                final[s] = 1
                continue
            external[s] = -1
            if kind[s] != READ or outcome[t] != OK:
                continue
            end = begin[s] + length[s]
            own = wrote[k] if wrote[k] >= low else -1
            while own >= 0:
                end -= 1
                if end < begin[s] or elements[end] != value[own]:
                    break
                own = before[own]
            if own >= 0:
                flags[s] |= INTERNAL
                continue
            external[s] = end - begin[s]
            one = read[k]
            if one >= low:
                same = external[one] == external[s]
                if same:
                    for i in range(external[s]):
                        if elements[begin[one] + i] != elements[begin[s] + i]:
                            same = False
                            break
                if not same:
                    flags[s] |= UNREPEATABLE
            read[k] = s


def bucket(
    kind: Array, key: Array, owner: Array, outcome: Array, bounds: Array, steps: Array,
) -> None:  # fmt: skip
    """Steps that matter by key, in their order: a counting sort.

    ``bounds``: int64[keys + 2], zero throughout; afterwards the steps of key k are
    ``steps[bounds[k] : bounds[k + 1]]``.
    """
    for s in range(len(kind)):
        if kind[s] == WRITE or (kind[s] == READ and outcome[owner[s]] == OK):
            bounds[key[s] + 2] += 1
    for k in range(2, len(bounds)):
        bounds[k] += bounds[k - 1]
    for s in range(len(kind)):
        if kind[s] == WRITE or (kind[s] == READ and outcome[owner[s]] == OK):
            steps[bounds[key[s] + 1]] = s
            bounds[key[s] + 1] += 1


def repeats(begin: int, length: int, elements: Array, stamp: Array, mark: int) -> bool:
    """Whether a list has an element twice. ``stamp``: int32[values]; ``mark`` is new to it."""
    for i in range(begin, begin + length):
        if stamp[elements[i]] == mark:
            return True
        stamp[elements[i]] = mark
    return False


def spines(
    bounds: Array, steps: Array, kind: Array, value: Array, begin: Array, length: Array,
    elements: Array, owner: Array, outcome: Array, happened: Array, where: Array, whose: Array,
    stamp: Array, spine: Array, ambiguous: Array, external: Array, flags: Array,
) -> int:  # fmt: skip
    """Choose the spine of each key, and hold all other reads against it.

    ``where``, ``whose``, ``stamp``: int32[values], -1 throughout. ``spine``: int32[keys], the
    read that shows it, or -1. ``ambiguous``: int8[keys], 1 where one value was appended twice:
    nothing is inferred of such a key. ``happened``: int8[n], set for a transaction of unknown
    outcome of which something was seen. Gives the length of all spines together.
    """
    total = 0
    for k in range(len(bounds) - 2):
        low, high = bounds[k], bounds[k + 1]
        spine[k] = -1
        for i in range(low, high):
            s = steps[i]
            if kind[s] != WRITE:
                continue
            v = value[s]
            if whose[v] != k or outcome[owner[where[v]]] == FAIL:
                whose[v] = k
                where[v] = s
            elif outcome[owner[s]] != FAIL:
                ambiguous[k] = 1
        best = -1
        for i in range(low, high):
            s = steps[i]
            if kind[s] == READ and (best < 0 or length[s] > length[best]):
                best = s
        if best < 0:
            continue
        if ambiguous[k] == 1:
            for i in range(low, high):
                s = steps[i]
                if kind[s] != READ:
                    continue
                external[s] = -1
                # Nothing but that: what stands there twice may have been appended twice.
                for j in range(begin[s], begin[s] + length[s]):
                    v = elements[j]
                    if whose[v] != k:
                        flags[s] |= GARBAGE
            continue
        if repeats(begin[best], length[best], elements, stamp, best):
            best = -1
            for i in range(low, high):
                s = steps[i]
                if kind[s] != READ:
                    continue
                # The same mark twice would take the first list for its own repetition.
                for j in range(begin[s], begin[s] + length[s]):
                    stamp[elements[j]] = -1
                if repeats(begin[s], length[s], elements, stamp, s):
                    flags[s] |= DUPLICATE
                    external[s] = -1
                elif best < 0 or length[s] > length[best]:
                    best = s
        spine[k] = best
        if best < 0:
            continue
        total += length[best]
        for i in range(low, high):
            s = steps[i]
            if kind[s] != READ or s == best or flags[s] & DUPLICATE:
                continue
            a, b = begin[s], begin[best]
            for j in range(length[s]):
                if elements[a + j] != elements[b + j]:
                    flags[s] |= INCOMPATIBLE
                    external[s] = -1
                    break
            if flags[s] & INCOMPATIBLE == 0:
                continue
            if repeats(a, length[s], elements, stamp, s):
                flags[s] |= DUPLICATE
            for j in range(a, a + length[s]):
                v = elements[j]
                if whose[v] != k:
                    flags[s] |= GARBAGE
                elif outcome[owner[where[v]]] == FAIL:
                    flags[s] |= ABORTED
                else:
                    happened[owner[where[v]]] = 1
    return total


def places(
    bounds: Array, steps: Array, kind: Array, value: Array, begin: Array, length: Array,
    elements: Array, owner: Array, outcome: Array, happened: Array, where: Array, whose: Array,
    spine: Array, at: Array, by: Array, place: Array,
) -> None:  # fmt: skip
    """Who wrote what of each spine.

    ``at``: int64[keys + 1]; the spine of key k is ``by[at[k] : at[k + 1]]``, the appending steps,
    -1 where nobody appended such a thing. ``place``: int32[m], where an append stands in its
    spine; -1: nowhere. ``where``, ``whose`` come as ``spines`` left them or -1 throughout.
    """
    total = 0
    for k in range(len(bounds) - 2):
        at[k] = total
        best = spine[k]
        if best < 0:
            continue
        for i in range(bounds[k], bounds[k + 1]):
            s = steps[i]
            if kind[s] != WRITE:
                continue
            v = value[s]
            if whose[v] != k or outcome[owner[where[v]]] == FAIL:
                whose[v] = k
                where[v] = s
        for j in range(length[best]):
            v = elements[begin[best] + j]
            by[total + j] = -1
            if whose[v] == k:
                s = where[v]
                by[total + j] = s
                place[s] = j
                if outcome[owner[s]] == INFO:
                    happened[owner[s]] = 1
        total += length[best]
    at[len(bounds) - 2] = total


def trace(
    bounds: Array, steps: Array, kind: Array, owner: Array, outcome: Array, happened: Array,
    final: Array, spine: Array, at: Array, by: Array, place: Array, external: Array, flags: Array,
    dirty: Array, lost: Array, slots: Array, readers: Array, writers: Array, source: Array,
    target: Array, sort: Array, on: Array, nodes: Array,
) -> int:  # fmt: skip
    """Edges of every key whose order is known, and what reads of it must not show.

    ``dirty``: int32[keys], where in the spine what failed was built upon, or -1. ``lost``:
    int32[keys, 2], two reads of one version by transactions that both appended, or -1.
    ``slots``: int32[longest spine + 1]; ``readers``, ``writers``: int32[m]. Edges go to
    ``source``, ``target`` int32, ``sort`` int8 and ``on`` int32 (the key); ``nodes``: int64[1],
    the next number of a node that stands for several transactions. Gives how many edges there
    are, which may be more than there is room for.
    """
    count, room = 0, len(source)
    for k in range(len(bounds) - 2):
        if bounds[k] == bounds[k + 1]:
            continue
        low, size = at[k], at[k + 1] - at[k]
        failed, unknown, last = size, size, -1
        dirty[k] = -1
        for p in range(size):
            s = by[low + p]
            if s < 0:
                unknown = min(unknown, p)
                continue
            t = owner[s]
            if outcome[t] == FAIL:
                failed = min(failed, p)
                continue
            if failed < p and dirty[k] < 0:
                dirty[k] = failed
            if last >= 0 and last != t:
                if count < room:
                    source[count], target[count], sort[count], on[count] = last, t, WW, k
                count += 1
            last = t
        # What was read before the end: what is next was not seen.
        ends, fresh = 0, 0
        for p in range(size + 1):
            slots[p] = -1
        lost[k, 0] = lost[k, 1] = -1
        for i in range(bounds[k], bounds[k + 1]):
            s = steps[i]
            t = owner[s]
            if kind[s] == WRITE:
                if place[s] < 0 and happened[t] == 1 and (fresh == 0 or writers[fresh - 1] != t):
                    writers[fresh] = t
                    fresh += 1
                continue
            p = external[s]
            if p < 0:
                continue
            if p > failed:
                flags[s] |= ABORTED
            if p > unknown:
                flags[s] |= GARBAGE
            q = p - 1
            while q >= 0 and (by[low + q] < 0 or outcome[owner[by[low + q]]] == FAIL):
                q -= 1
            if q >= 0:
                w = owner[by[low + q]]
                if w == t:
                    # It read its own append before it appended.
                    flags[s] |= INTERNAL
                    continue
                if q == p - 1 and final[by[low + q]] == 0:
                    flags[s] |= INTERMEDIATE
                if count < room:
                    source[count], target[count], sort[count], on[count] = w, t, WR, k
                count += 1
            q = p
            while q < size and (by[low + q] < 0 or outcome[owner[by[low + q]]] == FAIL):
                q += 1
            if q < size:
                w = owner[by[low + q]]
                if w != t:
                    if count < room:
                        source[count], target[count], sort[count], on[count] = t, w, RW, k
                    count += 1
            elif ends == 0 or readers[ends - 1] != t:
                readers[ends] = t
                ends += 1
        # Steps of one transaction stand together: whoever appends after a read is next to it.
        for i in range(bounds[k], bounds[k + 1]):
            s = steps[i]
            if kind[s] != READ or external[s] < 0:
                continue
            t, j, appends = owner[s], i + 1, False
            while j < bounds[k + 1] and owner[steps[j]] == t:
                if kind[steps[j]] == WRITE:
                    appends = True
                    break
                if external[steps[j]] >= 0:
                    break
                j += 1
            p = external[s]
            if not appends or lost[k, 0] >= 0:
                continue
            if slots[p] < 0:
                slots[p] = s
            elif owner[slots[p]] != t:
                lost[k, 0], lost[k, 1] = slots[p], s
        if fresh == 0:
            continue
        for j in range(fresh):
            if last >= 0 and last != writers[j]:
                if count < room:
                    source[count], target[count], sort[count], on[count] = last, writers[j], WW, k
                count += 1
        count = cross(
            readers, ends, writers, fresh, k, source, target, sort, on, nodes, count, room
        )
    return count
