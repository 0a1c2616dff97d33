"""Looks for one order of all transactions that explains every answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.transactions.columns import READ
from checker.transactions.edges import DATA, GLUE, PROCESS, REALTIME
from checker.transactions.exact import TRANSACTIONS_MAX, TooMany, find_order
from checker.transactions.graph import Components, Graph, Moments, components, sessions
from checker.transactions.inferred import Inferred
from checker.transactions.order import replays, topological
from checker.transactions.supposing import seek_loosely, smallest
from checker.transactions.versions import last_writes
from histories.table import FAIL, Int64


def topological_order(
    inferred: Inferred, whole: Components | None, within: int, kernels: Any
) -> Int64 | None:
    """An order that respects all that was inferred, if it replays; None otherwise.

    ``whole``: the components in real time, where they are at hand. Linear.
    """
    if whole is None or within != REALTIME:
        moments = Moments.of_history(inferred) if within == REALTIME else None
        whole = components(
            with_sessions(inferred, within, kernels), DATA | within, kernels, moments
        )
    if not whole.trivial:
        return None
    order = topological(inferred, whole.order)
    return order if replays(inferred.transactions, order, within, kernels) else None


def with_sessions(inferred: Inferred, within: int, kernels: Any) -> Graph:
    """The graph of data edges, and those of sessions if they are what matters."""
    edges = inferred.edges
    if within == PROCESS:
        edges = edges.joined(*sessions(inferred), PROCESS)
    return Graph.of(edges, kernels)


def woven_order(inferred: Inferred, within: int, kernels: Any) -> Int64 | None:
    """An order of transactions over registers, by the kernel ``weave``; None if it found none."""
    c = inferred.transactions
    graph = with_sessions(inferred, within, kernels)
    n, keys = len(c), len(c.keys)
    assert inferred.writer is not None and inferred.external is not None
    read = (c.kind == READ) & (inferred.external == 1)
    seen = inferred.writer[read]
    counts = np.bincount(seen[seen >= 0], minlength=len(c.kind)).astype(np.int32)
    nil = c.key[read][seen < 0]
    left = np.bincount(nil, minlength=keys).astype(np.int32)
    bounds, finals, sooner, later = _versions(inferred)
    moments = np.zeros(0, np.int64)
    if within == REALTIME:
        rows = np.flatnonzero(c.happened_surely())
        moments = rows[np.argsort(c.ret[rows], kind="stable")]
    found = components(graph, DATA | within, kernels)
    if not found.trivial:
        return None
    by = np.full(len(graph), -1, np.int64)
    by[:n] = c.ret
    kernels.deadlines(
        graph.offsets, graph.targets, graph.sorts, DATA | GLUE | within, found.order, by
    )
    # What nobody read can go at once, and is in nobody's way.
    read_from = np.zeros(n, np.bool_)
    read_from[inferred.owner[seen[seen >= 0]]] = True
    by[:n][~read_from] = -1
    ranks = np.empty(len(graph), np.int32)
    ranks[np.argsort(by, kind="stable")] = np.arange(len(graph), dtype=np.int32)
    order = np.empty(n, np.int64)
    done = kernels.weave(
        graph.offsets, graph.targets, graph.sorts, DATA | GLUE | within,
        np.zeros(len(graph), np.int32), c.first, c.kind, c.key, c.call, c.ret, inferred.happened,
        inferred.external, inferred.writer, counts, left, np.full(keys, -1, np.int32), moments,
        np.empty(len(graph) + 1, np.int32),
        ranks, np.full(keys, -1, np.int32),
        np.full(n, -1, np.int32),
        bounds, finals, sooner, later, inferred.owner, order,
    )  # fmt: skip
    order = order[:done]
    return order if replays(c, order, within, kernels) else None


def supposed_order(
    inferred: Inferred, within: int, kernels: Any
) -> tuple[Int64 | None, tuple[int, ...]]:
    """An order of transactions over registers, by inference and supposition; or else rows that
    have none whatever the others do, of which every order was tried. Neither: it is not known."""
    sought = seek_loosely(inferred, within, kernels)
    columns = inferred.transactions
    if sought.order is not None:
        order = np.flatnonzero(inferred.happened == 1)[sought.order]
        return (order if replays(columns, order, within, kernels) else None), ()
    if not sought.contradicting:
        return None, ()
    few = smallest(inferred, sought.contradicting, within, kernels)
    try:
        none = find_order(columns, within, among=few) is None
    except TooMany:
        none = False
    return None, few if none else ()


def _versions(inferred: Inferred) -> tuple[Any, Any, Any, Any]:
    """When each version has to be over, and until when it is needed, for ``weave``.

    Operations on a version fall together: if one of them was answered before one on another
    version was asked for, the former comes first as a whole (Gibbons & Korach, Testing Shared
    Memories, SIAM J. Comput. 1997, § 4).
    """
    c, owner = inferred.transactions, inferred.owner
    assert inferred.writer is not None
    sooner, later = c.ret[owner].copy(), np.full(len(owner), -1, np.int64)
    finals = last_writes(inferred)
    later[finals] = c.call[owner[finals]]
    seen = np.flatnonzero(inferred.writer >= 0)
    np.minimum.at(sooner, inferred.writer[seen], c.ret[owner[seen]])
    np.maximum.at(later, inferred.writer[seen], c.call[owner[seen]])
    finals = finals[np.lexsort((sooner[finals], c.key[finals]))]
    keys = np.arange(len(c.keys))
    edges = np.searchsorted(c.key[finals], keys), np.searchsorted(c.key[finals], keys, "right")
    return np.stack(edges, 1), finals, sooner, later


def every_order(inferred: Inferred, within: int) -> tuple[bool, Int64 | None]:
    """Whether all orders of a small history were tried, and one that is legal if there is any."""
    columns = inferred.transactions
    if int(np.count_nonzero(columns.outcome != FAIL)) > TRANSACTIONS_MAX:
        return False, None
    try:
        order = find_order(columns, within)
    except TooMany:
        return False, None
    return True, None if order is None else np.array(order, np.int64)
