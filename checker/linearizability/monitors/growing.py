"""Kernels of ``sets.py``, which says why they are right.

The functions are plain Python that numba compiles: integers and flat arrays only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from checker.linearizability.monitors.grouping import grouped
from checker.linearizability.monitors.pieces import (
    OPEN,
    OTHER,
    UNCLEAR,
    Array,
    Pieces,
    cut,
    index,
    token_end,
)
from checker.linearizability.monitors.sorting import sort_by

UNSUITED, REFUTED, LINEARIZED, SKIPPED = -1, 0, 1, 5
FULL = 2**63 - 2
"""A limit that only NEVER is above."""
OK, FAIL = 0, 1
ADD, READ, STRANGE = 1, 2, 3


class Sets(NamedTuple):
    """Columns of the table, ``rows`` grouped by key in order of call, and scratch of length n.

    ``role`` int8 by row. By value, -1 throughout between keys: ``home`` int32, the element
    that it is; ``told`` int32, the *answer* that it is. A pair (a list of two elements) is an
    answer of its own each time. By element: ``adder``, the row of its first add; ``level``,
    the number of the least set that has it (0: none); ``stamp``, the answer it was met in.
    By answer: ``first``, the row that returned first; ``sizes``; ``ranks``, its set's number.
    ``answers`` int64 by row. ``line``, ``spare`` int64. By place in the order: ``later`` int64,
    ``gaps`` int32. ``groups`` int64[2n+4]. ``shown`` int64[n+2]: by set the read of it that
    returned first. ``found`` int64[8]: rows of evidence.
    """

    input: Array
    output: Array
    output2: Array
    call: Array
    ret: Array
    rows: Array
    role: Array
    home: Array
    told: Array
    adder: Array
    level: Array
    stamp: Array
    first: Array
    sizes: Array
    ranks: Array
    answers: Array
    line: Array
    spare: Array
    later: Array
    gaps: Array
    groups: Array
    shown: Array
    found: Array
    order: Array


def classify(
    f: Array, outcome: Array, input_: Array, input2: Array, output: Array, output2: Array,
    what: Array, kinds: Array, offsets: Array, blob: Array,
) -> Array:  # fmt: skip
    """The role of each row; STRANGE: a key that has it is unsuited."""
    role = np.zeros(len(f), np.int8)
    for row in range(len(f)):
        code = what[f[row]]
        if code == ADD and outcome[row] != FAIL:
            role[row] = STRANGE if input2[row] >= 0 or input_[row] == 0 else ADD
        elif code == READ and outcome[row] == OK:
            value = output[row]
            role[row] = READ
            if output2[row] < 0 and (kinds[value] != OTHER or blob[offsets[value]] != OPEN):
                role[row] = STRANGE
    return role


def gather(s: Sets, pieces: Pieces, begin: int, end: int, limit: int) -> tuple[int, int, bool]:
    """Number elements and answers: how many of each; whether the key is suited."""
    elements = answers = 0
    for p in range(begin, end):
        row = s.rows[p]
        if s.call[row] > limit:
            break
        what = s.role[row]
        if what == STRANGE:
            return elements, answers, False
        if what == ADD and s.home[s.input[row]] < 0:
            s.home[s.input[row]] = elements
            s.adder[elements], s.level[elements], s.stamp[elements] = row, 0, -1
            pieces.value[elements] = s.input[row]
            elements += 1
        elif what == READ and s.ret[row] <= limit:
            value = s.output[row]
            answer = s.told[value] if s.output2[row] < 0 else -1
            if answer < 0:
                answer = answers
                answers += 1
                s.first[answer], s.sizes[answer] = row, 2
                if s.output2[row] < 0:
                    s.told[value] = answer
                    at, stop = pieces.offsets[value] + 1, pieces.offsets[value + 1] - 1
                    size = 0
                    while at < stop:
                        at = token_end(pieces.blob, at, stop) + 1
                        size += 1
                    s.sizes[answer] = size
            elif s.ret[row] < s.ret[s.first[answer]]:
                s.first[answer] = row
            s.answers[row] = answer
    return elements, answers, True


def contradict(s: Sets, one: int, other: int) -> int:
    """Two reads that cannot both be right (or one, twice): REFUTED by the later return."""
    s.found[0] = one if s.ret[one] > s.ret[other] else other
    s.found[1] = one
    s.found[2] = other if other != one else -1
    return REFUTED


def rank(s: Sets, pieces: Pieces, elements: int, answers: int) -> tuple[int, int]:
    """Say which set each answer is, in a chain of sets: a status, and how many sets there are.

    Set 0 is the empty one.
    """
    size = index(pieces, elements, True)
    if size < 0:
        return UNSUITED, 0
    for answer in range(answers):
        s.line[answer] = answer
    sort_by(s.sizes, s.line, answers, s.spare)
    sets = held = 0
    previous = -1
    s.shown[0] = -1
    for i in range(answers):
        answer = s.line[i]
        row = s.first[answer]
        length = 2
        if s.output2[row] >= 0:
            pieces.sequence[0] = s.home[s.output[row]]
            pieces.sequence[1] = s.home[s.output2[row]]
            if pieces.sequence[0] < 0 or pieces.sequence[1] < 0:
                return contradict(s, row, row), 0
        else:
            length = cut(pieces, size, s.output[row], 0, elements)
            if length == UNCLEAR:
                return UNSUITED, 0
            if length < 0:
                return contradict(s, row, row), 0
        if length > held:
            sets += 1
            s.shown[sets] = -1
        old = 0
        for j in range(length):
            element = pieces.sequence[j]
            if s.stamp[element] == answer:
                return contradict(s, row, row), 0
            s.stamp[element] = answer
            if s.level[element] > 0:
                old += 1
            else:
                s.level[element] = sets
        if old < held:
            # It lacks what a smaller answer, or one as large, had.
            return contradict(s, row, s.first[previous]), 0
        held, previous = length, answer
        s.ranks[answer] = sets
        if s.shown[sets] < 0 or s.ret[row] < s.ret[s.shown[sets]]:
            s.shown[sets] = row
    return LINEARIZED, sets


def place(s: Sets, begin: int, end: int, limit: int, sets: int) -> int:
    """Write operations by group: the length. Groups: reads of set 0, adds of set 1, its reads, …

    An element's first add belongs to the least set that has it, its others there or later, and
    adds that completed of what no read has to the end.
    """
    rows, groups = s.rows, s.groups
    for group in range(2 * sets + 3):
        groups[group] = 0
    for writing in (False, True):
        for p in range(begin, end):
            row = rows[p]
            if s.call[row] > limit:
                break
            group = group_of(s, row, limit, sets)
            if group < 0:
                continue
            if writing:
                s.order[begin + groups[group]] = row
                groups[group] += 1
            else:
                groups[group + 1] += 1
        if not writing:
            for group in range(2 * sets + 2):
                groups[group + 1] += groups[group]
    return int(groups[2 * sets + 1])


def group_of(s: Sets, row: int, limit: int, sets: int) -> int:
    """The group of an operation, -1: it says nothing or has not happened."""
    if s.role[row] == READ:
        return 2 * int(s.ranks[s.answers[row]]) if s.ret[row] <= limit else -1
    if s.role[row] != ADD:
        return -1
    element = s.home[s.input[row]]
    level = int(s.level[element])
    if s.ret[row] > limit and (level == 0 or s.adder[element] != row):
        return -1
    return 2 * level - 1 if level > 0 else 2 * sets + 1


def check(s: Sets, begin: int, length: int) -> int:
    """Whether no operation precedes one of an earlier group; other adds may go later: LINEARIZED.

    ``gaps`` by place: where the operation there goes instead, itself or before a later one.
    """
    ret, call, order, later = s.ret, s.call, s.order, s.later
    status = LINEARIZED
    earliest = -1
    later[length] = FULL
    for at in range(length - 1, -1, -1):
        row = order[begin + at]
        s.gaps[at] = at
        if earliest >= 0 and later[at + 1] < call[row]:
            add = s.role[row] == ADD
            if add and s.adder[s.home[s.input[row]]] != row:
                low, high = at + 1, length
                while low < high:
                    middle = (low + high) // 2
                    if later[middle] < call[row]:
                        low = middle + 1
                    else:
                        high = middle
                s.gaps[at] = low
            else:
                shown = row
                if add:
                    # That it is in the set before is known by the read that shows it first.
                    shown = s.shown[s.level[s.home[s.input[row]]]]
                    if s.role[earliest] == READ:
                        shown = earliest
                stuck = earliest if ret[earliest] > ret[shown] else shown
                if status == LINEARIZED or ret[stuck] < ret[s.found[0]]:
                    s.found[0], s.found[1], s.found[2] = stuck, earliest, row
                    s.found[3] = shown if shown != row and shown != earliest else -1
                status = REFUTED
        later[at] = later[at + 1]
        if ret[row] < later[at]:
            later[at] = ret[row]
            earliest = row
    return status


def move(s: Sets, begin: int, length: int) -> None:
    """Move what ``check`` put off to its gap, before what stands there, in order of call."""
    order, gaps, line, merged = s.order, s.gaps, s.line, s.later
    moved = 0
    for at in range(length):
        if gaps[at] != at:
            line[moved] = order[begin + at]
            # Of no use to adds otherwise.
            s.answers[line[moved]] = gaps[at]
            moved += 1
    sort_by(s.call, line, moved, s.spare)
    sort_by(s.answers, line, moved, s.spare)
    count = i = 0
    for at in range(length + 1):
        while i < moved and s.answers[line[i]] == at:
            merged[count] = line[i]
            i, count = i + 1, count + 1
        if at < length and gaps[at] == at:
            merged[count] = order[begin + at]
            count += 1
    for at in range(length):
        order[begin + at] = merged[at]


def judge(s: Sets, pieces: Pieces, begin: int, end: int, limit: int) -> tuple[int, int]:
    """One key's prefix: its status, and the length of the order written from ``begin`` on."""
    for i in range(8):
        s.found[i] = -1
    elements, answers, suited = gather(s, pieces, begin, end, limit)
    status, length, sets = UNSUITED, 0, 0
    if suited:
        status, sets = rank(s, pieces, elements, answers)
    if status == LINEARIZED:
        length = place(s, begin, end, limit, sets)
        status = check(s, begin, length)
    if status == LINEARIZED:
        move(s, begin, length)
    for p in range(begin, end):
        row = s.rows[p]
        s.home[s.input[row]] = -1
        s.told[s.output[row]] = -1
    return status, length if status == LINEARIZED else 0


