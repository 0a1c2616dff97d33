"""Kernels over the graph of transactions: adjacency, and strongly connected components.

Real time is a relation of n² pairs and takes no edges at all here. One node for each
acknowledgement, a *moment*, in order: a transaction leads to the moment of its own, a moment to
the next one and to all transactions asked for between the two. As rows are in order of call,
those are a range of rows.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


def link(
    source: Array, target: Array, sort: Array, on: Array, count: int, offsets: Array,
    targets: Array, sorts: Array, keys: Array,
) -> None:  # fmt: skip
    """Edges by source: a counting sort. ``offsets``: int64[nodes + 2], zero throughout."""
    for e in range(count):
        offsets[source[e] + 2] += 1
    for node in range(2, len(offsets)):
        offsets[node] += offsets[node - 1]
    for e in range(count):
        place = offsets[source[e] + 1]
        offsets[source[e] + 1] += 1
        targets[place] = target[e]
        sorts[place] = sort[e]
        keys[place] = on[e]


def components(
    offsets: Array, targets: Array, sorts: Array, mask: int, moment: Array, upto: Array,
    place: Array, index: Array, low: Array, component: Array, stack: Array, path: Array,
    order: Array,
) -> int:  # fmt: skip
    """Tarjan's strongly connected components (SIAM J. Comput. 1972), without recursion.

    Nodes below ``len(offsets) - 2`` have edges of their own, of which those with a bit of
    ``mask`` count. ``moment``: int32[transactions], the moment at which each was acknowledged, -1
    for none; ``upto``: int32[moments + 1], transactions below it were asked for before that
    moment, the last being all. Moments are numbered after all other nodes; without any, real
    time plays no part.

    ``place``: int64[nodes]; ``index``, ``low``, ``component``, ``stack``, ``path``, ``order``:
    int32[nodes]. Afterwards ``component`` numbers the components so that edges between two lead
    from the higher number to the lower, and ``order`` lists the nodes by component, ascending.
    Gives how many components there are. Linear.
    """
    plain = len(offsets) - 2
    moments = len(upto) - 1
    nodes = plain + moments
    for node in range(nodes):
        index[node] = 0
        component[node] = -1
    found, visited, ordered, height = 0, 0, 0, 0
    for root in range(nodes):
        if index[root] != 0:
            continue
        depth, going = -1, root
        while True:
            if going >= 0:
                visited += 1
                index[going] = low[going] = visited
                place[going] = offsets[going] if going < plain else -1
                stack[height] = going
                height += 1
                depth += 1
                path[depth] = going
            node = path[depth]
            going = -1
            p = place[node]
            place[node] = p + 1
            if node < plain:
                if p < offsets[node + 1]:
                    if sorts[p] & mask == 0:
                        continue
                    going = targets[p]
                elif p == offsets[node + 1] and node < len(moment) and moment[node] >= 0:
                    going = plain + moment[node]
            elif p < 0:
                place[node] = upto[node - plain]
                if node + 1 == nodes:
                    continue
                going = node + 1
            elif p < upto[node - plain + 1]:
                going = p
            if going >= 0:
                if index[going] != 0:
                    if component[going] < 0 and index[going] < low[node]:
                        low[node] = index[going]
                    going = -1
                continue
            # All its edges are followed.
            depth -= 1
            if low[node] == index[node]:
                while True:
                    height -= 1
                    one = stack[height]
                    component[one] = found
                    order[ordered] = one
                    ordered += 1
                    if one == node:
                        break
                found += 1
            if depth < 0:
                break
            if low[node] < low[path[depth]]:
                low[path[depth]] = low[node]
    return found
