"""Draws histories of list-append transactions as columns: clients of one store that is serial."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from checker.transactions.columns import READ, WRITE, Transactions
from histories.table import OK


@dataclass(frozen=True, slots=True)
class Drawn:
    """What to draw: ``steps_max`` steps a transaction at most, half of them reads; ``active``
    lists at a time, each of which gets ``appends`` appends; ``clients`` that invoke again at
    once; of a thousand transactions ``crashed`` never answer, ``stale`` read the past."""

    transactions: int
    clients: int = 10
    steps_max: int = 4
    active: int = 10
    appends: int = 32
    crashed: int = 0
    seed: int = 0


def draw(asked: Drawn) -> Transactions:
    """The columns of a history that is strictly serializable by construction."""
    n = asked.transactions
    rng = np.random.default_rng(asked.seed)
    call, ret, process, commits = _timed(
        rng.integers(0, asked.clients, 4 * n + 64), n, asked.clients
    )
    first = np.append(0, np.cumsum(rng.integers(1, asked.steps_max + 1, n)))
    m = int(first[-1])
    kind = rng.integers(READ, WRITE + 1, m).astype(np.int8)
    choice = rng.integers(0, asked.active, m)
    key, value = np.empty(m, np.int32), np.zeros(m, np.int32)
    begin, length = np.zeros(m, np.int64), np.zeros(m, np.int32)
    keys, total = _executed(
        commits, first, kind, choice, asked.active, asked.appends, key, value, begin, length
    )
    elements = np.empty(total, np.int32)
    _filled(begin, length, elements)
    outcome = np.full(n, OK, np.int8)
    return Transactions(
        True,
        call,
        ret,
        process,
        outcome,
        first,
        kind,
        key,
        value,
        begin,
        length,
        elements,
        list(range(keys)),
        list(range(asked.appends + 1)),
        [None] * keys,
    )


@njit(cache=True)
def _timed(turns, n, clients):
    """Clients take turns: each invokes, commits, and is answered."""
    call, ret = np.empty(n, np.int64), np.empty(n, np.int64)
    process, commits = np.empty(n, np.int64), np.empty(n, np.int64)
    state, own = np.zeros(clients, np.int64), np.zeros(clients, np.int64)
    event, asked, done, turn = 0, 0, 0, 0
    answered = 0
    while answered < n:
        client = turns[turn % len(turns)] if turn < len(turns) else turn % clients
        turn += 1
        if state[client] == 0:
            if asked == n:
                continue
            own[client] = asked
            call[asked], process[asked] = event, client
            asked += 1
            event += 1
        elif state[client] == 1:
            commits[done] = own[client]
            done += 1
        else:
            ret[own[client]] = event
            event += 1
            answered += 1
        state[client] = (state[client] + 1) % 3
    return call, ret, process, commits


@njit(cache=True)
def _executed(commits, first, kind, choice, active, appends, key, value, begin, length):
    """One after the other; ``begin`` gets where the elements of each read will stand."""
    current, held = np.arange(active), np.zeros(active, np.int64)
    keys = active
    for t in commits:
        for s in range(first[t], first[t + 1]):
            slot = choice[s]
            if kind[s] == 1 and held[slot] == appends:
                current[slot] = keys
                held[slot] = 0
                keys += 1
            key[s] = current[slot]
            if kind[s] == 1:
                held[slot] += 1
                value[s] = held[slot]
            else:
                length[s] = held[slot]
    total = 0
    for s in range(len(key)):
        begin[s] = total
        total += length[s]
    return keys, total


@njit(cache=True)
def _filled(begin, length, elements):
    for s in range(len(begin)):
        for i in range(length[s]):
            elements[begin[s] + i] = i + 1


def plant(columns: Transactions, many: int, seed: int) -> None:
    """Make so many reads lack the last elements of their list, in place.

    Chosen are reads of lists that somebody had been told longer before they were asked for, so
    no order in real time explains them.
    """
    if many:
        starts = np.random.default_rng(seed + 1).permutation(len(columns.kind))
        owner = np.repeat(np.arange(len(columns)), np.diff(columns.first))
        _planted(
            starts,
            many,
            columns.kind,
            columns.key,
            columns.length,
            owner,
            columns.call,
            columns.ret,
            columns.first,
        )


@njit(cache=True)
def _planted(starts, many, kind, key, length, owner, call, ret, first):
    """``length`` of a read is cut to two less than another transaction was told before."""
    done = 0
    for s in starts:
        if kind[s] != 0 or length[s] < 4:
            continue
        t = owner[s]
        alone = True
        for other in range(first[t], first[t + 1]):
            if other != s and key[other] == key[s]:
                alone = False
        if not alone:
            continue
        # Somebody before it, at most so many transactions ago.
        for u in range(t - 1, max(t - 2_000, -1), -1):
            if ret[u] > call[t]:
                continue
            found = False
            for other in range(first[u], first[u + 1]):
                if kind[other] == 0 and key[other] == key[s] and length[other] >= 3:
                    length[s] = length[other] - 2
                    found = True
                    break
            if found:
                done += 1
                break
        if done == many:
            return
