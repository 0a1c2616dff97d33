"""Kernels that run transactions one after the other, and look whether all answers come out."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from checker.transactions.columns import READ, WRITE
from histories.table import FAIL, OK

Array: TypeAlias = npt.NDArray[Any]


def replay_lists(
    order: Array, first: Array, kind: Array, key: Array, value: Array, begin: Array,
    length: Array, elements: Array, outcome: Array, room: Array, held: Array, state: Array,
    done: Array,
) -> int:  # fmt: skip
    """Run transactions in ``order`` over empty lists; -1, or the row that cannot be as it is.

    ``room``: int64[keys + 1], where the list of each key is kept in ``state``, int32 and large
    enough; ``held``: int32[keys], zero throughout; ``done``: int8[n], zero throughout. Every
    acknowledged transaction has to be there, once, and none that failed. ``len(order)`` stands
    for one that is missing. Linear in steps and elements.
    """
    for t in order:
        if done[t] == 1 or outcome[t] == FAIL:
            return int(t)
        done[t] = 1
        for s in range(first[t], first[t + 1]):
            k = key[s]
            if kind[s] == WRITE:
                state[room[k] + held[k]] = value[s]
                held[k] += 1
            elif kind[s] == READ:
                if length[s] != held[k]:
                    return int(t)
                low, at = begin[s], room[k]
                for i in range(length[s]):
                    if elements[low + i] != state[at + i]:
                        return int(t)
    for t in range(len(outcome)):
        if outcome[t] == OK and done[t] == 0:
            return int(t)
    return -1


def replay_registers(
    order: Array, first: Array, kind: Array, key: Array, value: Array, outcome: Array,
    state: Array, done: Array,
) -> int:  # fmt: skip
    """The same over registers. ``state``: int32[keys], zero throughout, which is nil."""
    for t in order:
        if done[t] == 1 or outcome[t] == FAIL:
            return int(t)
        done[t] = 1
        for s in range(first[t], first[t + 1]):
            if kind[s] == WRITE:
                state[key[s]] = value[s]
            elif kind[s] == READ and state[key[s]] != value[s]:
                return int(t)
    for t in range(len(outcome)):
        if outcome[t] == OK and done[t] == 0:
            return int(t)
    return -1


def out_of_time(order: Array, call: Array, ret: Array) -> int:
    """The first row in ``order`` that was over before one ahead of it was asked for; -1: none."""
    latest = -1
    for t in order:
        if ret[t] < latest:
            return int(t)
        latest = max(latest, call[t])
    return -1
