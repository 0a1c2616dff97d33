"""Appends that nobody read, put into some order: one that goes with everything inferred."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from checker.transactions.cycles import doubled
from checker.transactions.edges import DATA, PROCESS, WR, WW
from checker.transactions.graph import Graph, components, sessions
from checker.transactions.inferred import Inferred


def completed(inferred: Inferred, kernels: Any) -> Inferred:
    """The same with an order of appends to each key that nothing tells the order of.

    Any order will do that some run might have had. It is taken from an order of all transactions
    in which whoever depends on another comes later, and if possible whoever was overwritten
    unseen does, too, unless he did the same himself just before (snapshot isolation). Levels
    that nothing refutes with it do hold.
    """
    place = _order(inferred, kernels)
    pairs = inferred.unordered
    pairs = pairs[np.lexsort((place[pairs[:, 1]], pairs[:, 0]))]
    same = pairs[:-1, 0] == pairs[1:, 0]
    source = pairs[:-1, 1][same].astype(np.int32)
    target = pairs[1:, 1][same].astype(np.int32)
    key = pairs[1:, 0][same].astype(np.int32)
    edges = inferred.edges.joined(source, target, WW, key)
    return replace(inferred, edges=edges, unordered=pairs[:0])


def _order(inferred: Inferred, kernels: Any) -> Any:
    """The place of each transaction."""
    n = len(inferred.transactions)
    graph = Graph.of(inferred.edges.joined(*sessions(inferred), PROCESS), kernels)
    for mask, twice in (
        (DATA | PROCESS, False),
        (DATA | PROCESS, True),
        (DATA, True),
        (WW | WR | PROCESS, False),
        (WW | WR, False),
        (WW, False),
    ):
        one = doubled(graph, mask, kernels) if twice else graph
        found = components(one, 1 if twice else mask, kernels)
        if found.trivial:
            break
    place = np.empty(len(found.of), np.int64)
    place[found.order] = np.arange(len(found.order))[::-1]
    return place[: 2 * n : 2] if twice else place[:n]
