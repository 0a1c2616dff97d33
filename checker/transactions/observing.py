"""Kernels that infer from registers: who read whose write, and what can be told of versions.

Of a register only so much is certain, whatever the level (Kingsbury & Alvaro, Elle, VLDB 2020,
§ 5.2): a value that one transaction wrote was read from it; nil comes before all that was written;
and who reads a version and then writes makes a later one, unless there is a cycle of ww and wr.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from checker.transactions.columns import NOTHING, READ, WRITE
from checker.transactions.crossing import cross
from checker.transactions.edges import (
    ABORTED,
    GARBAGE,
    INTERMEDIATE,
    INTERNAL,
    UNREPEATABLE,
    WR,
)
from histories.table import FAIL, INFO, OK

Array: TypeAlias = npt.NDArray[Any]


def own_registers(
    first: Array, kind: Array, key: Array, value: Array, outcome: Array, wrote: Array,
    read: Array, external: Array, final: Array, flags: Array,
) -> None:  # fmt: skip
    """Hold each transaction's reads against its own writes and reads.

    ``wrote``, ``read``: int32[keys], -1 throughout: the last write and read of the key.
    ``external``: int8[m], 1 where a read saw what others wrote. ``final``: int8[m], 1 for the last
    write of its transaction to the key. Linear.
    """
    for t in range(len(first) - 1):
        low = first[t]
        for s in range(low, first[t + 1]):
            k = key[s]
            if kind[s] == WRITE:
                if wrote[k] >= low:
                    final[wrote[k]] = 0
                wrote[k] = s
                final[s] = 1
            elif kind[s] == READ and outcome[t] == OK:
                if wrote[k] >= low:
                    if value[wrote[k]] != value[s]:
                        flags[s] |= INTERNAL
                    continue
                external[s] = 1
                if read[k] >= low and value[read[k]] != value[s]:
                    flags[s] |= UNREPEATABLE
                read[k] = s


def sources(
    bounds: Array, steps: Array, kind: Array, value: Array, owner: Array, outcome: Array,
    happened: Array, where: Array, whose: Array, writer: Array, ambiguous: Array, external: Array,
    final: Array, flags: Array,
) -> None:  # fmt: skip
    """For each read the write that it saw.

    ``where``, ``whose``: int32[values], -1 throughout. ``writer``: int32[m], for a read the step
    that wrote what it saw, -1 for nil and where it cannot be told. ``ambiguous``: int8[keys], 1
    where a value was written twice. ``happened``: as for lists.
    """
    for k in range(len(bounds) - 2):
        for i in range(bounds[k], bounds[k + 1]):
            s = steps[i]
            if kind[s] != WRITE:
                continue
            v = value[s]
            if whose[v] != k or outcome[owner[where[v]]] == FAIL:
                whose[v] = k
                where[v] = s
            elif outcome[owner[s]] != FAIL:
                ambiguous[k] = 1
        for i in range(bounds[k], bounds[k + 1]):
            s = steps[i]
            if kind[s] != READ or external[s] == 0:
                continue
            v = value[s]
            if v == NOTHING:
                continue
            if whose[v] != k:
                flags[s] |= GARBAGE
                external[s] = 0
                continue
            if ambiguous[k] == 1:
                external[s] = 0
                continue
            one = where[v]
            w = owner[one]
            if w == owner[s]:
                flags[s] |= INTERNAL
                external[s] = 0
            elif outcome[w] == FAIL:
                flags[s] |= ABORTED
                external[s] = 0
            else:
                writer[s] = one
                if outcome[w] == INFO:
                    happened[w] = 1
                if final[one] == 0:
                    flags[s] |= INTERMEDIATE


def observe(
    bounds: Array, steps: Array, kind: Array, owner: Array, happened: Array, ambiguous: Array,
    external: Array, writer: Array, lost: Array, readers: Array, writers: Array, heads: Array,
    after: Array, source: Array, target: Array, sort: Array, on: Array, nodes: Array,
) -> int:  # fmt: skip
    """Edges: wr from each write to its readers; rw from those to whoever is known to come later.

    Later than nil comes every write; later than a version, what those of its readers wrote that
    wrote the key, too. ``heads``: int32[m] and ``after``: int32[m], -1 throughout: the reads of
    each write, in a chain. The rest is as for lists.
    """
    count, room = 0, len(source)
    for k in range(len(bounds) - 2):
        lost[k, 0] = lost[k, 1] = -1
        if ambiguous[k] == 1:
            continue
        many, number = 0, 0
        for i in range(bounds[k], bounds[k + 1]):
            s = steps[i]
            t = owner[s]
            if kind[s] == WRITE:
                if happened[t] == 1 and (number == 0 or writers[number - 1] != t):
                    writers[number] = t
                    number += 1
                continue
            if external[s] == 0:
                continue
            one = writer[s]
            if one < 0:
                if many == 0 or readers[many - 1] != t:
                    readers[many] = t
                    many += 1
                continue
            if count < room:
                source[count], target[count], sort[count], on[count] = owner[one], t, WR, k
            count += 1
        count = cross(
            readers, many, writers, number, k, source, target, sort, on, nodes, count, room
        )
        # Reads of each version, the last first, so that walking back gives them in order.
        for i in range(bounds[k + 1] - 1, bounds[k] - 1, -1):
            s = steps[i]
            if kind[s] == READ and external[s] == 1 and writer[s] >= 0:
                after[s] = heads[writer[s]]
                heads[writer[s]] = s
        initial = -1
        for i in range(bounds[k], bounds[k + 1]):
            s = steps[i]
            nil = kind[s] == READ and external[s] == 1 and writer[s] < 0
            if nil and writes_later(i, bounds[k + 1], steps, kind, owner):
                if initial >= 0 and owner[initial] != owner[s] and lost[k, 0] < 0:
                    lost[k, 0], lost[k, 1] = initial, s
                initial = s
            if kind[s] != WRITE or heads[s] < 0:
                continue
            many, number = 0, 0
            one, first = heads[s], -1
            while one >= 0:
                t = owner[one]
                if many == 0 or readers[many - 1] != t:
                    readers[many] = t
                    many += 1
                    if writes(k, one, bounds, steps, kind, owner):
                        writers[number] = t
                        number += 1
                        if first >= 0 and lost[k, 0] < 0:
                            lost[k, 0], lost[k, 1] = first, one
                        first = one
                one = after[one]
            count = cross(
                readers, many, writers, number, k, source, target, sort, on, nodes, count, room
            )
    return count


def writes_later(i: int, end: int, steps: Array, kind: Array, owner: Array) -> bool:
    """Whether the transaction of the i-th step of a key writes that key after it."""
    t = owner[steps[i]]
    i += 1
    while i < end and owner[steps[i]] == t:
        if kind[steps[i]] == WRITE:
            return True
        i += 1
    return False


def writes(k: int, step: int, bounds: Array, steps: Array, kind: Array, owner: Array) -> bool:
    """Whether the transaction of a step of key k writes that key after it: a binary search."""
    low, high = bounds[k], bounds[k + 1]
    while low < high:
        middle = (low + high) // 2
        if steps[middle] < step:
            low = middle + 1
        else:
            high = middle
    return writes_later(low, bounds[k + 1], steps, kind, owner)
