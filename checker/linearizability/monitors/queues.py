"""Kernels of ``fifo.py`` and ``unordered.py``, which say why they are right.

The functions are plain Python that numba compiles: integers and flat arrays only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from checker.linearizability.monitors.grouping import grouped
from checker.linearizability.monitors.lineup import (
    ASKED,
    BIG,
    CALLED,
    DEQUEUED,
    ENQUEUED,
    GREATEST,
    LEAST,
    Queue,
    lay_out,
    queue_up,
    sort_elements,
)
from checker.linearizability.monitors.sorting import Array, first_above, sort_by

UNSUITED, REFUTED, LINEARIZED, SKIPPED = -1, 0, 1, 5
FULL = 2**63 - 2
"""A limit that only NEVER is above."""
OK, FAIL, INFO = 0, 1, 2
ENQUEUE, DEQUEUE, EMPTY, TAKE, STRANGE = 1, 2, 3, 4, 5
"""Roles of operations. TAKE: a dequeue that may have taken something, nobody knows what."""


def classify(
    f: Array, outcome: Array, input_: Array, input2: Array, output: Array, output2: Array,
    error: Array, what: Array, empty: int,
) -> tuple[Array, Array]:  # fmt: skip
    """The role and the value of each row; ``empty`` is the error that says so (-1: none)."""
    role, value = np.zeros(len(f), np.int8), np.zeros(len(f), np.int32)
    for row in range(len(f)):
        code = what[f[row]]
        if code == ENQUEUE and outcome[row] != FAIL:
            role[row], value[row] = ENQUEUE, input_[row]
            if input2[row] >= 0 or input_[row] == 0:
                role[row] = STRANGE
        elif code == DEQUEUE:
            if outcome[row] == INFO:
                role[row] = TAKE
            elif outcome[row] == FAIL:
                if error[row] == empty:
                    role[row] = EMPTY
            elif output2[row] >= 0:
                role[row] = STRANGE
            elif output[row] == 0:
                role[row] = EMPTY
            else:
                role[row], value[row] = DEQUEUE, output[row]
    return role, value


UNSURE = -3


def gather(q: Queue, begin: int, end: int, limit: int) -> tuple[int, int, int, int]:
    """Find each element's operations: a status; how many elements, takes and empties there are."""
    rows, ret, home, enq, deq = q.rows, q.ret, q.home, q.enq, q.deq
    count = takes = empties = 0
    status = LINEARIZED
    for p in range(begin, end):
        row = rows[p]
        what = q.role[row]
        if q.call[row] > limit:
            break
        if what == STRANGE:
            return UNSUITED, count, takes, empties
        if what == TAKE:
            q.takes[takes] = row
            takes += 1
        elif what == EMPTY and ret[row] <= limit:
            q.empties[empties] = row
            empties += 1
        elif what in (ENQUEUE, DEQUEUE):
            element = home[q.value[row]]
            if element < 0:
                element = home[q.value[row]] = count
                enq[element] = deq[element] = -1
                count += 1
            if what == ENQUEUE:
                if enq[element] >= 0:
                    return UNSUITED, count, takes, empties
                enq[element] = row
            elif deq[element] < 0 or ret[deq[element]] > limit:
                # Open in the prefix: it may have happened; once is enough.
                if deq[element] < 0 or ret[row] <= limit:
                    deq[element] = row
            elif ret[row] <= limit:
                status = REFUTED
                other = deq[element]
                q.found[0] = row if ret[row] > ret[other] else other
                q.found[1], q.found[2] = other, row
    return status, count, takes, empties


def effective(q: Queue, count: int, limit: int) -> tuple[int, int]:
    """Lay out the times of elements that were there for sure: a status, and how many they are.

    They come first in ``enq`` and ``deq`` then. An enqueue has happened when its element is
    dequeued, and a dequeue happens after its enqueue was called.
    """
    ret, call, enq, deq, times = q.ret, q.call, q.enq, q.deq, q.times
    kept = 0
    for element in range(count):
        put, got = enq[element], deq[element]
        put_ret = ret[put] if put >= 0 and ret[put] <= limit else BIG
        got_ret = ret[got] if got >= 0 and ret[got] <= limit else BIG
        if put_ret == BIG and got_ret == BIG:
            continue
        if put < 0 or got_ret < call[put]:
            q.found[0] = q.found[1] = got
            q.found[2] = put
            return REFUTED, 0
        enq[kept], deq[kept] = put, got
        times[CALLED, kept] = call[put]
        times[ENQUEUED, kept] = min(put_ret, got_ret)
        times[ASKED, kept] = max(call[put], call[got]) if got >= 0 else BIG
        times[DEQUEUED, kept] = got_ret
        times[LEAST, kept] = times[ENQUEUED, kept]
        times[GREATEST, kept] = times[ASKED, kept]
        kept += 1
    return LINEARIZED, kept


