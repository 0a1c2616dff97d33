"""The order in which cells are run: broad before deep, so that a budget meets everything early.

    seed:     1 1 1 1 | 2 2 2 2 | …        every cell once, before any has its second seed
    within:   the cell next whose values have been met least often so far

A cell that differs from the last in system, faults and workload comes before one that differs in
its faults alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from splitbrain.matrix.cell import Cell

PATIENCE = 1000
"""Groups beyond this many keep the file's order: comparing all with all takes too long."""


def in_order(cells: Sequence[Cell]) -> list[Cell]:
    """The cells, each once; the same for the same matrix."""
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.group, []).append(cell)
    spread = _spread([of[0] for of in groups.values()])
    rounds = max(map(len, groups.values()), default=0)
    return [
        groups[first.group][number]
        for number in range(rounds)
        for first in spread
        if number < len(groups[first.group])
    ]


def _spread(firsts: list[Cell]) -> list[Cell]:
    if len(firsts) > PATIENCE:
        return firsts
    met: Counter[tuple[str, str]] = Counter()
    left = list(firsts)
    spread = []
    while left:
        # The first of those that are alike: the file's order decides.
        best = min(left, key=lambda cell: sum(met[value] for value in cell.axes.items()))
        left.remove(best)
        spread.append(best)
        met.update(best.axes.items())
    return spread
