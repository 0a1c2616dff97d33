"""Inference from transactions over lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.transactions.columns import WRITE, Transactions
from checker.transactions.inferred import Edges, Inferred, owners
from checker.wording import plural, show
from histories.table import FAIL


def infer_lists(columns: Transactions, kernels: Any) -> Inferred:
    """Trace the order of every list, and the edges that it gives. Near linear.

    Memory: some 60 bytes a step and 17 an edge, of which there are hardly more than steps.
    """
    n, m, keys = len(columns), len(columns.kind), len(columns.keys)
    c = columns
    owner = owners(columns)
    happened = columns.happened_surely()
    numbers = np.full((4, keys), -1, np.int32)
    before, external = np.full(m, -1, np.int32), np.full(m, -1, np.int32)
    final, flags = np.zeros(m, np.int8), np.zeros(m, np.int8)
    kernels.own_lists(
        c.first, c.kind, c.key, c.value, c.begin, c.length, c.elements, c.outcome,
        numbers[0], numbers[1], numbers[2], before, external, final, flags,
    )  # fmt: skip
    bounds, steps = np.zeros(keys + 2, np.int64), np.empty(m, np.int32)
    kernels.bucket(c.kind, c.key, owner, c.outcome, bounds, steps)
    scratch = np.full((3, max(len(columns.values), 1)), -1, np.int32)
    spine, ambiguous = np.full(keys, -1, np.int32), np.zeros(keys, np.int8)
    total = kernels.spines(
        bounds, steps, c.kind, c.value, c.begin, c.length, c.elements, owner, c.outcome,
        happened, scratch[0], scratch[1], scratch[2], spine, ambiguous, external, flags,
    )  # fmt: skip
    scratch[:2] = -1
    at, by = np.zeros(keys + 1, np.int64), np.full(total, -1, np.int32)
    place = np.full(m, -1, np.int32)
    kernels.places(
        bounds, steps, c.kind, c.value, c.begin, c.length, c.elements, owner, c.outcome,
        happened, scratch[0], scratch[1], spine, at, by, place,
    )  # fmt: skip
    del scratch
    dirty, lost = np.full(keys, -1, np.int32), np.full((keys, 2), -1, np.int32)
    longest = int(np.max(np.diff(at), initial=0))
    slots = np.empty(longest + 1, np.int32)
    crowd = np.empty((2, m), np.int32)
    room = 2 * m + 64
    while True:
        source, target = np.empty(room, np.int32), np.empty(room, np.int32)
        sort, on = np.empty(room, np.int8), np.empty(room, np.int32)
        nodes = np.array([n], np.int64)
        count = int(
            kernels.trace(
                bounds, steps, c.kind, owner, c.outcome, happened, final, spine, at, by, place,
                external, flags, dirty, lost, slots, crowd[0], crowd[1], source, target, sort,
                on, nodes,
            )
        )  # fmt: skip
        if count <= room:
            break
        room = count
    edges = Edges(source[:count], target[:count], sort[:count], on[:count], int(nodes[0]))
    return Inferred(
        columns,
        edges,
        happened,
        owner,
        flags,
        place,
        at,
        by,
        spine,
        dirty,
        lost,
        _torn(columns, owner, place, before),
        _unordered(columns, owner, happened, place),
        _left_out(columns, ambiguous),
    )


def _torn(columns: Transactions, owner: Any, place: Any, before: Any) -> Any:
    """Appends that are in a list without those that their transaction made to it before."""
    steps = np.flatnonzero((place >= 0) & (before >= 0))
    steps = steps[columns.outcome[owner[steps]] != FAIL]
    earlier = place[before[steps]]
    return steps[(earlier < 0) | (earlier > place[steps])]


def _unordered(columns: Transactions, owner: Any, happened: Any, place: Any) -> Any:
    """Transactions whose appends nobody read, by key, where a key has several of them."""
    steps = np.flatnonzero((columns.kind == WRITE) & (place < 0))
    steps = steps[happened[owner[steps]] == 1]
    pairs = np.unique(
        np.stack((columns.key[steps].astype(np.int64), owner[steps].astype(np.int64)), 1), axis=0
    )
    if not len(pairs):
        return pairs.reshape(0, 2)
    counts = np.bincount(pairs[:, 0])
    return pairs[counts[pairs[:, 0]] > 1]


def _left_out(columns: Transactions, ambiguous: Any) -> tuple[str, ...]:
    several = np.flatnonzero(ambiguous)
    if not len(several):
        return ()
    name = show(columns.keys[int(several[0])])
    more = f", and of {plural(len(several) - 1, 'other key')}" if len(several) > 1 else ""
    return (
        f"a value was appended twice to {name}{more}: who appended what was read cannot be told",
    )