def judge_keys(
    key: Array, f: Array, outcome: Array, input_: Array, input2: Array, output: Array,
    output2: Array, call: Array, ret: Array, what: Array,
    kinds: Array, numbers: Array, offsets: Array, blob: Array, longest: int,
    statuses: Array, order: Array, starts: Array, verified: Array, evidence: Array,
) -> None:  # fmt: skip
    """All keys of a table; what is written is that of ``Findings``.

    ``longest`` is the length of the longest value in bytes.
    """
    n, count, values = len(key), len(statuses), len(kinds)
    firsts, rows = grouped(key, count)
    size = 4
    while size < 2 * n:
        size *= 2
    pieces = Pieces(
        kinds, numbers, offsets, blob, np.empty(longest + 24, np.uint8), np.empty(n, np.int32),
        np.empty(n, np.int64), np.empty(size, np.int32), np.empty(longest + 3, np.uint8),
        np.empty(n + 2, np.int32), np.empty(n + 2, np.int64),
    )  # fmt: skip
    home, told = np.empty(values, np.int32), np.empty(values, np.int32)
    for value in range(values):
        home[value] = told[value] = -1
    role = classify(f, outcome, input_, input2, output, output2, what, kinds, offsets, blob)
    s = Sets(
        input_, output, output2, call, ret, rows, role, home, told,
        np.empty(n, np.int64), np.empty(n, np.int32), np.empty(n, np.int32),
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int32),
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64),
        np.empty(n + 1, np.int64), np.empty(n, np.int32), np.empty(2 * n + 4, np.int64),
        np.empty(n + 2, np.int64), np.empty(8, np.int64), np.empty(n, np.int64),
    )  # fmt: skip
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
            status, length = judge(s, pieces, begin, end, limit)
            if limit == FULL:
                statuses[k], starts[k + 1] = status, starts[k] + length
                for i in range(length):
                    order[starts[k] + i] = s.order[begin + i]
                refuted = status == REFUTED
                if not refuted:
                    break
            hint = high - 1
            if status == REFUTED:
                high = min(limit, last)
                hint = min(ret[s.found[0]], high - 1)
                for i in range(8):
                    evidence[k, i] = s.found[i]
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
