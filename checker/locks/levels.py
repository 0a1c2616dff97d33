"""Operations that have to come one level after another: which of them cannot.

Where each operation has a *level*, and those of a lower one must take effect before those of a
higher one, some order does so within real time exactly when no operation of a higher level was
over before one of a lower level began. For take a cycle of "must come before" (up in levels)
and "was over before it began": were no single step of the latter down in levels, levels would
grow along the whole cycle.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from histories.event import Operation

Level = tuple[int, ...]
L = TypeVar("L", bound=Level)


def inversions(levels: Iterable[tuple[L, Operation]]) -> list[tuple[Operation, Operation]]:
    """Pairs (later, earlier) by level where the later was over before the earlier began.

    One for each earlier operation, with the highest that was over. O(n log n).
    """
    known = list(levels)
    ends = sorted(
        (
            (operation.ret, level, operation)
            for level, operation in known
            if operation.ret is not None
        ),
        key=lambda end: end[0],
    )
    found = []
    position = 0
    highest: tuple[L, Operation] | None = None
    for level, operation in sorted(known, key=lambda one: one[1].call):
        while position < len(ends) and ends[position][0] < operation.call:
            _, other, ended = ends[position]
            if highest is None or other > highest[0]:
                highest = other, ended
            position += 1
        if highest is not None and highest[0] > level:
            found.append((highest[1], operation))
    return found
