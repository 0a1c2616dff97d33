"""A kernel that gives each of many readers an edge to each of many writers, without n² edges."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from checker.transactions.edges import GLUE, RW

Array: TypeAlias = npt.NDArray[Any]

CROSSED_MIN, CROSSED_PER_MEMBER = 64, 4
"""All pairs of readers and writers are spelt out while they are no more than this."""


def cross(
    readers: Array, many: int, writers: Array, number: int, k: int, source: Array, target: Array,
    sort: Array, on: Array, nodes: Array, count: int, room: int,
) -> int:  # fmt: skip
    """Edges rw from each of ``many`` readers to each of ``number`` writers but itself.

    Both are ascending. Where all pairs would be too many, two chains of nodes stand for them: one
    reaches every writer up to some place, the other every one from there on.
    """
    if many == 0 or number == 0:
        return count
    if many * number <= max(CROSSED_MIN, CROSSED_PER_MEMBER * (many + number)):
        for i in range(many):
            for j in range(number):
                if readers[i] == writers[j]:
                    continue
                if count < room:
                    source[count], target[count], sort[count], on[count] = (
                        readers[i],
                        writers[j],
                        RW,
                        k,
                    )
                count += 1
        return count
    up = nodes[0]
    down = up + number
    nodes[0] += 2 * number
    for j in range(number):
        for node in (up + j, down + j):
            if count < room:
                source[count], target[count], sort[count], on[count] = node, writers[j], GLUE, k
            count += 1
        if j:
            if count + 1 < room:
                source[count], target[count], sort[count], on[count] = up + j, up + j - 1, GLUE, k
                source[count + 1], target[count + 1] = down + j - 1, down + j
                sort[count + 1], on[count + 1] = GLUE, k
            count += 2
    j = 0
    for i in range(many):
        while j < number and writers[j] < readers[i]:
            j += 1
        inside = j < number and writers[j] == readers[i]
        one = j - 1 if inside else number - 1
        if one >= 0:
            if count < room:
                source[count], target[count], sort[count], on[count] = readers[i], up + one, RW, k
            count += 1
        if inside and j + 1 < number:
            if count < room:
                source[count], target[count] = readers[i], down + j + 1
                sort[count], on[count] = RW, k
            count += 1
    return count
