"""One key's operations as flat integers: what the kernels search.

Only *required* operations (those that completed) have intervals that close, so only they
occupy slots. Indeterminate ones are counted by class: two that do the same are
interchangeable but for when they began, so the earliest is spent first.

    return ranks        0         1              2
    process 0   |-- a1 --|        .              .          slot 0, rank 0
    process 1       |----- r --- |               .          slot 1, rank 1
    process 2            |------------ a2 -------|          slot 0 again: a1 has returned
    process 3                 |- a3 …………………………………            class "a3", opens at rank 2
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from checker.linearizability.objects.layout import WORD
from histories.table import NEVER

Int64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Part(NamedTuple):
    """m required operations in order of call; C classes of this part. Arrays, or lists of them.

    ``cls``, ``slot``, ``rank``: of each required operation its class, its slot, and the position
    of its return among all returns; ``returning``: the operation at each rank; ``called``
    [m + 1]: how many operations were called before the return of each rank (``called[m]`` = m);
    ``watch`` [m + 1]: the first observer among the operations from each on, m when there is
    none. Of each class, first those that have open operations: ``name``, its number among all
    parts; ``observer``: 0 or 1; its open operations are ``opens[first[c]:first[c + 1]]``: the
    first rank whose return comes after the call, ascending. ``counter``, three numbers a class:
    how many were consumed is kept in a word of counts, from a bit on, in so many bits, with a
    guard bit above; ``guards`` has the guard bits of each word. ``resets``: empty when no
    operation resets the state; else how many of the first 0 to m by call do, how many of the
    first 0 to m by return, and the first rank at which an open one may. All int64.
    """

    cls: Any
    slot: Any
    rank: Any
    returning: Any
    called: Any
    watch: Any
    name: Any
    observer: Any
    first: Any
    opens: Any
    counter: Any
    guards: Any
    resets: Any


class Prepared(NamedTuple):
    """A part with what leads back to the table.

    ``required[j]`` is the row of the operation numbered j, ``members`` those of the open
    ones, in the order of ``Part.opens``.
    """

    part: Part
    slots: int
    required: Int64
    members: Int64


def prepare(
    call: Int64, ret: Int64, rows: Int64, class_of: Int64, observes: Bools, resets: Bools
) -> Prepared:
    """Number slots, ranks and classes of the operations at ``rows`` (in order of call).

    ``call``, ``ret``: of each row of the table; ``class_of``: its class, negative for one that
    asserts nothing; ``observes``: of each class whether it does nothing but observe, ``resets``
    whether the state after it is the same whatever it was. What
    observes and never answered is left out, it says nothing; so is what opens after the last
    return. O(n log n).
    """
    names = class_of[rows]
    open_ = ret[rows] == NEVER
    kept = names >= 0
    kept[kept] = ~(open_[kept] & observes[names[kept]])
    rows, names, open_ = rows[kept], names[kept], open_[kept]
    required, members = rows[~open_], rows[open_]
    returning = np.argsort(ret[required], kind="stable")
    returns = ret[required][returning]
    m = len(required)
    rank = np.empty(m, np.int64)
    rank[returning] = np.arange(m)
    # Intervals are closed: what is called at the very index of a return overlaps it.
    called = np.append(np.searchsorted(call[required], returns, side="right"), m)
    opens = np.searchsorted(returns, call[members])
    live = opens < m
    members, opens, open_names = members[live], opens[live], names[open_][live]
    name, cls = np.unique(np.concatenate((names[~open_], open_names)), return_inverse=True)
    counts = np.bincount(cls[m:], minlength=len(name))
    # Classes that have open operations first: those are gone through again and again.
    reordered = np.argsort(counts == 0, kind="stable")
    place = np.empty(len(name), np.int64)
    place[reordered] = np.arange(len(name))
    name, counts, cls = name[reordered], counts[reordered], place[cls]
    by_class = np.argsort(cls[m:], kind="stable")
    counter, guards = _counters(counts)
    observer = observes[name].astype(np.int64)
    watch = np.where(observer[cls[:m]] == 1, np.arange(m), m)
    slot = np.zeros(m, np.int64)
    return Prepared(
        Part(
            cls=cls[:m].astype(np.int64),
            slot=slot,
            rank=rank,
            returning=returning.astype(np.int64),
            called=called.astype(np.int64),
            watch=np.append(np.minimum.accumulate(watch[::-1])[::-1], m).astype(np.int64),
            name=name.astype(np.int64),
            observer=observer,
            first=np.append(0, np.cumsum(counts)).astype(np.int64),
            opens=opens[by_class].astype(np.int64),
            counter=counter,
            guards=guards,
            resets=_resets(resets[name], cls, returning, opens),
        ),
        _number_slots(call[required], ret[required], returning, slot),
        required,
        members[by_class],
    )


def _resets(resets: Bools, cls: Int64, returning: Int64, opens: Int64) -> Int64:
    """See ``Part.resets``; ``cls`` has the required operations first, then the open ones."""
    if not resets.any():
        return np.zeros(0, np.int64)
    m = len(returning)
    required, open_ = resets[cls[:m]], opens[resets[cls[m:]]]
    return np.concatenate(
        (
            *([0], np.cumsum(required)),
            *([0], np.cumsum(required[returning])),
            [open_.min() if len(open_) else m],
        )
    ).astype(np.int64)


def _number_slots(call: Int64, ret: Int64, returning: Int64, slot: Int64) -> int:
    """Fill ``slot``; how many slots there are, at least one."""
    numbers = [0] * len(call)
    free = [0] * (len(call) + 1)
    slots = _assign_slots(call.tolist(), ret.tolist(), returning.tolist(), numbers, free)
    slot[:] = numbers
    return max(slots, 1)


def _assign_slots(
    call: list[int], ret: list[int], returning: list[int], slot: list[int], free: list[int]
) -> int:
    """A slot for each operation, free again after its return; how many slots it took.

    Intervals are closed: who is called at the very index of another's return overlaps it.
    """
    slots, spare, rank = 0, 0, 0
    for j in range(len(call)):
        while ret[returning[rank]] < call[j]:
            free[spare] = slot[returning[rank]]
            spare += 1
            rank += 1
        if spare > 0:
            spare -= 1
            slot[j] = free[spare]
        else:
            slot[j] = slots
            slots += 1
    return slots


def _counters(counts: Int64) -> tuple[Int64, Int64]:
    """Where in packed words the count of each class lies (zeros for one that has none): word,
    first bit, bits; and the guard bits of each word."""
    counter = np.zeros((len(counts), 3), np.int64)
    guards: list[int] = []
    used = WORD
    for c in np.flatnonzero(counts).tolist():
        bits = int(counts[c]).bit_length()
        if used + bits + 1 > WORD:
            guards.append(0)
            used = 0
        counter[c] = len(guards) - 1, used, bits
        guards[-1] |= 1 << (used + bits)
        used += bits + 1
    return counter.reshape(-1), np.array(guards, np.int64)