def spend(q: Queue, count: int, takes: int, empties: int, ordered: bool) -> int:
    """Let takes take what has to be gone: REFUTED when there are too few in time.

    What completed its enqueue before another's was called has to be gone before that is
    dequeued (if ``ordered``), and before a later dequeue finds nothing.
    """
    ret, call, times, index = q.ret, q.call, q.times, q.index
    sort_elements(q, CALLED, count)
    # By position in that order: the element, of those from there on, dequeued first.
    nearest = index[DEQUEUED]
    best = -1
    for i in range(count - 1, -1, -1):
        element = index[CALLED, i]
        if best < 0 or times[DEQUEUED, element] < times[DEQUEUED, best]:
            best = element
        nearest[i] = best
    # Likewise: the dequeue that found nothing, of those from there on, that returned first.
    hurried = q.moments
    for j in range(empties - 1, -1, -1):
        hurried[j] = q.empties[j]
        if j + 1 < empties and ret[hurried[j + 1]] < ret[hurried[j]]:
            hurried[j] = hurried[j + 1]
    due, culprits = times[GREATEST], index[GREATEST]
    wanted = 0
    for element in range(count):
        if times[ASKED, element] < BIG:
            continue
        due[element], culprits[element] = BIG, -1
        i = first_above(times[CALLED], index[CALLED], count, times[ENQUEUED, element])
        if ordered and i < count:
            due[element] = times[DEQUEUED, nearest[i]]
            culprits[element] = q.deq[nearest[i]]
        j = first_above(call, q.empties, empties, times[ENQUEUED, element])
        if j < empties and ret[hurried[j]] < due[element]:
            due[element], culprits[element] = ret[hurried[j]], hurried[j]
        if due[element] < BIG:
            index[ASKED, wanted] = element
            wanted += 1
    sort_by(due, index[ASKED], wanted, q.spare)
    for i in range(wanted):
        element = index[ASKED, i]
        if i == takes or call[q.takes[i]] > due[element]:
            q.found[0] = q.found[1] = culprits[element]
            q.found[2] = q.enq[element]
            return REFUTED
        q.deq[element] = q.takes[i]
        times[ASKED, element] = max(times[CALLED, element], call[q.takes[i]])
    for element in range(count):
        times[GREATEST, element] = times[ASKED, element]
    return LINEARIZED


def find_moments(q: Queue, count: int, empties: int) -> int:
    """When each of ``empties`` may have found nothing; REFUTED when one may not.

    That is a moment which no element surely spans: the first from its call on.
    """
    times, index = q.times, q.index
    sort_elements(q, LEAST, count)
    moment = greatest = -1
    blocking = -1
    at = 0
    for i in range(empties):
        row = q.empties[i]
        moment = max(moment, q.call[row])
        while True:
            while at < count and times[LEAST, index[LEAST, at]] < moment:
                if times[GREATEST, index[LEAST, at]] > greatest:
                    blocking = index[LEAST, at]
                    greatest = times[GREATEST, blocking]
                at += 1
            if greatest <= moment:
                break
            moment = greatest
        if moment > q.ret[row]:
            q.found[0] = q.found[1] = row
            q.found[2], q.found[3] = q.enq[blocking], q.deq[blocking]
            return REFUTED
        q.moments[i] = moment
    return LINEARIZED


def refine(q: Queue, count: int, empties: int) -> None:
    """Cut intervals at the moments of emptiness, in time four times as fine.

    A call at x becomes 4x, a return 4x + 3, a moment 4x + 2: what was there before the queue
    was empty at x ends by 4x + 1, all else begins at 4x + 3.
    """
    times, moments = q.times, q.moments
    for element in range(count):
        low, high = 0, empties
        while low < high:
            middle = (low + high) // 2
            if moments[middle] > times[LEAST, element]:
                high = middle
            else:
                low = middle + 1
        for which in (CALLED, ASKED):
            time = times[which, element]
            if time < BIG:
                time = 4 * time
                if low > 0:
                    time = max(time, 4 * moments[low - 1] + 3)
            times[which, element] = time
        for which in (ENQUEUED, DEQUEUED):
            time = times[which, element]
            time = 4 * time + 3 if time < BIG else BIG
            if low < empties:
                time = min(time, 4 * moments[low] + 1)
            times[which, element] = time


