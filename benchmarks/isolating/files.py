"""Columns of transactions as a file that peers read: Jepsen's EDN."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from checker.transactions.columns import READ, Transactions


def write_edn(columns: Transactions, path: Path) -> None:
    """An invocation and a completion each, in order. Some 10 µs an event."""
    events = np.concatenate((columns.call, columns.ret))
    rows = np.concatenate((np.arange(len(columns)), np.arange(len(columns))))
    order = np.argsort(events, kind="stable")
    with path.open("w", encoding="utf-8") as file:
        for index, at in enumerate(order.tolist()):
            row, done = int(rows[at]), at >= len(columns)
            steps = " ".join(_step(columns, step, done) for step in columns.steps(row))
            file.write(
                f"{{:index {index}, :time {index}, :type :{'ok' if done else 'invoke'}, "
                f":process {columns.process[row]}, :f :txn, :value [{steps}]}}\n"
            )


def _step(columns: Transactions, step: int, done: bool) -> str:
    key = columns.keys[int(columns.key[step])]
    if columns.kind[step] != READ:
        return f"[:append {key} {columns.value[step]}]"
    if not done:
        return f"[:r {key} nil]"
    return f"[:r {key} [{' '.join(map(str, columns.seen(step)))}]]"
