"""A kernel that looks for an order of transactions over registers, going by what is known.

Nothing is tried twice: the transaction asked for first goes first, unless something is known to
come before it, or it would overwrite what somebody has yet to read. Where that comes to a halt
there may still be an order.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from checker.transactions.columns import READ, WRITE

Array: TypeAlias = npt.NDArray[Any]


def weave(
    offsets: Array, targets: Array, sorts: Array, mask: int, waits: Array, first: Array,
    kind: Array, key: Array, call: Array, ret: Array, happened: Array, external: Array,
    writer: Array, counts: Array, left: Array, current: Array, moments: Array, queue: Array,
    asleep: Array, then: Array, order: Array,
) -> int:  # fmt: skip
    """Fill ``order`` (int64[n]) as far as possible; gives how far.

    ``waits``: int32[nodes], zero throughout, gets the number of edges that lead to each.
    ``counts``: int32[m], how many reads saw each write; ``left``: int32[keys], how many reads saw
    nil, afterwards of the version at hand; ``current``: int32[keys], -1 throughout. ``moments``:
    int64, acknowledged rows by time of their answer, if real time matters, and else nothing.
    ``queue``: int32[nodes], a heap; ``asleep``: int32[keys] and ``then``: int32[n], -1
    throughout: who waits for the reads of a key. Near linear.
    """
    n = len(first) - 1
    nodes = len(offsets) - 2
    for node in range(nodes):
        for p in range(offsets[node], offsets[node + 1]):
            if sorts[p] & mask != 0:
                waits[targets[p]] += 1
    size, done, front, asked = 0, 0, 0, 0
    for t in range(n, nodes):
        if waits[t] == 0:
            size = push(queue, size, t)
    while True:
        # Whoever was asked for before the first that has yet to be over may come now.
        limit = call[n - 1] + 1 if n else 0
        while front < len(moments) and current_done(then, moments[front]):
            front += 1
        if front < len(moments):
            limit = ret[moments[front]]
        while asked < n and call[asked] < limit:
            if happened[asked] == 1 and waits[asked] == 0:
                size = push(queue, size, asked)
            asked += 1
        if size == 0:
            return done
        t = queue[0]
        size = pop(queue, size)
        if t < n:
            blocked = -1
            for s in range(first[t], first[t + 1]):
                k = key[s]
                if kind[s] == WRITE and left[k] > 0:
                    own = 0
                    for r in range(first[t], s):
                        seen = kind[r] == READ and key[r] == k and external[r] == 1
                        if seen and writer[r] == current[k]:
                            own += 1
                    if left[k] > own:
                        blocked = k
                        break
            if blocked >= 0:
                then[t] = asleep[blocked]
                asleep[blocked] = t
                continue
            order[done] = t
            done += 1
            then[t] = -2
            for s in range(first[t], first[t + 1]):
                k = key[s]
                if kind[s] == WRITE:
                    current[k] = s
                    left[k] = counts[s]
                elif kind[s] == READ and external[s] == 1:
                    left[k] -= 1
                if left[k] == 0:
                    one = asleep[k]
                    asleep[k] = -1
                    while one >= 0:
                        other = then[one]
                        then[one] = -1
                        size = push(queue, size, one)
                        one = other
        for p in range(offsets[t], offsets[t + 1]):
            if sorts[p] & mask == 0:
                continue
            to = targets[p]
            waits[to] -= 1
            if waits[to] == 0 and (to >= n or (to < asked and happened[to] == 1)):
                size = push(queue, size, to)


def current_done(then: Array, t: int) -> bool:
    """Whether a transaction has its place already."""
    return bool(then[t] == -2)


def push(queue: Array, size: int, one: int) -> int:
    """Put a node into the heap; gives its new size."""
    at = size
    while at > 0 and queue[(at - 1) // 2] > one:
        queue[at] = queue[(at - 1) // 2]
        at = (at - 1) // 2
    queue[at] = one
    return size + 1


def pop(queue: Array, size: int) -> int:
    """Take the least node out of the heap; gives its new size."""
    size -= 1
    one = queue[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and queue[child + 1] < queue[child]:
            child += 1
        if queue[child] >= one:
            break
        queue[at] = queue[child]
        at = child
    queue[at] = one
    return size
