"""Cycles by kind: which there are, one of each, and which levels they rule out."""

from __future__ import annotations

from typing import Any

from checker.transactions import cycles as shapes
from checker.transactions.anomalies import Anomaly
from checker.transactions.cycles import Cycles, Shape, Start
from checker.transactions.edges import DATA, WR, WW
from checker.transactions.graph import Components, Graph, Moments, components, tangle
from checker.transactions.inferred import Inferred
from checker.transactions.kernels import kernels as kernels_for
from checker.transactions.levels import (
    CAUSAL,
    LEVELS,
    PARALLEL_SNAPSHOT_ISOLATION,
    READ_ATOMIC,
    READ_COMMITTED,
    READ_UNCOMMITTED,
    REPEATABLE_READ,
    SERIALIZABLE,
    SNAPSHOT_ISOLATION,
    at_least,
)

_AS_WELL = {
    shapes.FRACTURED: {shapes.FRACTURED, shapes.CAUSAL, shapes.SINGLE},
    shapes.CAUSAL: {shapes.CAUSAL, shapes.SINGLE},
    shapes.SINGLE: {shapes.SINGLE},
}
"""What need not be looked for once a cycle of a shape is found, for it is one of these, too."""

_AGAINST = {
    shapes.WRITES: (READ_UNCOMMITTED,),
    shapes.INFORMATION: (READ_COMMITTED,),
    shapes.FRACTURED: (READ_ATOMIC,),
    shapes.CAUSAL: (CAUSAL,),
    shapes.SINGLE: (PARALLEL_SNAPSHOT_ISOLATION,),
    shapes.NONADJACENT: (SNAPSHOT_ISOLATION,),
    shapes.ADJACENT: (REPEATABLE_READ, SERIALIZABLE),
}
"""The weakest levels that a cycle of a shape rules out."""

TANGLE_MAX = 300
"""Nodes on cycles that plain Python looks at sooner than numba is loaded."""


def classified(
    inferred: Inferred, kernels: Any, compiled: bool | None
) -> tuple[Components, Cycles | None]:
    """The components of everything, and what finds cycles in them, if there are any."""
    graph = Graph.of(inferred.edges, kernels)
    moments = Moments.of_history(inferred)
    whole = components(graph, DATA, kernels, moments)
    if whole.trivial:
        return whole, None
    tangled = tangle(inferred, whole, moments, kernels)
    return whole, Cycles(tangled, kernels_for(len(tangled.graph), compiled, TANGLE_MAX))


def find_cycles(searched: Cycles) -> list[Anomaly]:
    """A short cycle of each kind that there is.

    A kind is looked for without sessions and real time first. With them it is looked for only if
    there was none, for a cycle that does without is one with them, too.
    """
    found: list[Anomaly] = []

    def take(shape: Shape, within: int, starts: list[Start] | None = None) -> bool:
        cycle = searched.shortest(shape, within, starts)
        if cycle is None:
            return False
        anomaly = Anomaly.of_cycle(cycle)
        if all((one.name, one.refutes) != (anomaly.name, anomaly.refutes) for one in found):
            found.append(anomaly)
        return True

    settled: set[Shape] = set()
    for within in shapes.variants():
        if not searched.cyclic(DATA | within):
            continue
        for shape, mask in ((shapes.WRITES, WW), (shapes.INFORMATION, WW | WR)):
            if shape not in settled and searched.cyclic(mask | within) and take(shape, within):
                settled.add(shape)
        if searched.nonadjacent(within):
            for shape in (shapes.FRACTURED, shapes.CAUSAL, shapes.SINGLE):
                if shape in settled or (within and shape is shapes.FRACTURED):
                    continue
                closing = searched.single(shape, within)
                if closing and take(shape, within, closing):
                    settled |= _AS_WELL[shape]
            if shapes.NONADJACENT not in settled and take(shapes.NONADJACENT, within):
                settled.add(shapes.NONADJACENT)
        if shapes.ADJACENT not in settled and take(shapes.ADJACENT, within):
            settled.add(shapes.ADJACENT)
    return found


def doubtful_levels(searched: Cycles) -> set[str]:
    """Levels of which it is not known whether some cycle rules them out."""
    names: set[str] = set()
    for shape, within in searched.doubtful:
        names |= at_least(_AGAINST[shape]) & {
            name for name, level in LEVELS.items() if level.within >= within
        }
    return names
