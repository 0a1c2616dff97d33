"""Histories of a key-value store to which clients append, in the shape of Porcupine's KV logs."""

from __future__ import annotations

from random import Random

import numpy as np

from deciding.clients import busy
from histories.event import Operation, Outcome
from histories.table import Table, table_of

KEYS = 10
EACH = 35
"""Operations of each client, as in the logs that Porcupine's tests keep."""
EVENT_NS = 10_000


def append_history(seed: int, clients: int, *, valid: bool = True) -> Table:
    """``clients`` append to ten keys and get them, half each; ``get`` answers the whole string.

    Valid by construction: the store performs the operations in order of their points
    (``clients.busy``). Every appended piece names its client and number, so all differ.

    Invalid: one get of the last tenth lacks the last pieces of its answer, back to and
    including one whose append had returned before the get was called. Invalid by construction,
    for nothing that was appended ever goes away.
    """
    rng = Random(seed)
    schedule = busy(np.random.default_rng(seed), EACH * clients, clients)
    n = len(schedule)
    count = [0] * clients
    calls: list[tuple[str, str, str | None]] = []
    for client in schedule.process.tolist():
        key = str(rng.randrange(KEYS))
        if rng.random() < 0.5:
            calls.append(("append", key, f"x {client} {count[client]} y"))
            count[client] += 1
        else:
            calls.append(("get", key, None))
    store: dict[str, list[int]] = {}
    seen: list[tuple[int, ...]] = [()] * n
    for row in schedule.order.tolist():
        f, key, _ = calls[row]
        pieces = store.setdefault(key, [])
        if f == "append":
            pieces.append(row)
        else:
            seen[row] = tuple(pieces)
    call, ret = schedule.call.tolist(), schedule.ret.tolist()
    if not valid:
        chances = [
            (row, place)
            for row in range(n * 9 // 10, n)
            for place, piece in enumerate(seen[row])
            if ret[piece] < call[row]
        ]
        row, place = rng.choice([c for c in chances if c[1] + 3 > len(seen[c[0]])] or chances)
        seen[row] = seen[row][:place]
    return table_of(
        [
            Operation(
                call=call[row],
                ret=ret[row],
                process=int(schedule.process[row]),
                f=f,
                key=key,
                input=piece,
                output=piece if f == "append" else "".join(calls[p][2] or "" for p in seen[row]),
                outcome=Outcome.OK,
                call_ns=call[row] * EVENT_NS,
                ret_ns=ret[row] * EVENT_NS,
            )
            for row, (f, key, piece) in enumerate(calls)
        ]
    )
