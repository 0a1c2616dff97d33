"""Kernels of ``appends.py``, which says why they are right: keys and their prefixes.

The functions are plain Python that numba compiles: integers and flat arrays only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.linearizability.monitors.chains import (
    APPEND,
    NOTHING,
    STRING,
    WAS_PUT,
    History,
    classify,
    number,
    unite,
)
from checker.linearizability.monitors.grouping import group
from checker.linearizability.monitors.pieces import Array, Pieces, index
from checker.linearizability.registers.blocks import (
    FULL,
    LINEARIZED,
    REFUTED,
    UNSUITED,
    Keys,
)
from checker.linearizability.registers.monitor import decide_plainly

TWINS_MAX = 4
"""Words appended twice of which both ways to tell them apart are tried: sixteen in all."""
SKIPPED = 5
"""As ``decision.Status``: another key was refuted first."""


def attempt(
    h: History, pieces: Pieces, keys: Keys, begin: int, end: int, limit: int,
    count: int, size: int, first: int, swapped: int,
) -> tuple[int, int]:  # fmt: skip
    """The status of a prefix, told which append is which; and the length of its order."""
    status = unite(h, pieces, keys, begin, end, limit, count, size, first, swapped)
    if status != LINEARIZED:
        return status, 0
    return decide_plainly(keys, begin, end, limit, 0, h.evidence)


def judge(
    h: History, pieces: Pieces, keys: Keys, begin: int, end: int, limit: int
) -> tuple[int, int]:
    """One key's prefix: its status, and the length of its order, written from ``begin`` on."""
    for i in range(8):
        h.evidence[i] = -1
    count, most, suited = number(h, pieces, keys.new, begin, end, limit)
    size = index(pieces, count, most > STRING) if suited and most != NOTHING else 0
    status, length = UNSUITED, 0
    twins = 0
    for word in range(count):
        twins += h.twin[word] > word
    if suited and size >= 0:
        for swapped in range(1 << min(twins, TWINS_MAX)):
            status, length = attempt(
                h, pieces, keys, begin, end, limit, count, size, -1, swapped
            )  # fmt: skip
            if status != REFUTED:
                break
        if status == REFUTED and twins > TWINS_MAX:
            status = UNSUITED
        # What was both put and appended might have been appended first of all.
        early = FULL
        for p in range(begin, end):
            if h.role[h.rows[p]] > 0 and h.role[h.rows[p]] != NOTHING:
                early = min(early, h.ret[h.rows[p]])
        for p in range(begin, end):
            row = h.rows[p]
            if status == LINEARIZED or h.call[row] > min(early, limit):
                break
            named: Any = np.int64(h.home[h.input[row]])
            if h.role[row] == APPEND and h.roles[named] & WAS_PUT:
                status, length = attempt(
                    h, pieces, keys, begin, end, limit, count, size, named, 0
                )  # fmt: skip
                status = LINEARIZED if status == LINEARIZED else UNSUITED
    for word in range(count):
        h.home[pieces.value[word]] = -1
    for p in range(begin, end):
        h.told[h.output[h.rows[p]]] = -1
    return status, length


def hash_size(n: int) -> int:
    """The size of a hash table of n words: a power of two, half of it free."""
    size = 4
    while size < 2 * n:
        size *= 2
    return size


def scratch(n: int, keys: int, values: int, longest: int) -> tuple[int, int, int]:
    """How many int64, int32 and int8 ``judge_keys`` needs for n operations."""
    wide = keys + 1 + n + n + (2 * n + 1) + 2 * (n + 1) + 8 + n + 8
    narrow = n + hash_size(n) + (2 * n + 1) + 2 * values + 2 * n + 2 * (n + 1) + n
    narrow += (2 * n + 1) + 3 * n + 9 * (2 * n + 2)
    return wide, narrow, 3 * n + 2 * longest + 27


