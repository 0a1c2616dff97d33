"""Rows of a table by key, without sorting. Plain Python that numba compiles."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
"""A numpy array; kernels leave the types to numba."""


def grouped(key: Array, keys: int) -> tuple[Array, Array]:
    """Where the rows of each of K keys begin (int64[K+1]) in all rows (int64[n]), each in order."""
    firsts = np.empty(keys + 1, np.int64)
    rows = np.empty(len(key), np.int64)
    group(key, firsts, rows)
    return firsts, rows


def group(key: Array, firsts: Array, rows: Array) -> None:
    """As ``grouped``, into arrays that are there."""
    keys = len(firsts) - 1
    for k in range(keys + 1):
        firsts[k] = 0
    for row in range(len(key)):
        firsts[key[row]] += 1
    total = 0
    for k in range(keys + 1):
        total += firsts[k]
        firsts[k] = total
    for row in range(len(key) - 1, -1, -1):
        k = key[row]
        firsts[k] -= 1
        rows[firsts[k]] = row
