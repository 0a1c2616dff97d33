"""Histories of a key-value store to which clients append, in the shape of Porcupine's KV logs."""

from __future__ import annotations

from random import Random

import numpy as np

from deciding.clients import busy
from histories.event import Operation, Outcome
from histories.table import Table, table_of

KEYS = 10
EACH = 35
"""Operations of each client, about as in the logs that Porcupine's tests keep."""
KINDS, SHARES = ("append", "get", "put"), (0.5, 0.44, 0.06)
"""What clients do, and how often, likewise."""
EVENT_NS = 10_000


def append_history(seed: int, clients: int, *, valid: bool = True) -> Table:
    """``clients`` append to ten keys over a lossy network, get them, and now and then put.

    ``get`` answers the whole string, ``put`` replaces it. Valid by construction: the store
    performs the operations in order of their points (``clients.busy``). Every piece names its
    client and number, so all differ.

    Invalid: one get of the last tenth lacks the end of its answer, back to and including a
    piece whose append had returned before the get was called. Invalid by construction: only a
    put takes a piece away, the last put before the get is what its answer begins with, and
    that one either is none (the answer begins with an append) or had returned before the
    lacking piece's append was called.
    """
    rng = Random(seed)
    schedule = busy(np.random.default_rng(seed), EACH * clients, clients, lossy=True)
    n = len(schedule)
    count = [0] * clients
    calls: list[tuple[str, str, str | None]] = []
    for client in schedule.process.tolist():
        key = str(rng.randrange(KEYS))
        (f,) = rng.choices(KINDS, SHARES)
        calls.append((f, key, None if f == "get" else f"x {client} {count[client]} y"))
        count[client] += f != "get"
    store: dict[str, list[int]] = {}
    seen: list[tuple[int, ...]] = [()] * n
    for row in schedule.order.tolist():
        f, key, _ = calls[row]
        pieces = store.setdefault(key, [])
        if f == "put":
            pieces[:] = [row]
        elif f == "append":
            pieces.append(row)
        else:
            seen[row] = tuple(pieces)
    call, ret = schedule.call.tolist(), schedule.ret.tolist()
    if not valid:
        chances = [
            (row, place)
            for row in range(n * 9 // 10, n)
            for place, piece in enumerate(seen[row])
            if place
            and ret[piece] < call[row]
            and (calls[seen[row][0]][0] == "append" or ret[seen[row][0]] < call[piece])
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
                output="".join(calls[p][2] or "" for p in seen[row]) if f == "get" else piece,
                outcome=Outcome.OK,
                call_ns=call[row] * EVENT_NS,
                ret_ns=ret[row] * EVENT_NS,
            )
            for row, (f, key, piece) in enumerate(calls)
        ]
    )
