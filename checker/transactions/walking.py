"""Kernels that look for cycles of a given kind within one strongly connected component.

Edges are of three categories: those that say "before", those that say "overwritten unseen" (rw),
and glue. What a cycle may look like is a small automaton over the first two; it begins after an
rw edge, or after an edge of the kind that is looked for.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from checker.transactions.edges import GLUE, RW, WW

Array: TypeAlias = npt.NDArray[Any]


def walk(
    offsets: Array, targets: Array, sorts: Array, mask: int, inside: Array, start: int, goal: int,
    state: int, turns: Array, accepts: Array, seen: Array, mark: int, back: Array, queue: Array,
    budget: Array,
) -> int:  # fmt: skip
    """The shortest walk from ``start`` in ``state`` to ``goal`` that the automaton accepts.

    ``inside``: int8[nodes], where it may go. ``turns``: int8[states, 2], the state after an edge
    that is not rw, and after one that is; -1: none. ``accepts``: int8[states]. ``seen``: int32 and
    ``back``: int64, [nodes * states]; ``mark`` is new to ``seen``; ``back`` gets, for a node and
    state, the one before it times two, plus one where glue led there. ``queue``: int64[2 * nodes *
    states]. Edges that are glue cost nothing, so they are followed first: what is shortest in
    transactions is found. Gives the last node and state, -1 if there is none, -2 if looking
    further than ``budget[0]`` edges would be needed; takes from it what was looked at.
    """
    states = len(accepts)
    middle = len(queue) // 2
    # Glue goes to the front, and there is never more of it than of nodes and states.
    head = tail = middle
    first = start * states + state
    seen[first] = mark
    back[first] = -1
    queue[tail] = first
    tail += 1
    while head < tail:
        at = queue[head]
        head += 1
        node, now = at // states, at % states
        for p in range(offsets[node], offsets[node + 1]):
            sort = sorts[p]
            if sort & mask == 0:
                continue
            budget[0] -= 1
            to = targets[p]
            if inside[to] == 0:
                continue
            then = now if sort == GLUE else turns[now, 1 if sort == RW else 0]
            if then < 0:
                continue
            new = to * states + then
            if seen[new] == mark:
                continue
            seen[new] = mark
            back[new] = 2 * at + (1 if sort == GLUE else 0)
            if to == goal and accepts[then] == 1:
                return int(new)
            if sort == GLUE:
                head -= 1
                queue[head] = new
            else:
                queue[tail] = new
                tail += 1
        if budget[0] < 0:
            return -2
    return -1


def reached(
    offsets: Array, targets: Array, sorts: Array, mask: int, component: Array, order: Array,
    bounds: Array, tails: Array, heads: Array, many: int, bits: Array, found: Array,
) -> int:  # fmt: skip
    """For up to 62 pairs whether a path leads from ``heads[i]`` to ``tails[i]``.

    ``component``, ``order``: as ``components`` leaves them for ``mask``; ``bounds``: int64[count +
    1], the nodes of component c are ``order[bounds[c] : bounds[c + 1]]``. ``bits``: int64[count],
    any; ``found``: int8[many]. Each component passes on what it is reached by, the highest number
    first. Gives the number of edges looked at.
    """
    low, high = len(bounds), -1
    for i in range(many):
        low = min(low, component[tails[i]])
        high = max(high, component[heads[i]])
    looked = 0
    for one in range(low, high + 1):
        bits[one] = 0
    for i in range(many):
        bits[component[heads[i]]] |= 1 << i
    for one in range(high, low - 1, -1):
        own = bits[one]
        if own == 0:
            continue
        for at in range(bounds[one], bounds[one + 1]):
            node = order[at]
            for p in range(offsets[node], offsets[node + 1]):
                looked += 1
                if sorts[p] & mask != 0 and component[targets[p]] >= low:
                    bits[component[targets[p]]] |= own
    for i in range(many):
        found[i] = (bits[component[tails[i]]] >> i) & 1
    return looked


def later(
    offsets: Array, targets: Array, sorts: Array, keys: Array, component: Array, edges: Array,
    stack: Array, seen: Array, which: Array, nodes: Array,
) -> int:  # fmt: skip
    """For each of ``edges`` all nodes that its target leads to by glue, and by ww on its key.

    Only within its component. ``seen``: int32[nodes], -1 throughout; ``stack``: int32[nodes].
    ``which``: int64 and ``nodes``: int32 get the number of the edge among ``edges`` and the node;
    gives how many there are, which may be more than there is room for.
    """
    count, room = 0, len(which)
    for i in range(len(edges)):
        edge = edges[i]
        height = 1
        stack[0] = targets[edge]
        seen[targets[edge]] = i
        while height > 0:
            height -= 1
            node = stack[height]
            if count < room:
                which[count], nodes[count] = i, node
            count += 1
            for p in range(offsets[node], offsets[node + 1]):
                to = targets[p]
                follows = sorts[p] == GLUE or (sorts[p] == WW and keys[p] == keys[edge])
                if follows and seen[to] != i and component[to] == component[node]:
                    seen[to] = i
                    stack[height] = to
                    height += 1
    return count
