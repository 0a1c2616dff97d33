"""The graph of transactions, by adjacency, with real time and sessions where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from checker.transactions.edges import GLUE, PROCESS, REALTIME
from checker.transactions.inferred import Edges, Inferred
from histories.table import OK, Int8, Int32, Int64


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Edges by source: node v leads to ``targets[offsets[v] : offsets[v + 1]]``.

    ``sorts`` int8 says in which way (``edges.py``), ``keys`` int32 by which key. ``offsets`` is
    int64[nodes + 2]: the last entry is the kernels'.
    """

    offsets: Int64
    targets: Int32
    sorts: Int8
    keys: Int32

    def __len__(self) -> int:
        return len(self.offsets) - 2

    @classmethod
    def of(cls, edges: Edges, kernels: Any) -> Graph:
        """The graph of some edges. Linear."""
        count = len(edges)
        offsets = np.zeros(edges.nodes + 2, np.int64)
        targets, sorts = np.empty(count, np.int32), np.empty(count, np.int8)
        keys = np.empty(count, np.int32)
        kernels.link(
            edges.source, edges.target, edges.sort, edges.key, count, offsets, targets, sorts, keys
        )
        return cls(offsets, targets, sorts, keys)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Real time: ``of``: int32[n], the moment at which each transaction was acknowledged, or -1;
    ``upto``: int32[moments + 1], transactions below it were asked for before that moment."""

    of: Int32
    upto: Int32

    @classmethod
    def none(cls, n: int) -> Moments:
        """No real time at all."""
        return cls(np.full(n, -1, np.int32), np.array([n], np.int32))

    @classmethod
    def of_history(cls, inferred: Inferred) -> Moments:
        """The moments of all acknowledgements. O(n log n)."""
        columns = inferred.transactions
        acknowledged = np.flatnonzero(columns.outcome == OK)
        rows = acknowledged[np.argsort(columns.ret[acknowledged], kind="stable")]
        of = np.full(len(columns), -1, np.int32)
        of[rows] = np.arange(len(rows), dtype=np.int32)
        upto = np.searchsorted(columns.call, columns.ret[rows]).astype(np.int32)
        return cls(of, np.append(upto, np.int32(len(columns))))


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Strongly connected components: ``of`` numbers them, int32[nodes], such that edges between
    two lead from the higher number to the lower; ``order`` lists the nodes, ascending."""

    of: Int32
    order: Int32
    count: int

    @property
    def trivial(self) -> bool:
        """Whether there is no cycle. (No edge leads from a node to itself.)"""
        return self.count == len(self.of)

    def cyclic(self) -> Any:
        """bool[nodes]: those that lie on some cycle."""
        sizes = np.bincount(self.of, minlength=self.count)
        return sizes[self.of] > 1


def components(graph: Graph, mask: int, kernels: Any, moments: Moments | None = None) -> Components:
    """The components of the graph of edges in ``mask``; with ``moments`` in real time. Linear."""
    moments = moments or Moments.none(0)
    nodes = len(graph) + len(moments.upto) - 1
    scratch = np.empty((6, nodes), np.int32)
    of = np.empty(nodes, np.int32)
    place = np.empty(nodes, np.int64)
    count = kernels.components(
        graph.offsets, graph.targets, graph.sorts, mask | GLUE, moments.of, moments.upto, place,
        scratch[0], scratch[1], of, scratch[2], scratch[3], scratch[4],
    )  # fmt: skip
    return Components(of, scratch[4].copy(), int(count))


def sessions(inferred: Inferred) -> tuple[Int32, Int32]:
    """Edges between the transactions of each process, one after the other: sources and targets.

    What comes after a transaction of unknown outcome does not wait for it.
    """
    columns = inferred.transactions
    rows = np.flatnonzero(inferred.happened == 1)
    rows = rows[np.argsort(columns.process[rows], kind="stable")]
    known = columns.outcome[rows] == OK
    # The last acknowledged one before each, of the same process.
    last = np.maximum.accumulate(np.where(known, np.arange(len(rows)), -1))
    before = np.append(-1, last[:-1])[: len(rows)]
    same = (before >= 0) & (columns.process[rows[before]] == columns.process[rows])
    return rows[before[same]].astype(np.int32), rows[same].astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Tangle:
    """The part of a history's graph that lies on cycles of any kind, everything spelt out.

    ``node``: int64, for each node of ``graph`` its number in the whole graph; those below
    ``transactions`` are transactions, and what is no transaction has no meaning by itself.
    """

    graph: Graph
    node: Int64
    transactions: int

    def transaction(self, node: int) -> int:
        """The transaction that a node is, or -1."""
        one = int(self.node[node])
        return one if one < self.transactions else -1


def tangle(inferred: Inferred, whole: Components, moments: Moments, kernels: Any) -> Tangle:
    """What lies on cycles of ``whole``, which was found with all data edges and real time."""
    edges, n = inferred.edges, len(inferred.transactions)
    cyclic = whole.cyclic()
    node = np.flatnonzero(cyclic)
    number = np.full(len(whole.of), -1, np.int64)
    number[node] = np.arange(len(node))
    one, other = sessions(inferred)
    plain = edges.nodes
    rows = np.flatnonzero(moments.of >= 0)
    ranges = np.diff(moments.upto)
    parts: list[tuple[Any, Any, Any, Any]] = [
        (edges.source, edges.target, edges.sort, edges.key),
        (one, other, PROCESS, -1),
        (rows, plain + moments.of[rows], REALTIME, -1),
        (plain + np.arange(len(ranges) - 1), plain + np.arange(1, len(ranges)), GLUE, -1),
        (
            plain + np.repeat(np.arange(len(ranges)), ranges),
            np.arange(int(moments.upto[0]), n),
            GLUE,
            -1,
        ),
    ]
    columns: list[list[Any]] = [[], [], [], []]
    for source, target, sort, key in parts:
        kept = (whole.of[source] == whole.of[target]) & cyclic[source]
        columns[0].append(number[source[kept]].astype(np.int32))
        columns[1].append(number[target[kept]].astype(np.int32))
        for column, given, kind in ((columns[2], sort, np.int8), (columns[3], key, np.int32)):
            column.append(
                given[kept] if isinstance(given, np.ndarray) else np.full(kept.sum(), given, kind)
            )
    one, other, sorts, keys = (np.concatenate(column) for column in columns)
    return Tangle(Graph.of(Edges(one, other, sorts, keys, len(node)), kernels), node, n)
