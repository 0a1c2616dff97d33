"""Refuting a history by a short piece of it. Kernels.

A search that gets no further than rank r may have to try everything before r again, although
what is wrong lies in the last few operations. So start at a rank l < r from more than anything
that can be there: *every* value as the state (one that no operation can have produced by then
excepted), pending observers placed, pending mutators optional, no crashed operation used. Every
configuration of rank l that the search from the beginning could reach is dominated by one of
these: what it still requires they do not, whatever it may still use they may (DOMINANCE). So if
none of them gets beyond r, nothing does, and the completion at r cannot be placed.

The values nobody needs at or after l are as good as OTHER (or worse, if a mismatch with them is
to come), and so one start stands for all of them.

A window is tried *relaxed* first: mutators are not used up. What was linearized stays optional
until it returns, and crashed operations are not counted. Whatever can be done can be done so too;
hence what gets nowhere even then is refuted. And there is little to search: of two configurations
with one state that have placed more and less, the former dominates.
"""

from __future__ import annotations

from checker.linearizability.registers.configurations import (
    HEADER,
    MASKS,
    RANK_AT,
    STATE_AT,
    advance,
    seek,
    width_of,
)
from checker.linearizability.registers.layout import (
    CAS,
    CLASSES,
    EXPANDED,
    OTHER,
    RELAXED,
    SLOTS,
    USED,
    VALUES,
    WORDS,
    WRITE,
    Arena,
    Part,
)
from checker.linearizability.registers.stepping import (
    DEPTH,
    FULL,
    REFUTED,
    TIRED,
    keep,
    reset,
    search,
)


def begin_window(part: Part, arena: Arena, low: int, high: int, relaxed: bool) -> bool:
    """Put into an arena all that may be at rank ``low``; whether there is room for it.

    The search is to look for a configuration beyond rank ``high``.
    """
    rows, sizes, width = arena.rows, part.sizes, width_of(part)
    reset(arena, high, 1 << 40, DEPTH)
    arena.state[RELAXED] = relaxed
    seek(part, low)
    for value in range(sizes[VALUES]):
        one = part.values[value]
        if value != OTHER and (one.born > low or one.needed < low):
            continue
        row = arena.state[USED]
        at = row * width
        if at + (sizes[SLOTS] + sizes[CLASSES] + 8) * width > len(rows):
            return False
        for w in range(width):
            rows[at + w] = 0
        rows[at + HEADER] = (low << RANK_AT) | (value << STATE_AT)
        for slot in range(sizes[SLOTS]):
            pending = part.operations[part.slots[slot].owner]
            called = part.returns[low].called
            if (
                part.slots[slot].owner < called
                and pending.rank >= low
                and pending.kind in (WRITE, CAS)
            ):
                rows[at + MASKS + 3 * sizes[WORDS] + pending.word] |= pending.bit
        keep(part, arena, row, advance(part, arena, at))
    return True


def refuted_by_window(part: Part, arena: Arena, high: int, fuel: int) -> bool:
    """Whether what returns at rank ``high`` surely cannot be placed, tried with ``fuel``.

    The first window begins when that operation was called, each later one twice as far back.
    Relaxed windows and others have the fuel each; those that have run out of it are given up.
    """
    low = part.operations[part.returns[high].operation].opens
    step = 2 * part.sizes[SLOTS]
    fuels = (fuel, fuel)
    while fuels[0] + fuels[1] > 0 and low > 0:
        for relaxed in (True, False):
            left = fuels[0] if relaxed else fuels[1]
            if left <= 0:
                continue
            if not begin_window(part, arena, low, high, relaxed):
                return False
            code = search(part, arena, left)
            if code == REFUTED:
                return True
            left = 0 if code in (FULL, TIRED) else left - arena.state[EXPANDED] - 1
            fuels = (left, fuels[1]) if relaxed else (fuels[0], left)
        low -= step
        step *= 2
    return False
