"""Checks the certificate of a sequential history, sharing nothing with what found it.

Four questions, asked of all operations at once in whole columns:

* is every operation of the order one of the history, there once, and one that asserts something?
* is every completed operation that asserts something there?
* does each process's part of the order keep the order in which it ran them?
* can one copy of each object, used by one client, take every step?

The answer to all four is yes exactly when the order shows the history to be sequentially
consistent (Lamport 1979). n log n; what the steps cost is what they cost ``verifier.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from checker.consistency.order import SequentialOrder
from checker.linearizability.certificate import CertificateError
from checker.linearizability.replaying import impossible_step
from checker.models import MODELS
from checker.models.model import Model
from checker.reading import SPLITBRAIN, Reading
from histories.event import Operation
from histories.table import INFO, NEVER, Table, table_of

Int64 = npt.NDArray[np.int64]


def verify_order(
    operations: Sequence[Operation] | Table,
    model: str | Model,
    certificate: SequentialOrder | Mapping[str, Any],
    *,
    reading: Reading = SPLITBRAIN,
) -> str | None:
    """None if the certificate shows ``operations`` sequential; else a sentence why not.

    ``certificate`` may be what ``to_json`` gave, read back from a file. Never raises on a
    malformed one. Raises KeyError for a model that is not known by its name.
    """
    definition = MODELS[model] if isinstance(model, str) else model
    if not isinstance(certificate, SequentialOrder):
        try:
            certificate = SequentialOrder.from_json(certificate)
        except CertificateError as error:
            return str(error)
    for member, seen, expected in (
        ("model", certificate.model, definition.name),
        ("reading", certificate.reading, reading.name),
    ):
        if seen != expected:
            return f"the certificate's {member} is {seen!r}, not {expected!r}"
    table = table_of(operations)
    if (np.diff(table.call) <= 0).any():
        return "the history has two operations with the same call index, so no order names them"
    order = certificate.order
    if not len(table):
        return f"operation {order[0]} is not in the history" if len(order) else None
    row = np.minimum(np.searchsorted(table.call, order), len(table) - 1)
    strange = table.call[row] != order
    if strange.any():
        return f"operation {order[strange.argmax()]} is not in the history"
    times = np.bincount(row, minlength=len(table))
    if (times > 1).any():
        return f"operation {table.call[(times > 1).argmax()]} occurs twice"
    return _out_of_turn(table, row) or _impossible(table, row, definition, reading)


def _out_of_turn(table: Table, row: Int64) -> str | None:
    """Of each process none comes after one that it had not ended before."""
    own = np.argsort(table.process[row], kind="stable")
    before, after = row[own[:-1]], row[own[1:]]
    wrong = (table.process[before] == table.process[after]) & (
        table.ret[before] >= table.call[after]
    )
    if not wrong.any():
        return None
    at = int(wrong.argmax())
    return (
        f"operation {table.call[after[at]]} comes after operation {table.call[before[at]]}, which "
        f"process {table.process[after[at]]} had not ended before it began the other"
    )


def _impossible(table: Table, row: Int64, model: Model, reading: Reading) -> str | None:
    """Each object takes the steps that are its own, and what had to take place did."""
    key = table.key[row] if model.by_key else np.zeros(len(row), np.int32)
    # Each key's part of the order, one after the other: objects have nothing to do with others.
    woven = np.argsort(key, kind="stable")
    starts = np.searchsorted(key[woven], np.arange(len(table.keys) + 1))
    asserts, problem = impossible_step(table, row[woven], starts, model, reading)
    if problem is not None:
        call = table.call[row[woven[problem.place]]]
        if problem.idle:
            return f"operation {call} asserts nothing and has no place in an order"
        f = table.functions[table.f[row[woven[problem.place]]]]
        return f"operation {call} ({f}) is impossible {problem.why}"
    placed = np.zeros(len(table), np.bool_)
    placed[row] = True
    absent = asserts & (table.outcome != INFO) & (table.ret != NEVER) & ~placed
    if absent.any():
        return f"operation {table.call[absent.argmax()]} completed but is not in the order"
    return None
