"""Sorting for kernels: numba's own takes a second to compile. Plain Python that numba compiles."""

from __future__ import annotations

from typing import Any

Array = Any
"""A numpy array; kernels leave the types to numba."""


def sort_by(times: Array, index: Array, count: int, spare: Array) -> None:
    """Sort ``index[:count]`` by ``times[index]``, stably: merges runs, so what is sorted is quick.

    ``spare``: as ``index``, overwritten. n log n; linear when sorted already.
    """
    while True:
        runs = begin = 0
        while begin < count:
            middle = run_end(times, index, begin, count)
            end = run_end(times, index, middle, count)
            a, b = begin, middle
            for at in range(begin, end):
                if b >= end or (a < middle and times[index[a]] <= times[index[b]]):
                    spare[at] = index[a]
                    a += 1
                else:
                    spare[at] = index[b]
                    b += 1
            runs += 1
            begin = end
        for at in range(count):
            index[at] = spare[at]
        if runs <= 1:
            return


def run_end(times: Array, index: Array, begin: int, count: int) -> int:
    """Where the ascending run that begins there ends."""
    at = begin
    while at < count:
        at += 1
        if at == count or times[index[at]] < times[index[at - 1]]:
            break
    return at


def first_above(times: Array, index: Array, count: int, time: int) -> int:
    """The first position of ``index``, sorted by ``times``, whose time is greater; or ``count``."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if times[index[middle]] > time:
            high = middle
        else:
            low = middle + 1
    return low
