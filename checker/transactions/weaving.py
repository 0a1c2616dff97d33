"""A kernel that looks for an order of transactions over registers, going by what is known.

Nothing is tried twice: the transaction that has to be over first goes first, unless something is
known to come before it, or it would overwrite what somebody has yet to read. Where that comes to a
halt there may still be an order.
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
    ranks: Array, asleep: Array, then: Array, bounds: Array, finals: Array, sooner: Array,
    later: Array, owner: Array, order: Array,
) -> int:  # fmt: skip
    """Fill ``order`` (int64[n]) as far as possible; gives how far.

    ``waits``: int32[nodes], zero throughout, gets the number of edges that lead to each.
    ``counts``: int32[m], how many reads saw each write; ``left``: int32[keys], how many reads saw
    nil, afterwards of the version at hand; ``current``: int32[keys], -1 throughout. ``moments``:
    int64, acknowledged rows by time of their answer, if real time matters, and else nothing.
    ``queue``: int32[nodes], a heap, of which the one of least rank (int32[nodes]) goes first;
    ``asleep``: int32[keys] and ``then``: int32[n], -1 throughout: who waits for the reads of a
    key.

    In real time a version that must be over before another is still needed goes first. ``finals``:
    the last writes to key k of transactions that happened are those from ``bounds[k, 0]``, which
    moves, to ``bounds[k, 1]``, by ``sooner``: int64[m], the first answer of whoever wrote or read
    it. ``later``: int64[m], when the last of these was asked for. ``owner``: int32[m].
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
            size = push(queue, ranks, size, t)
    while True:
        # Whoever was asked for before the first that has yet to be over may come now.
        limit = call[n - 1] + 1 if n else 0
        while front < len(moments) and current_done(then, moments[front]):
            front += 1
        if front < len(moments):
            limit = ret[moments[front]]
        while asked < n and call[asked] < limit:
            if happened[asked] == 1 and waits[asked] == 0:
                size = push(queue, ranks, size, asked)
            asked += 1
        if size == 0:
            return done
        t = queue[0]
        size = pop(queue, ranks, size)
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
                if kind[s] == WRITE and len(moments) > 0 and later[s] >= 0:
                    while bounds[k, 0] < bounds[k, 1] and then[owner[finals[bounds[k, 0]]]] == -2:
                        bounds[k, 0] += 1
                    at = bounds[k, 0]
                    while at < bounds[k, 1]:
                        other = owner[finals[at]]
                        if other != t and then[other] != -2:
                            if sooner[finals[at]] < later[s]:
                                blocked = k
                            break
                        at += 1
                    if blocked >= 0:
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
                if left[k] == 0 or (kind[s] == WRITE and len(moments) > 0):
                    one = asleep[k]
                    asleep[k] = -1
                    while one >= 0:
                        other = then[one]
                        then[one] = -1
                        size = push(queue, ranks, size, one)
                        one = other
        for p in range(offsets[t], offsets[t + 1]):
            if sorts[p] & mask == 0:
                continue
            to = targets[p]
            waits[to] -= 1
            if waits[to] == 0 and (to >= n or (to < asked and happened[to] == 1)):
                size = push(queue, ranks, size, to)


def current_done(then: Array, t: int) -> bool:
    """Whether a transaction has its place already."""
    return bool(then[t] == -2)


def push(queue: Array, ranks: Array, size: int, one: int) -> int:
    """Put a node into the heap; gives its new size."""
    at = size
    while at > 0 and ranks[queue[(at - 1) // 2]] > ranks[one]:
        queue[at] = queue[(at - 1) // 2]
        at = (at - 1) // 2
    queue[at] = one
    return size + 1


def pop(queue: Array, ranks: Array, size: int) -> int:
    """Take the least node out of the heap; gives its new size."""
    size -= 1
    one = queue[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and ranks[queue[child + 1]] < ranks[queue[child]]:
            child += 1
        if ranks[queue[child]] >= ranks[one]:
            break
        queue[at] = queue[child]
        at = child
    queue[at] = one
    return size


def deadlines(
    offsets: Array, targets: Array, sorts: Array, mask: int, order: Array, by: Array
) -> None:
    """Make ``by`` of each node no later than that of whoever comes after it.

    ``order``: nodes such that edges of ``mask`` lead backward in it. ``by``: int64[nodes], when
    each was over at the latest.
    """
    for node in order:
        for p in range(offsets[node], offsets[node + 1]):
            if sorts[p] & mask != 0 and by[targets[p]] < by[node]:
                by[node] = by[targets[p]]
