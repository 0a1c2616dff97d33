"""Cycles of each kind, the shortest that can be had within bounds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checker.transactions.anomalies import Dependency
from checker.transactions.edges import DATA, GLUE, PROCESS, REALTIME, RW, WR, WW
from checker.transactions.graph import Components, Graph, Tangle, components
from checker.transactions.inferred import Edges
from checker.transactions.levels import adjacent, at_least, refuted_by

STARTS_MAX = 128
"""Edges from which a shortest cycle of a kind is looked for; more would find the same again."""
WALKED_MAX = 20_000_000
"""Edges followed in search of a short cycle of one kind."""
REACHED_MAX = 1_500_000_000
"""Edges looked at to decide whether a cycle with one rw exists: a second or two."""
LATER_MAX = 20_000_000
"""Pairs of an edge rw and a later writer that are looked at."""
PLAINER_MAX = 200
"""Cycles of more are left as they are."""
PAIRS = 62
Start = tuple[int, int]
"""An edge that a cycle begins with, and the node from where it goes on."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a cycle may look like: it begins with an edge of ``begins`` in state 0; ``turns`` gives
    the state after an edge that is not rw, and after one that is (-1: none); it may end in a
    state of ``accepts``. ``sorts``: the edges that it may have, sessions and real time apart."""

    begins: int
    sorts: int
    turns: tuple[tuple[int, int], ...]
    accepts: tuple[int, ...]


PLAIN = ((0, -1),)
WRITES = Shape(WW, WW, PLAIN, (1,))
INFORMATION = Shape(WR, WW | WR, PLAIN, (1,))
SINGLE = Shape(RW, DATA, PLAIN, (1,))
CAUSAL = Shape(RW, WR | RW, PLAIN, (1,))
FRACTURED = Shape(RW, WR | RW, ((1, -1), (-1, -1)), (0, 1))
NONADJACENT = Shape(RW, DATA, ((1, -1), (1, 2), (3, -1), (3, 2)), (0, 0, 0, 1))
"""States: (last was rw, one rw), (not rw, one), (rw, several), (not rw, several)."""
ADJACENT = Shape(RW, DATA, ((1, 2), (1, 0), (3, 2), (3, 2)), (1, 0, 1, 1))
"""States: (last was rw, none adjacent so far), (not rw, none), (rw, two were), (not rw, two were).
Whoever ends with rw is next to the one it began with."""


class Cycles:
    """Looks for cycles in a tangle. ``doubtful``: kinds of which it was not seen to the end
    whether there are any, as (name of the shape, edges beside those of data)."""

    def __init__(self, tangled: Tangle, kernels: Any) -> None:
        self.tangle, self._kernels = tangled, kernels
        self._graph = tangled.graph
        self._sources = sources(tangled.graph)
        self._components: dict[int, Components] = {}
        self._seen = np.zeros(4 * len(self._graph), np.int32)
        self._back = np.empty(4 * len(self._graph), np.int64)
        self._queue = np.empty(8 * len(self._graph), np.int64)
        self._mark = 0
        self.doubtful: set[tuple[Shape, int]] = set()

    def cyclic(self, mask: int) -> bool:
        """Whether there is any cycle of such edges."""
        return not self._of(mask).trivial

    def nonadjacent(self, within: int) -> bool:
        """Whether there is a cycle in which no two rw are adjacent, without rw too. Linear.

        Each node twice: as reached by rw, and otherwise. From the former no rw leads on.
        """
        return not self._doubled(within).trivial

    def single(self, shape: Shape, within: int) -> list[Start]:
        """Edges rw that close a cycle whose other edges are of the shape's, without rw.

        Who was overwritten unseen by one was so by all that wrote the key later. Where ww is no
        edge of the shape's, each of those is looked at, too.
        """
        mask = (shape.sorts & ~RW) | within
        lies = self._of(DATA | within)
        (tails, edges), (heads,) = self._ends(RW, lies)
        if not mask & WW and not self.cyclic(WW):
            at, heads = self._later(edges, lies)
            if at is None:
                self.doubtful.add((shape, within))
                return []
            edges, tails = edges[at], tails[at]
        if shape is FRACTURED:
            kept = self._seen_by(heads, tails)
        else:
            kept = self._reach(heads, tails, mask, (shape, within))
        return list(zip(edges[kept].tolist(), heads[kept].tolist(), strict=True))

    def _later(self, edges: Any, lies: Components) -> tuple[Any, Any]:
        """For edges rw all that is later in the order of versions: which edge, and which node."""
        stack, seen = np.empty(len(self._graph), np.int32), np.full(len(self._graph), -1, np.int32)
        room = 4 * len(edges) + 64
        while room <= LATER_MAX:
            which, nodes = np.empty(room, np.int64), np.empty(room, np.int32)
            seen[:] = -1
            count = self._kernels.later(
                self._graph.offsets, self._graph.targets, self._graph.sorts, self._graph.keys,
                lies.of, edges, stack, seen, which, nodes,
            )  # fmt: skip
            if count <= room:
                return which[:count], nodes[:count]
            room = int(count)
        return None, None

    def _seen_by(self, heads: Any, tails: Any) -> Any:
        """Indexes of the pairs in which the tail read what the head wrote."""
        read = np.flatnonzero(self._graph.sorts == WR)
        nodes = np.int64(len(self._graph))
        known = self._sources[read] * nodes + self._graph.targets[read]
        return np.flatnonzero(np.isin(heads * nodes + tails, known))

    def _reach(self, heads: Any, tails: Any, mask: int, asked: tuple[Shape, int]) -> Any:
        """Indexes of the pairs in which a path leads from head to tail; of many not all."""
        found = self._of(mask)
        kept = np.flatnonzero(found.of[heads] >= found.of[tails])
        kept = kept[np.argsort(found.of[heads[kept]], kind="stable")]
        heads, tails = heads[kept].astype(np.int32), tails[kept].astype(np.int32)
        bounds = np.append(0, np.cumsum(np.bincount(found.of, minlength=found.count)))
        bits = np.empty(found.count, np.int64)
        closing: list[int] = []
        looked = 0
        for low in range(0, len(kept), PAIRS):
            many = min(PAIRS, len(kept) - low)
            hits = np.zeros(many, np.int8)
            looked += self._kernels.reached(
                self._graph.offsets, self._graph.targets, self._graph.sorts, mask | GLUE,
                found.of, found.order, bounds, tails[low : low + many], heads[low : low + many],
                many, bits, hits,
            )  # fmt: skip
            closing += [int(kept[low + i]) for i in np.flatnonzero(hits)]
            if len(closing) >= STARTS_MAX:
                break
            if looked > REACHED_MAX:
                self.doubtful.add(asked)
                break
        return np.array(closing, np.int64)

    def shortest(
        self, shape: Shape, within: int, starts: Sequence[Start] | None = None
    ) -> tuple[Dependency, ...] | None:
        """The shortest cycle of a shape that was found, of edges of data and those of ``within``.

        None: there is none; or, if that is noted in ``doubtful``, none was found. ``starts``:
        edges to begin with, and where to go on from; all that lie on cycles by default.
        """
        mask = shape.sorts | within
        lies = self._of(mask if shape.begins != RW else DATA | within)
        if starts is None:
            edges = (
                self._closing_nonadjacent(within)
                if shape is NONADJACENT
                else self._ends(shape.begins, lies)[0][1]
            )
            starts = list(zip(edges.tolist(), self._graph.targets[edges].tolist(), strict=True))
        turns, accepts = np.array(shape.turns, np.int8), np.array(shape.accepts, np.int8)
        inside = lies.cyclic().astype(np.int8)
        best: tuple[Dependency, ...] | None = None
        budget = np.array([WALKED_MAX], np.int64)
        chosen = starts if len(starts) <= STARTS_MAX else _spread(starts, STARTS_MAX)
        every = len(chosen) == len(starts)
        for edge, start in chosen:
            self._mark += 1
            end = self._kernels.walk(
                self._graph.offsets, self._graph.targets, self._graph.sorts, mask | GLUE, inside,
                start, int(self._sources[edge]), 0, turns, accepts, self._seen, self._mark,
                self._back, self._queue, budget,
            )  # fmt: skip
            if end == -2:
                every = False
                break
            if end < 0:
                continue
            cycle = self._cycle(edge, int(end), shape, mask)
            # Where writes are interleaved, what came later is no matter of whole transactions.
            if not self.cyclic(WW):
                cycle = plainer(cycle)
            if best is None or len(cycle) < len(best):
                best = cycle
                if len(best) == 2:
                    break
        if best is None and not every:
            self.doubtful.add((shape, within))
        return best

    def _ends(self, sort: int, lies: Components) -> Any:
        """(source, number) and (target,) of the edges of a sort that lie within a component."""
        edge = np.flatnonzero(self._graph.sorts == sort)
        source, target = self._sources[edge], self._graph.targets[edge]
        kept = lies.of[source] == lies.of[target]
        return (source[kept], edge[kept]), (target[kept],)

    def _of(self, mask: int) -> Components:
        if mask not in self._components:
            self._components[mask] = components(self._graph, mask, self._kernels)
        return self._components[mask]

    def _doubled(self, within: int) -> Components:
        key = -1 - within
        if key not in self._components:
            twice = doubled(self._graph, DATA | within, self._kernels)
            self._components[key] = components(twice, 1, self._kernels)
        return self._components[key]

    def _closing_nonadjacent(self, within: int) -> Any:
        """Edges rw on cycles without two in a row."""
        of = self._doubled(within).of
        edge = np.flatnonzero(self._graph.sorts == RW)
        source, target = self._sources[edge].astype(np.int64), self._graph.targets[edge]
        return edge[of[2 * source] == of[2 * target.astype(np.int64) + 1]]

    def _cycle(self, edge: int, end: int, shape: Shape, mask: int) -> tuple[Dependency, ...]:
        """The cycle that a walk found, of transactions that each come once."""
        states = len(shape.accepts)
        walked = [end]
        while (before := int(self._back[walked[-1]])) >= 0:
            walked.append(before // 2)
        walked.reverse()
        hops = [(int(self._sources[edge]), edge)]
        for one, other in itertools.pairwise(walked):
            hops.append((one // states, self._hop(one, other, states, shape, mask)))
        cycle = _joined(hops, self._graph, self.tangle)
        rows = [step.source for step in cycle]
        if len(set(rows)) == len(rows):
            return cycle
        return _simple(cycle, any_will_do=shape is not NONADJACENT)

    def _hop(self, one: int, other: int, states: int, shape: Shape, mask: int) -> int:
        """The edge of a step of a walk; the plainest where there are several."""
        node, now, to, then = one // states, one % states, other // states, other % states
        graph = self._graph
        best = -1
        for p in range(int(graph.offsets[node]), int(graph.offsets[node + 1])):
            sort = int(graph.sorts[p])
            if int(graph.targets[p]) != to or not sort & (mask | GLUE):
                continue
            after = now if sort == GLUE else shape.turns[now][1 if sort == RW else 0]
            if after == then and (best < 0 or sort < int(graph.sorts[best])):
                best = p
        return best


def _spread(starts: Sequence[Start], many: int) -> list[Start]:
    """So many of them, evenly."""
    return [starts[i * len(starts) // many] for i in range(many)]


def _joined(
    hops: Sequence[tuple[int, int]], graph: Graph, tangled: Tangle
) -> tuple[Dependency, ...]:
    """A cycle of nodes as one of transactions: what stands for several is passed through."""
    # It begins at a transaction: the first edge leads away from one.
    cycle: list[Dependency] = []
    source, sort, key = -1, -1, -1
    for node, edge in hops:
        row = tangled.transaction(node)
        if row >= 0:
            if source >= 0:
                cycle.append(Dependency(source, row, sort, key))
            source, sort, key = row, int(graph.sorts[edge]), int(graph.keys[edge])
    cycle.append(Dependency(source, cycle[0].source if cycle else source, sort, key))
    return tuple(cycle)


def plainer(cycle: tuple[Dependency, ...]) -> tuple[Dependency, ...]:
    """The cycle with edges left out that others imply, if it rules out no less for that.

    Who overwrote unseen, or wrote after another, did so before whoever wrote the key later; and
    the orders of sessions and of real time are transitive.
    """
    at, ruled_out = 0, at_least(refuted_by([step.sort for step in cycle]))
    while at < len(cycle) and 2 < len(cycle) <= PLAINER_MAX:
        one, other = cycle[at - 1], cycle[at]
        over = other.sort == WW and one.sort in (WW, RW) and one.key == other.key >= 0
        if over or one.sort == other.sort in (PROCESS, REALTIME):
            joint = Dependency(one.source, other.target, one.sort, one.key)
            less = (*cycle[1:-1], joint) if at == 0 else (*cycle[: at - 1], joint, *cycle[at + 1 :])
            if at_least(refuted_by([step.sort for step in less])) >= ruled_out:
                cycle, at = less, max(at - 1, 0)
                continue
        at += 1
    return cycle


def _simple(walk: tuple[Dependency, ...], *, any_will_do: bool) -> tuple[Dependency, ...]:
    """A cycle that meets nobody twice, within a closed walk that does.

    Where it meets somebody twice it falls into two closed walks. If the walk has no two rw in a
    row, at most one of the two has, there; the other is what goes on, unless any will do.
    """
    while True:
        met: dict[int, int] = {}
        for at, step in enumerate(walk):
            if step.source not in met:
                met[step.source] = at
                continue
            low = met[step.source]
            parts = [walk[low:at], walk[at:] + walk[:low]]
            if not any_will_do:
                parts = [part for part in parts if not adjacent([one.sort for one in part])]
            walk = min(parts, key=len)
            break
        else:
            return walk


def doubled(graph: Graph, mask: int, kernels: Any) -> Graph:
    """Each node v as 2v, and 2v + 1: reached by rw. All its edges are of one sort, 1.

    From what was reached by rw no rw leads on, so a cycle in it has no two rw in a row.
    """
    sort = graph.sorts
    source, target = 2 * sources(graph).astype(np.int64), 2 * graph.targets.astype(np.int64)
    glue = np.flatnonzero(sort == GLUE)
    unseen = np.flatnonzero(sort & mask & RW)
    other = np.flatnonzero(sort & mask & ~(RW | GLUE))
    ones = (source[glue], source[glue] + 1, source[unseen], source[other], source[other] + 1)
    others = (target[glue], target[glue] + 1, target[unseen] + 1, target[other], target[other])
    one, two = (np.concatenate(parts).astype(np.int32) for parts in (ones, others))
    sorts, keys = np.ones(len(one), np.int8), np.full(len(one), -1, np.int32)
    return Graph.of(Edges(one, two, sorts, keys, 2 * len(graph)), kernels)


def sources(graph: Graph) -> Any:
    """int32[edges]: where each edge comes from."""
    counts = np.diff(graph.offsets[:-1])
    return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


def variants() -> Iterator[int]:
    """Edges beside those of data, the fewest first: none, those of sessions, of real time."""
    yield 0
    yield PROCESS
    yield REALTIME
