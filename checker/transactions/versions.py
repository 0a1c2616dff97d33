"""Orders of versions: chosen where nothing tells them, and tried all where they are few.

A level holds if under some order of versions no cycle is there that it rules out (Adya, Weak
Consistency, 1999, § 3.1: the version order is the history's own; clients do not see it, so whoever
judges may choose it). So what is found under one order is proof for it, and one under every order
is proof against.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product
from math import factorial, prod
from typing import Any

import numpy as np

from checker.transactions.columns import READ, WRITE
from checker.transactions.edges import RW, WW
from checker.transactions.inferred import Inferred
from checker.transactions.placing import place_of
from histories.table import OK, Int64

ORDERS_MAX = 400
"""So many orders of all keys' versions are tried one by one: each is a look at a small graph."""


def likely(inferred: Inferred, kernels: Any, commits: Sequence[Int64] = ()) -> Iterator[Int64]:
    """Some orders of versions that may do, the likeliest first: steps that write, by key, and of a
    key from its first version to its last. Linear each, but for sorting.

    As ``commits`` came, orders that were found already; as whoever depends on another comes later;
    as transactions ended; and as they began. Of lists what was read is in its place, and only what
    nobody read is put behind it so.
    """
    c = inferred.transactions
    steps = last_writes(inferred)
    ended = np.where(c.outcome == OK, c.ret, c.call)
    for place in commits:
        yield _sorted(inferred, steps, place[inferred.owner[steps]])
    for place in (place_of(inferred, kernels), ended, c.call):
        yield _sorted(inferred, steps, place[inferred.owner[steps]])


def every(inferred: Inferred) -> Iterator[Int64] | None:
    """All orders of versions there are; None where there are too many to try."""
    c, owner = inferred.transactions, inferred.owner
    steps = last_writes(inferred)
    free = steps[inferred.place[steps] < 0]
    code = np.unique(c.key[free].astype(np.int64) * max(len(c), 1) + owner[free])
    # Far too many are told by their number alone.
    if len(code) - len(np.unique(code // max(len(c), 1))) > ORDERS_MAX.bit_length():
        return None
    keys, rows = code // max(len(c), 1), code % max(len(c), 1)
    by_key = [rows[keys == key].tolist() for key in np.unique(keys)]
    if prod(factorial(len(some)) for some in by_key) > ORDERS_MAX:
        return None
    return (
        _sorted(inferred, steps, _ranks(inferred, steps, orders))
        for orders in product(*(permutations(some) for some in by_key))
    )


def last_writes(inferred: Inferred) -> Int64:
    """What each transaction that happened left of each key: of a register its last write alone."""
    c, owner = inferred.transactions, inferred.owner
    written = np.flatnonzero((c.kind == WRITE) & (inferred.happened[owner] == 1))
    if c.lists:
        return written
    pair = owner[written].astype(np.int64) * len(c.keys) + c.key[written]
    _, last = np.unique(pair[::-1], return_index=True)
    return np.sort(written[len(written) - 1 - last])


def _ranks(inferred: Inferred, steps: Int64, orders: Sequence[Sequence[int]]) -> Int64:
    """The rank of each step, by an order of transactions for each key that has any choice."""
    c, owner = inferred.transactions, inferred.owner
    free = inferred.place[steps] < 0
    ranks = np.zeros(len(steps), np.int64)
    for key, order in zip(np.unique(c.key[steps[free]]), orders, strict=True):
        rank = {row: number for number, row in enumerate(order)}
        for at in np.flatnonzero(free & (c.key[steps] == key)):
            ranks[at] = rank[int(owner[steps[at]])]
    return ranks


def _sorted(inferred: Inferred, steps: Int64, rank: Int64) -> Int64:
    """The steps by key: those whose place is known, and behind them the others by rank."""
    place = inferred.place[steps].astype(np.int64)
    unread = place < 0
    order = np.lexsort(
        (steps, np.where(unread, rank, place), unread, inferred.transactions.key[steps])
    )
    return np.asarray(steps[order], np.int64)


def versioned(inferred: Inferred, versions: Int64) -> Inferred:
    """The same with the dependencies that follow from an order of versions (as of ``likely``).

    Each version overwrites the one before it; and it was not seen by whoever read that, which of
    lists was known before.
    """
    c, owner = inferred.transactions, inferred.owner
    key = c.key[versions]
    same = key[:-1] == key[1:]
    if c.lists:
        same &= (inferred.place[versions[:-1]] < 0) & (owner[versions[:-1]] != owner[versions[1:]])
    one, other = versions[:-1][same], versions[1:][same]
    edges = inferred.edges.joined(owner[one], owner[other], WW, key[:-1][same].astype(np.int32))
    if not c.lists:
        reader, over, on = _unseen(inferred, versions)
        edges = edges.joined(reader, over, RW, on)
    return replace(inferred, edges=edges, unordered=inferred.unordered[:0])


def _unseen(inferred: Inferred, versions: Int64) -> tuple[Any, Any, Any]:
    """Who read a version of a register, who wrote the next one, and the key."""
    c, owner = inferred.transactions, inferred.owner
    assert inferred.writer is not None and inferred.external is not None
    key = c.key[versions]
    read = np.flatnonzero((c.kind == READ) & (inferred.external == 1))
    writer = inferred.writer[read]
    first = np.searchsorted(key, c.key[read])
    # Who wrote once more after what was read made one version of the two.
    keys = max(len(c.keys), 1)
    code = owner[versions].astype(np.int64) * keys + key
    by_code = np.argsort(code)
    sought = owner[writer].astype(np.int64) * keys + c.key[read]
    found = np.minimum(np.searchsorted(code[by_code], sought), max(len(code) - 1, 0))
    at = np.where(writer < 0, first, by_code[found] + 1) if len(code) else first
    known = at < len(versions)
    known[known] = key[at[known]] == c.key[read[known]]
    reader, over = owner[read[known]], owner[versions[at[known]]]
    other = reader != over
    return reader[other], over[other], c.key[read[known]][other].astype(np.int32)