def judge_keys(
    key: Array, f: Array, outcome: Array, input_: Array, input2: Array, output: Array,
    output2: Array, call: Array, ret: Array, what: Array, nil_says: bool,
    kinds: Array, numbers: Array, offsets: Array, blob: Array, longest: int,
    statuses: Array, order: Array, starts: Array, verified: Array, evidence: Array,
    wide: Array, narrow: Array, small: Array,
) -> None:  # fmt: skip
    """All keys of a table; what is written is that of ``Findings``.

    ``longest`` is the length of the longest value in bytes. ``wide`` int64, ``narrow`` int32
    and ``small`` int8 are scratch, as long as ``scratch`` says: linear in operations, values,
    and that. It comes from outside, for kernels that make no array count no references, which
    took half the time of histories with many short keys.
    """
    n, count, values = len(key), len(statuses), len(kinds)
    size = hash_size(n)
    firsts, wide = wide[: count + 1], wide[count + 1 :]
    rows, wide = wide[:n], wide[n:]
    group(key, firsts, rows)
    role, small = small[:n], small[n:]
    classify(
        f, outcome, input_, input2, output, output2, what, nil_says, kinds, offsets, blob, role
    )
    buffer, small = small[: longest + 24].view(np.uint8), small[longest + 24 :]
    lengths, small = small[: longest + 3].view(np.uint8), small[longest + 3 :]
    roles, small = small[:n], small[n:]
    kind = small[:n]
    value, narrow = narrow[:n], narrow[n:]
    table, narrow = narrow[:size], narrow[size:]
    sequence, narrow = narrow[: 2 * n + 1], narrow[2 * n + 1 :]
    hashes, wide = wide[:n], wide[n:]
    ends, wide = wide[: 2 * n + 1], wide[2 * n + 1 :]
    pieces = Pieces(
        kinds, numbers, offsets, blob, buffer, value, hashes, table, lengths, sequence, ends
    )
    home, narrow = narrow[:values], narrow[values:]
    told, narrow = narrow[:values], narrow[values:]
    for i in range(values):
        home[i] = told[i] = -1
    twin, narrow = narrow[:n], narrow[n:]
    before, narrow = narrow[:n], narrow[n:]
    base, narrow = narrow[: n + 1], narrow[n + 1 :]
    length_, narrow = narrow[: n + 1], narrow[n + 1 :]
    chains, narrow = narrow[:n], narrow[n:]
    text, wide = wide[: n + 1], wide[n + 1 :]
    pair, wide = wide[: n + 1], wide[n + 1 :]
    found, wide = wide[:8], wide[8:]
    h = History(
        input_, output, output2, call, ret, rows, role, home, told, roles, twin, before,
        text, pair, base, length_, chains, found,
    )  # fmt: skip
    blocks, narrow = narrow[: 2 * n + 1], narrow[2 * n + 1 :]
    for block in range(2 * n + 1):
        blocks[block] = -1
    expected, narrow = narrow[:n], narrow[n:]
    new, narrow = narrow[:n], narrow[n:]
    marks, narrow = narrow[:n], narrow[n:]
    roots, narrow = narrow[: 2 * n + 2], narrow[2 * n + 2 :]
    cells = narrow[: 8 * (2 * n + 2)].reshape(2 * n + 2, 8)
    ordered, wide = wide[:n], wide[n:]
    keys = Keys(
        kind, expected, new, call, ret, rows, ordered, blocks, cells, marks, roots, wide[:8]
    )
    starts[0] = 0
    refuted = False
    for k in range(count):
        begin, end = firsts[k], firsts[k + 1]
        if refuted:
            statuses[k], starts[k + 1] = SKIPPED, starts[k]
            continue
        limit: Any = np.int64(FULL)
        low, high, tries, last = limit - limit - 1, limit, 0, limit - limit
        for p in range(begin, end):
            if ret[rows[p]] <= FULL:
                last = max(last, ret[rows[p]])
        while low < high - 1:
            status, length = judge(h, pieces, keys, begin, end, limit)
            if limit == FULL:
                statuses[k], starts[k + 1] = status, starts[k] + length
                for i in range(length):
                    order[starts[k] + i] = ordered[begin + i]
                refuted = status == REFUTED
                if not refuted:
                    break
            hint = high - 1
            if status == REFUTED:
                high = min(limit, last)
                hint = min(ret[h.evidence[0]], high - 1)
                for i in range(8):
                    evidence[k, i] = h.evidence[i]
            else:
                low = limit
                hint = high - 1
            # The culprit named is the first, as a rule; where it is not, halve now and then.
            tries += 1
            limit = hint if tries % 3 and hint > low else low + (high - low) // 2
        verified[k] = 0
        for p in range(begin, end):
            row = rows[p]
            if statuses[k] == REFUTED and ret[row] == high and role[row] > 0:
                evidence[k, 0] = row
            if ret[row] < high and role[row] > 0:
                verified[k] += 1
