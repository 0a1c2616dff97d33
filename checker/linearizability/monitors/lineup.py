"""Elements of a queue, and the line they stand in: kernels shared with ``queues.py``.

The functions are plain Python that numba compiles: integers and flat arrays only.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from checker.linearizability.monitors.sorting import Array, sort_by

BIG = 2**63 - 1
"""Later than everything: never."""


class Queue(NamedTuple):
    """Columns of the table, ``rows`` grouped by key in order of call, and scratch of length n.

    ``role`` int8 and ``value`` int32 by row; ``home`` int32 by value: its element, -1
    throughout between keys. An *element* has rows ``enq``, ``deq`` (-1: none) and times
    ``times`` int64[6, n]: of its enqueue the call and the latest end, of its dequeue the same,
    the least return of both, the greatest call of both. ``index`` int64[6, n]: elements
    sorted by these; ``spare`` to sort. ``takes``, ``empties`` int64: rows of these.
    ``moments`` int64: when each of ``empties`` finds nothing. ``found`` int64[8]: rows of evidence.
    """

    call: Array
    ret: Array
    rows: Array
    role: Array
    value: Array
    home: Array
    enq: Array
    deq: Array
    times: Array
    index: Array
    takes: Array
    empties: Array
    moments: Array
    spare: Array
    flags: Array
    found: Array
    order: Array


CALLED, ENQUEUED, ASKED, DEQUEUED, LEAST, GREATEST = 0, 1, 2, 3, 4, 5
"""Rows of ``times``."""


def sort_elements(q: Queue, which: int, count: int) -> None:
    """Sort elements by one of their times into ``index[which]``."""
    for element in range(count):
        q.index[which, element] = element
    sort_by(q.times[which], q.index[which], count, q.spare)


def queue_up(q: Queue, count: int) -> int:
    """One order for enqueues and dequeues (``index[LEAST]``): its length; short if there is none.

    An element may be next when nothing left must be enqueued, and nothing left dequeued,
    before it. ``flags`` int8: 1, 2: it may be by the one and by the other; 4: it is in line.
    """
    times, index, flags, line, ready = q.times, q.index, q.flags, q.index[LEAST], q.index[GREATEST]
    for which in (CALLED, ENQUEUED, ASKED, DEQUEUED):
        sort_elements(q, which, count)
    for element in range(count):
        flags[element] = 0
    waiting = length = 0
    first_put = first_got = next_put = next_got = 0
    while length < count:
        while flags[index[ENQUEUED, first_put]] == 7:
            first_put += 1
        while flags[index[DEQUEUED, first_got]] == 7:
            first_got += 1
        put_by = times[ENQUEUED, index[ENQUEUED, first_put]]
        got_by = times[DEQUEUED, index[DEQUEUED, first_got]]
        while next_put < count and times[CALLED, index[CALLED, next_put]] <= put_by:
            element = index[CALLED, next_put]
            flags[element] |= 1
            if flags[element] == 3:
                ready[waiting] = element
                waiting += 1
            next_put += 1
        while next_got < count and times[ASKED, index[ASKED, next_got]] <= got_by:
            element = index[ASKED, next_got]
            flags[element] |= 2
            if flags[element] == 3:
                ready[waiting] = element
                waiting += 1
            next_got += 1
        if waiting == 0:
            # Enqueued first, and dequeued first, yet each before the other.
            one, other = index[ENQUEUED, first_put], index[DEQUEUED, first_got]
            row, early = q.deq[other], q.enq[one]
            if q.deq[one] >= 0 and q.ret[q.deq[one]] < q.ret[early]:
                early = q.deq[one]
            q.found[0] = row if q.ret[row] > q.ret[early] else early
            q.found[1], q.found[2] = q.enq[one], q.enq[other]
            q.found[3], q.found[4] = q.deq[one], q.deq[other]
            return length
        waiting -= 1
        line[length] = ready[waiting]
        flags[ready[waiting]] = 7
        length += 1
    return length


def lay_out(q: Queue, begin: int, count: int, empties: int, ordered: bool) -> int:
    """Write the order from ``begin`` on, each operation as early as it may be: how long it is."""
    times, index = q.times, q.index
    puts, gots = index[LEAST], index[LEAST]
    if not ordered:
        puts, gots = index[CALLED], index[ASKED]
        for element in range(count):
            times[ASKED, element] = max(times[ASKED, element], times[CALLED, element])
        for which in (CALLED, ASKED):
            for element in range(count):
                index[which, element] = element
            sort_by(times[which], index[which], count, q.spare)
    put = got = empty = place = 0
    put_time: Any = np.int64(-1)
    got_time: Any = np.int64(-1)
    while True:
        if put < count:
            put_time = max(put_time, times[CALLED, puts[put]])
        if got < count:
            got_time = max(got_time, times[ASKED, gots[got]])
            # Its enqueue is in place, or it waits for that.
            if ordered and got >= put:
                got_time = max(got_time, put_time)
        put_at = put_time if put < count else BIG
        got_at = got_time if got < count and times[ASKED, gots[got]] < BIG else BIG
        empty_at = 4 * q.moments[empty] + 2 if empty < empties else BIG
        if put_at == BIG and got_at == BIG and empty_at == BIG:
            return place
        if put_at <= got_at and put_at <= empty_at:
            q.order[begin + place] = q.enq[puts[put]]
            put += 1
        elif got_at <= empty_at:
            q.order[begin + place] = q.deq[gots[got]]
            got += 1
        else:
            q.order[begin + place] = q.empties[empty]
            empty += 1
        place += 1