def attempt(q: Queue, begin: int, end: int, limit: int, ordered: bool, loose: bool) -> int:
    """Decide one key's prefix: its order's length, or less: a status less one, or UNSURE.

    Takes are spent on what has to be gone, which is UNSURE where a dequeue found nothing, or
    where one is still open: what it is to answer a take may have taken in this prefix. Or, if
    ``loose``, everything left is gone as soon as the first take could have been.
    """
    status, count, takes, empties = gather(q, begin, end, limit)
    for p in range(begin, end):
        q.home[q.value[q.rows[p]]] = -1
    doubtful = takes > 0 and empties > 0
    for element in range(count):
        if takes > 0 and q.deq[element] >= 0 and q.ret[q.deq[element]] > limit:
            doubtful = True
    if status == LINEARIZED:
        status, count = effective(q, count, limit)
    if status == LINEARIZED and takes > 0 and loose:
        for element in range(count):
            if q.times[DEQUEUED, element] == BIG:
                gone = max(q.times[CALLED, element], q.call[q.takes[0]])
                q.times[ASKED, element] = min(q.times[ASKED, element], gone)
                q.times[GREATEST, element] = q.times[ASKED, element]
    elif status == LINEARIZED and takes > 0:
        status = spend(q, count, takes, empties, ordered)
        if status == REFUTED and doubtful:
            return UNSURE
    if status == LINEARIZED:
        status = find_moments(q, count, empties)
    if status == LINEARIZED:
        refine(q, count, empties)
        if ordered and queue_up(q, count) < count:
            status = REFUTED
    if status == LINEARIZED:
        return 0 if loose else lay_out(q, begin, count, empties, ordered)
    if status == REFUTED and doubtful and not loose:
        return UNSURE
    return status - 1


def judge(q: Queue, begin: int, end: int, limit: int, ordered: bool) -> tuple[int, int]:
    """One key's prefix: its status, and the length of the order written from ``begin`` on."""
    for i in range(8):
        q.found[i] = -1
    length = attempt(q, begin, end, limit, ordered, False)
    if length == UNSURE:
        # Had things been gone as early as can be, would it still be wrong?
        length = attempt(q, begin, end, limit, ordered, True)
        return REFUTED if length == REFUTED - 1 else UNSUITED, 0
    return (LINEARIZED, length) if length >= 0 else (length + 1, 0)


def judge_keys(
    key: Array, f: Array, outcome: Array, input_: Array, input2: Array, output: Array,
    output2: Array, error: Array, call: Array, ret: Array, what: Array, empty: int,
    values: int, ordered: bool,
    statuses: Array, order: Array, starts: Array, verified: Array, evidence: Array,
) -> None:  # fmt: skip
    """All keys of a table; what is written is that of ``Findings``."""
    n, count = len(key), len(statuses)
    firsts, rows = grouped(key, count)
    role, value = classify(f, outcome, input_, input2, output, output2, error, what, empty)
    home = np.empty(values, np.int32)
    for number in range(values):
        home[number] = -1
    q = Queue(
        call, ret, rows, role, value, home, np.empty(n, np.int64), np.empty(n, np.int64),
        np.empty((6, n), np.int64), np.empty((6, n), np.int64), np.empty(n, np.int64),
        np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64),
        np.empty(n, np.int8), np.empty(8, np.int64), np.empty(n, np.int64),
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
            status, length = judge(q, begin, end, limit, ordered)
            if limit == FULL:
                statuses[k], starts[k + 1] = status, starts[k] + length
                for i in range(length):
                    order[starts[k] + i] = q.order[begin + i]
                refuted = status == REFUTED
                if not refuted:
                    break
            hint = high - 1
            if status == REFUTED:
                high = min(limit, last)
                hint = min(ret[q.found[0]], high - 1)
                for i in range(8):
                    evidence[k, i] = q.found[i]
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
