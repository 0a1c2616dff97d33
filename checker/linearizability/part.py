"""One key's history as flat integer arrays: what the kernels search.

Only *required* operations (those that completed) have intervals that close, so only
they occupy slots. Indeterminate ones are counted by class: two writes of the same
value that never completed are interchangeable but for when they began, so the
earliest is spent first.

    return ranks        0         1              2
    process 0   |-- w1 --|        .              .          slot 0, rank 0
    process 1       |----- r2 ----|              .          slot 1, rank 1
    process 2            |------------ w2 -------|          slot 0 again: w1 has returned
    process 3                 |- w3 …………………………………            class "write 3", opens at rank 2
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from checker.models.model import Effect, Kind, Model
from checker.reading import SPLITBRAIN, Reading
from histories.event import Operation, Outcome
from histories.table import NEVER

OTHER = 0
"""The number that stands for every value no operation tests (see ``_intern``)."""

BITS = 62
"""Bits of a word that are used: signed, so that plain Python and numba agree."""

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]


class Part(NamedTuple):
    """The arrays a kernel reads. m required operations in order of call, C crashed classes.

    ``kind``, ``expected``, ``new``, ``slot``, ``rank``: int32[m], ``rank`` being the
    position of the operation's return among all returns; ``returning``: int32[m], the
    operation at each rank; ``called``: int32[m+1], how many operations were called before
    the return of each rank (``called[m]`` = m). ``class_kind``, ``class_expected``,
    ``class_new``: int32[C]; members of class c are ``opens[first[c]:first[c+1]]``, the
    first rank whose return comes after the member's call, ascending. ``needed``: int32[V],
    the last rank at which some operation can need the state to be that value (-1: none).
    """

    kind: Int32
    expected: Int32
    new: Int32
    slot: Int32
    rank: Int32
    returning: Int32
    called: Int32
    class_kind: Int32
    class_expected: Int32
    class_new: Int32
    first: Int32
    opens: Int32
    needed: Int32


class Compiled(NamedTuple):
    """A part with what leads back to the operations it was made of.

    ``required[j]`` is the operation numbered j, ``members[c]`` those of crashed class c
    in order of call. ``slots`` and ``init`` are plain numbers for the kernels.
    """

    part: Part
    init: int
    slots: int
    required: list[Operation]
    members: list[list[Operation]]


def compile_part(
    operations: Sequence[Operation], model: Model, reading: Reading = SPLITBRAIN
) -> Compiled:
    """Number values, slots and ranks of one key's operations. O(n log n).

    Operations whose effect is None assert nothing and are left out. A compare-and-set
    to the value it expects is a read when it succeeded, and nothing when it is open.
    """
    required: list[tuple[Operation, Effect]] = []
    crashed: list[tuple[Operation, Effect]] = []
    for operation in sorted(operations, key=lambda operation: operation.call):
        effect = model.effect(operation, reading)
        if effect is None:
            continue
        if effect.kind is Kind.CAS and effect.expected == effect.new:
            if operation.outcome is Outcome.INFO:
                continue
            effect = Effect(Kind.READ, effect.expected)
        (crashed if operation.ret is None else required).append((operation, effect))
    numbers = _intern([effect for _, effect in (*required, *crashed)])
    m = len(required)
    returns = [_ret(operation) for operation, _ in required]
    returning = sorted(range(m), key=lambda j: (returns[j], j))
    rank = [0] * m
    for position, j in enumerate(returning):
        rank[j] = position
    slot, slots = _slots([operation for operation, _ in required], returns)
    called = _called([operation for operation, _ in required], returns, returning)

    def number(value: Hashable) -> int:
        return numbers.get(value, OTHER)

    rows = [
        (int(effect.kind), number(effect.expected), number(effect.new)) for _, effect in required
    ]
    ranked_returns = [returns[j] for j in returning]
    classes: dict[tuple[int, int, int], list[tuple[int, Operation]]] = {}
    for operation, effect in crashed:
        opens = int(np.searchsorted(ranked_returns, operation.call))
        signature = (int(effect.kind), number(effect.expected), number(effect.new))
        classes.setdefault(signature, []).append((opens, operation))
    needed = _needed(rows, rank, list(classes), len(numbers) + 1)
    # An open operation whose outcome nobody can need any more changes no verdict: were it
    # in a linearization, whatever follows it is a write or the end (see ``_needed``), so it
    # can be taken out. What no rank follows cannot help a completed operation either.
    kept = {
        signature: live
        for signature, members in classes.items()
        if (live := [one for one in members if one[0] <= needed[signature[2]] and one[0] < m])
    }
    first = np.cumsum([0, *(len(members) for members in kept.values())])
    signatures = np.array(list(kept), np.int32).reshape(len(kept), 3)
    columns = np.array(rows, np.int32).reshape(m, 3)
    part = Part(
        kind=np.ascontiguousarray(columns[:, 0]),
        expected=np.ascontiguousarray(columns[:, 1]),
        new=np.ascontiguousarray(columns[:, 2]),
        slot=np.array(slot, np.int32),
        rank=np.array(rank, np.int32),
        returning=np.array(returning, np.int32),
        called=np.array(called, np.int32),
        class_kind=np.ascontiguousarray(signatures[:, 0]),
        class_expected=np.ascontiguousarray(signatures[:, 1]),
        class_new=np.ascontiguousarray(signatures[:, 2]),
        first=first.astype(np.int32),
        opens=np.array([o for members in kept.values() for o, _ in members], np.int32),
        needed=np.array(needed, np.int32),
    )
    return Compiled(
        part=part,
        init=number(model.init),
        slots=max(slots, 1),
        required=[operation for operation, _ in required],
        members=[[operation for _, operation in members] for members in kept.values()],
    )


def _ret(operation: Operation) -> int:
    return NEVER if operation.ret is None else operation.ret


def _intern(effects: Sequence[Effect]) -> dict[Any, int]:
    """Numbers from 1 for the values that some operation tests; all others are OTHER.

    Sound because no effect can tell two untested values apart: every READ, CAS and
    DIFFERS compares with a tested value, so states that are both untested have the same
    futures (a bisimulation), and the initial nil is one of them when nobody tests nil.
    """
    tested = (effect.expected for effect in effects if effect.kind is not Kind.WRITE)
    return {value: number for number, value in enumerate(dict.fromkeys(tested), start=1)}


def _slots(operations: Sequence[Operation], returns: Sequence[int]) -> tuple[list[int], int]:
    """A slot for each operation, free again after its return; and how many slots it took.

    Intervals are closed: an operation called at the very index of another's return
    overlaps it and gets a slot of its own.
    """
    free: list[int] = []
    busy: list[tuple[int, int]] = []
    slots = 0
    assigned = []
    for operation, ret in zip(operations, returns, strict=True):
        while busy and busy[0][0] < operation.call:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            slot = heapq.heappop(free)
        else:
            slot, slots = slots, slots + 1
        assigned.append(slot)
        heapq.heappush(busy, (ret, slot))
    return assigned, slots


def _called(
    operations: Sequence[Operation], returns: Sequence[int], returning: Sequence[int]
) -> list[int]:
    """How many operations were called by the return of each rank."""
    called, j = [], 0
    for one in returning:
        while j < len(operations) and operations[j].call <= returns[one]:
            j += 1
        called.append(j)
    return [*called, len(operations)]


def _needed(
    rows: Sequence[tuple[int, int, int]],
    rank: Sequence[int],
    classes: Sequence[tuple[int, int, int]],
    values: int,
) -> list[int]:
    """For each value the last rank at which an operation may need the state to be it.

    Reads and compare-and-sets need what they expect. An observed mismatch may need *any*
    other value: with ``write 3``, an open ``write 7`` and a mismatch on 3, the history
    is valid only because of the 7 that nobody read. An open compare-and-set is worth
    enabling only as long as its own result is needed, hence the fixed point.
    """
    needed = [-1] * values
    negative = [-1] * values
    for (kind, expected, _), at in zip(rows, rank, strict=True):
        if kind == Kind.DIFFERS:
            negative[expected] = max(negative[expected], at)
        elif kind != Kind.WRITE:
            needed[expected] = max(needed[expected], at)
    # For each value the latest mismatch on some other value: the two latest suffice.
    ordered = sorted(range(values), key=negative.__getitem__)
    for value in range(values):
        other = ordered[-1] if ordered[-1] != value else ordered[-2] if values > 1 else value
        if other != value:
            needed[value] = max(needed[value], negative[other])
    changed = True
    while changed:
        changed = False
        for kind, expected, new in classes:
            if kind == Kind.CAS and needed[new] > needed[expected]:
                needed[expected] = needed[new]
                changed = True
    return needed
