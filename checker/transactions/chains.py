"""Chains of transactions, in each of which one comes before the next, and what else is told."""

from __future__ import annotations

import heapq
from collections.abc import Set
from typing import Any

import numpy as np

from checker.transactions.columns import Transactions
from checker.transactions.edges import PROCESS, REALTIME
from histories.table import OK

Pairs = list[tuple[int, int]]


def chained(
    columns: Transactions, rows: Any, within: int, read_from: Pairs, loose: Set[int] | None
) -> tuple[list[int], Pairs, Pairs]:
    """The chain of each of ``rows`` (ascending); pairs that come one before the other; and pairs
    of which that is a guess.

    All are by index among ``rows``. ``within``: the pairs imply the order of sessions (PROCESS)
    or of real time (REALTIME), or say nothing (0). ``read_from``: (writer, reader), by which chains
    are made where nothing else makes them. ``loose``: it is guessed that all rows but these come in
    real time; None: nothing is guessed.
    """
    if within == REALTIME:
        chain, pairs = _in_time(columns, rows)
        return chain, pairs, []
    if loose is not None:
        firm = np.array([one for one, row in enumerate(rows.tolist()) if row not in loose], int)
        some, guessed = _in_time(columns, rows[firm])
        chain = [-1] * len(rows)
        for one, number in zip(firm.tolist(), some, strict=True):
            chain[one] = number
        count = len(set(some))
        for one, number in enumerate(chain):
            if number < 0:
                chain[one], count = count, count + 1
        ahead = _of_sessions(columns, rows)[1] if within == PROCESS else []
        return chain, ahead, [(int(firm[one]), int(firm[other])) for one, other in guessed]
    if within == PROCESS:
        chain, pairs = _of_sessions(columns, rows)
        return chain, pairs, []
    chain = [-1] * len(rows)
    writers: dict[int, list[int]] = {}
    for writer, reader in read_from:
        writers.setdefault(reader, []).append(writer)
    last: dict[int, int] = {}
    count = 0
    for one in range(len(rows)):
        for writer in writers.get(one, ()):
            if last.get(chain[writer]) == writer:
                chain[one] = chain[writer]
                break
        else:
            chain[one] = count
            count += 1
        last[chain[one]] = one
    return chain, [], []


def _of_sessions(columns: Transactions, rows: Any) -> tuple[list[int], Pairs]:
    chain: list[int] = []
    pairs: Pairs = []
    open_: dict[int, tuple[int, int]] = {}
    count = 0
    for one, row in enumerate(rows.tolist()):
        process = int(columns.process[row])
        if process in open_:
            number, before = open_[process]
            pairs.append((before, one))
        else:
            number, count = count, count + 1
        chain.append(number)
        # What comes after a transaction of unknown outcome does not wait for it.
        open_.pop(process, None)
        if columns.outcome[row] == OK:
            open_[process] = (number, one)
    return chain, pairs


def _in_time(columns: Transactions, rows: Any) -> tuple[list[int], Pairs]:
    """As many chains as there were transactions open at once, and the pairs that no others imply.

    One comes right before another if nobody was asked for and answered between the two.
    """
    chain: list[int] = []
    pairs: Pairs = []
    free: list[tuple[int, int]] = []
    answers: list[tuple[int, int]] = []
    recent: list[tuple[int, int]] = []
    newest = -1
    count = 0
    for one, row in enumerate(rows.tolist()):
        call, ret = int(columns.call[row]), int(columns.ret[row])
        while answers and answers[0][0] < call:
            answer, other = heapq.heappop(answers)
            recent.append((answer, other))
            newest = max(newest, int(columns.call[rows[other]]))
            heapq.heappush(free, (answer, chain[other]))
        recent = [(answer, other) for answer, other in recent if answer > newest]
        pairs += [(other, one) for _, other in recent]
        if free:
            number = heapq.heappop(free)[1]
        else:
            number, count = count, count + 1
        chain.append(number)
        if columns.outcome[row] == OK:
            heapq.heappush(answers, (ret, one))
    return chain, pairs


def numbered(chain: list[int]) -> tuple[Any, Any, int]:
    """``chain`` as an array, the place of each in its own from 1 on, and how many chains."""
    numbers = np.array(chain, np.int32)
    place = np.empty(len(chain), np.int32)
    count: dict[int, int] = {}
    for one, number in enumerate(chain):
        count[number] = place[one] = count.get(number, 0) + 1
    return numbers, place, max(len(count), 1)
