"""The model and the reading of a history that names none, where its operations settle them."""

from __future__ import annotations

from typing import Any

import numpy as np

from histories.table import NO_VALUE, OK, Table
from histories.values import INTEGER, TEXT

PORCUPINE_KV = "porcupine-kv"
_KEY_VALUE = frozenset(("get", "put", "append"))
_MODELS = (
    (frozenset(("read", "write", "cas")), "cas-register"),
    (frozenset(("acquire", "release")), "mutex"),
)
LISTED_MAX = 8
LOOKED_AT_MAX = 1_000
"""Transactions of which the first that writes settles what they are of."""


def settle(header: dict[str, Any], reading: str, table: Table, name: str) -> tuple[str, list[str]]:
    """Complete ``header`` of a history in EDN; gives the reading, and notes on what was guessed.

    get, put and append on keys, all texts, are Porcupine's key-value logs, where an append's
    value is joined to the text of its key. Otherwise only functions that one model alone
    has settle it: enqueue and dequeue do not, for queues differ in order.
    """
    if header.get("format") != "edn":
        return reading, []
    functions = frozenset(table.functions)
    if functions and functions <= _KEY_VALUE and _texts_by_key(table):
        header |= {"format": PORCUPINE_KV, "model": "append"}
        return "porcupine", []
    model = next((model for known, model in _MODELS if functions and functions <= known), None)
    if functions == {"add", "read"}:
        model = _added(table)
    elif functions == {"txn"}:
        model = _transacted(table)
    listed = ", ".join(sorted(functions)[:LISTED_MAX])
    if len(functions) > LISTED_MAX:
        listed += ", …"
    if model is not None:
        header["model"] = model
        return reading, [f"{name}: names no model; taken for {model} by its functions ({listed})"]
    if not functions:
        return reading, [f"{name}: names no model, and holds no operation that could settle one"]
    unsettled = f"its functions ({listed}) fit several or none; it must be named"
    return reading, [f"{name}: names no model, and {unsettled}"]


def _texts_by_key(table: Table) -> bool:
    if (table.key == 0).any() or (table.input2 != NO_VALUE).any():
        return False
    return bool(np.isin(table.values.kinds[np.unique(table.input)], (0, TEXT)).all())


def _added(table: Table) -> str | None:
    """What is added to: a counter when every answered read is a number, a set when none is."""
    read = table.functions.index("read")
    rows = (table.f == read) & (table.outcome == OK)
    single = table.output2[rows] == NO_VALUE
    numbers = single & (table.values.kinds[table.output[rows]] == INTEGER)
    if numbers.any():
        return "counter" if numbers.all() else None
    return "set" if rows.any() else None


def _transacted(table: Table) -> str | None:
    """What transactions are of: lists where they append, registers where they write; and where
    they only read, by what they read."""
    read = None
    for row in range(min(len(table), LOOKED_AT_MAX)):
        for first, second in (
            (table.input[row], table.input2[row]),
            (table.output[row], table.output2[row]),
        ):
            whole = table.values[int(first)]
            steps = whole if second == NO_VALUE else [whole, table.values[int(second)]]
            for step in steps if isinstance(steps, list) else ():
                if not isinstance(step, list) or not step:
                    return None
                if step[0] in ("append", "w", "write"):
                    return "list-append" if step[0] == "append" else "rw-register"
                if len(step) == 3 and step[2] is not None:
                    read = "list-append" if isinstance(step[2], list) else "rw-register"
    return read
