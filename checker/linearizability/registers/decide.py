"""Decides registers, key by key, under one budget."""

from __future__ import annotations

import numpy as np

from checker.linearizability import engine, kernels
from checker.linearizability.decision import Budget, Decision, Status
from checker.linearizability.part import compile_part
from checker.models import Model
from checker.reading import Reading
from histories.table import Table

CHUNK = 20_000
PLAIN_FUEL = 4_000
PLAIN_OPERATIONS_MAX = 5_000


def decide(table: Table, model: Model, reading: Reading, budget: Budget) -> Decision:
    """What is known of each key of ``table`` within ``budget``."""
    plain = len(table) <= PLAIN_OPERATIONS_MAX and not engine.compiled_kernels_loaded()
    functions = kernels if plain else engine.compiled_kernels()
    groups = table.rows_by_key()
    keys = len(groups)
    status = np.full(keys, Status.LINEARIZED, np.int8)
    stuck = np.full(keys, -1, np.int64)
    verified, expanded = np.zeros(keys, np.int64), np.zeros(keys, np.int64)
    orders: list[list[int]] = [[] for _ in groups]
    refuted = False
    for key, rows in enumerate(groups):
        if refuted:
            status[key] = Status.SKIPPED
            continue
        operations = [table.operation(row) for row in rows.tolist()]
        row_of = {id(o): row for o, row in zip(operations, rows.tolist(), strict=True)}
        search = engine.Search.over(compile_part(operations, model, reading))
        code = Status.LINEARIZED
        while search.status is engine.Status.OPEN:
            if budget.late():
                code = Status.TIME
                break
            if budget.configurations is not None and search.expanded >= budget.configurations:
                code = Status.CONFIGURATIONS
                break
            fuel = PLAIN_FUEL if functions is kernels else CHUNK
            if budget.configurations is not None:
                fuel = min(fuel, budget.configurations - search.expanded)
            search.run(functions, fuel, budget.memory_bytes)
            if functions is kernels and search.expanded >= PLAIN_FUEL:
                functions = engine.compiled_kernels()
        if search.status is engine.Status.REFUTED:
            code, refuted = Status.REFUTED, True
        elif search.status is engine.Status.FULL:
            code = Status.MEMORY
        elif search.status is engine.Status.LINEARIZED:
            orders[key] = [row_of[id(o)] for o in search.order()]
        status[key] = code
        if search.stuck is not None:
            stuck[key] = row_of[id(search.stuck)]
        verified[key], expanded[key] = search.deepest, search.expanded
    starts = np.cumsum([0, *(len(order) for order in orders)]).astype(np.int64)
    order = np.array([row for order in orders for row in order], np.int64)
    return Decision(status, order, starts, stuck, verified, expanded, ("search depth-first",))
