"""Inference from transactions over registers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from checker.transactions.columns import Transactions
from checker.transactions.inferred import Edges, Inferred, owners
from checker.transactions.overwriting import with_overwriters
from checker.wording import plural, show


def infer_registers(columns: Transactions, kernels: Any) -> Inferred:
    """Who read from whom, and the little that is certain of the order of versions. Linear."""
    n, m, keys = len(columns), len(columns.kind), len(columns.keys)
    c = columns
    owner = owners(columns)
    happened = columns.happened_surely()
    numbers = np.full((2, keys), -1, np.int32)
    external, final, flags = np.zeros(m, np.int8), np.zeros(m, np.int8), np.zeros(m, np.int8)
    kernels.own_registers(
        c.first, c.kind, c.key, c.value, c.outcome, numbers[0], numbers[1], external, final, flags
    )
    bounds, steps = np.zeros(keys + 2, np.int64), np.empty(m, np.int32)
    kernels.bucket(c.kind, c.key, owner, c.outcome, bounds, steps)
    scratch = np.full((2, max(len(columns.values), 1)), -1, np.int32)
    writer, ambiguous = np.full(m, -1, np.int32), np.zeros(keys, np.int8)
    kernels.sources(
        bounds, steps, c.kind, c.value, owner, c.outcome, happened, scratch[0], scratch[1],
        writer, ambiguous, external, final, flags,
    )  # fmt: skip
    lost = np.full((keys, 2), -1, np.int32)
    crowd = np.empty((2, m), np.int32)
    room = 3 * m + 64
    while True:
        source, target = np.empty(room, np.int32), np.empty(room, np.int32)
        sort, on = np.empty(room, np.int8), np.empty(room, np.int32)
        nodes = np.array([n], np.int64)
        chains = np.full((2, m), -1, np.int32)
        count = int(
            kernels.observe(
                bounds, steps, c.kind, owner, happened, ambiguous, external, writer, lost,
                crowd[0], crowd[1], chains[0], chains[1], source, target, sort, on, nodes,
            )
        )  # fmt: skip
        if count <= room:
            break
        room = count
    edges = Edges(source[:count], target[:count], sort[:count], on[:count], int(nodes[0]))
    inferred = Inferred(
        columns,
        edges,
        happened,
        owner,
        flags,
        np.full(m, -1, np.int32),
        np.zeros(keys + 1, np.int64),
        np.zeros(0, np.int32),
        np.full(keys, -1, np.int32),
        np.full(keys, -1, np.int32),
        lost,
        np.zeros(0, np.int64),
        np.zeros((0, 2), np.int64),
        _left_out(columns, ambiguous),
        writer,
        external,
    )
    return replace(inferred, edges=with_overwriters(inferred))


def _left_out(columns: Transactions, ambiguous: Any) -> tuple[str, ...]:
    several = np.flatnonzero(ambiguous)
    if not len(several):
        return ()
    name = show(columns.keys[int(several[0])])
    more = f", and to {plural(len(several) - 1, 'other key')}" if len(several) > 1 else ""
    return (f"a value was written twice to {name}{more}: who wrote what was read cannot be told",)
