"""One order of all transactions that goes with what is known of versions, as far as one does."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.transactions.cycles import doubled
from checker.transactions.edges import DATA, PROCESS, WR, WW
from checker.transactions.graph import Graph, components, sessions
from checker.transactions.inferred import Inferred


def place_of(inferred: Inferred, kernels: Any) -> Any:
    """int64[n]: the place of each transaction in it.

    Whoever depends on another comes later; and if possible whoever was overwritten unseen comes
    ahead, too, unless he did the same himself just before (snapshot isolation).
    """
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
