"""Histories as files: journals, logs in the shapes of other tools, and columns for ourselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from histories.table import FAIL, NEVER, NO_VALUE, Table
from histories.values import Values

COLUMNS = (
    *("call", "ret", "process", "key", "f", "outcome", "input", "input2", "output", "output2"),
    *("error", "node", "call_ns", "ret_ns"),
)


def save_columns(table: Table, path: Path) -> None:
    """Write a table so that ``load_columns`` gives it back without any parsing."""
    arrays = {name: getattr(table, name) for name in COLUMNS}
    for name in ("keys", "values"):
        values: Values = getattr(table, name)
        for part in ("kinds", "numbers", "offsets", "blob"):
            arrays[f"{name}.{part}"] = getattr(values, part)
    texts = {name: getattr(table, name) for name in ("functions", "errors", "nodes")}
    arrays["texts"] = np.frombuffer(json.dumps(texts).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, **arrays)


def load_columns(path: Path) -> Table:
    """Read what ``save_columns`` wrote."""
    with np.load(path) as arrays:
        stores = {
            name: Values(
                *(arrays[f"{name}.{part}"] for part in ("kinds", "numbers", "offsets", "blob"))
            )
            for name in ("keys", "values")
        }
        columns = {name: arrays[name] for name in COLUMNS}
        texts = json.loads(arrays["texts"].tobytes())
    return Table(**columns, **stores, **texts)


def write_journal(table: Table, model: str, path: Path) -> None:
    """Write our journal in its simplest shape: only the members that contracts require.

    A crashed operation has no completion. About 4 µs an operation.
    """
    values = [json.dumps(value) for value in table.values]
    keys = [json.dumps(value) for value in table.keys]
    functions = [json.dumps(name) for name in table.functions]
    errors = ["" if e is None else f', "error": {json.dumps(e)}' for e in table.errors]
    with path.open("w", encoding="ascii") as file:
        header = {"format": "splitbrain-history", "version": 1, "model": model}
        file.write(json.dumps(header) + "\n")
        for index, row, returns in _events(table):
            first, second = (
                (table.output[row], table.output2[row])
                if returns
                else (table.input[row], table.input2[row])
            )
            value = values[first]
            if second != NO_VALUE:
                value = f"[{value}, {values[second]}]"
            kind, error = "invoke", ""
            if returns:
                kind = "fail" if table.outcome[row] == FAIL else "ok"
                error = errors[table.error[row]]
            time = table.ret_ns[row] if returns else table.call_ns[row]
            file.write(
                f'{{"index": {index}, "time": {time}, "process": {table.process[row]}, '
                f'"type": "{kind}", "f": {functions[table.f[row]]}, '
                f'"key": {keys[table.key[row]]}, "value": {value}{error}}}\n'
            )


def write_kv_log(table: Table, path: Path) -> None:
    """Write appends and gets as Porcupine's tests keep them: one map of Clojure's a line."""
    with path.open("w", encoding="ascii") as file:
        for _, row, returns in _events(table):
            f = table.functions[table.f[row]]
            value = table.values[int(table.output[row] if returns else table.input[row])]
            text = "nil" if value is None else f'"{value}"'
            file.write(
                f"{{:process {table.process[row]}, :type {':ok' if returns else ':invoke'}, "
                f':f :{f}, :key "{table.keys[int(table.key[row])]}", :value {text}}}\n'
            )


def write_jepsen_log(table: Table, path: Path) -> None:
    """Write reads, writes and compare-and-sets as Jepsen's operation logger prints them."""
    with path.open("w", encoding="ascii") as file:
        for _, row, returns in _events(table):
            first, second = (
                (table.output[row], table.output2[row])
                if returns
                else (table.input[row], table.input2[row])
            )
            value = table.values[int(first)]
            text = "nil" if value is None else str(value)
            if second != NO_VALUE:
                text = f"[{text} {table.values[int(second)]}]"
            kind = "invoke"
            if returns:
                kind = "fail" if table.outcome[row] == FAIL else "ok"
            f = table.functions[table.f[row]]
            file.write(f"INFO  jepsen.util - {table.process[row]}\t:{kind}\t:{f}\t{text}\n")


def _events(table: Table) -> Iterator[tuple[int, int, bool]]:
    """(index, row, whether it is the return) of every call and return, in order of index."""
    closed = np.flatnonzero(table.ret != NEVER)
    index = np.concatenate((table.call, table.ret[closed]))
    rows = np.concatenate((np.arange(len(table)), closed))
    order = np.argsort(index, kind="stable")
    returns = order >= len(table)
    yield from zip(index[order].tolist(), rows[order].tolist(), returns.tolist(), strict=True)
