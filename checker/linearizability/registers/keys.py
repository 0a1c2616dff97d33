"""All keys of a history in one call, one after the other in the same memory. A kernel."""

from __future__ import annotations

from checker.linearizability.registers.configurations import width_of
from checker.linearizability.registers.layout import (
    CLASSES,
    DEEPEST,
    EXPANDED,
    IMPROVED,
    PATIENCE,
    REQUIRED,
    RULES,
    SLOTS,
    VALUES,
    WORDS,
    Arena,
    Array,
    Part,
)
from checker.linearizability.registers.order import linearization
from checker.linearizability.registers.preparation import prepare
from checker.linearizability.registers.rules import WINDOWS
from checker.linearizability.registers.stepping import (
    FULL,
    LINEARIZED,
    REFUTED,
    TIRED,
    begin,
    search,
)
from checker.linearizability.registers.windows import refuted_by_window

UNDECIDED = -1
DONE, CROWDED, PAUSED = 4, 5, 6
"""Beside the codes of ``search``: all keys are decided; the arrays sized by slots and values are
too small; fuel is spent between two keys."""

KEY, STAGE, FUEL, ALLOWED, WAY, END, CONTROL = range(7)
"""Numbers in ``control``: the key at hand; how far it is; configurations before the caller is to
look at the clock; configurations that may be expanded without getting further; depth or breadth
first; the key to stop before; how many numbers there are."""
FRESH, PREPARED, BEGUN = 0, 1, 2


def room_enough(part: Part, arena: Arena, spare: Arena) -> bool:
    """Whether what is sized by slots and values has room for what was prepared."""
    sizes, width = part.sizes, width_of(part)
    steps = sizes[SLOTS] + sizes[CLASSES] + 8
    words = (sizes[VALUES] + 1) * sizes[WORDS]
    return bool(
        words <= len(part.pending)
        and steps * width <= len(arena.rows)
        and 2 * steps <= min(len(arena.moves), len(spare.moves))
    )


def decide_keys(
    kind: Array,
    expected: Array,
    new: Array,
    call: Array,
    ret: Array,
    rows: Array,
    starts: Array,
    init: int,
    home: Array,
    part: Part,
    arena: Arena,
    spare: Arena,
    control: Array,
    order: Array,
    counts: Array,
    statuses: Array,
    stuck: Array,
    verified: Array,
    expanded: Array,
) -> int:
    """Decide every key whose status is UNDECIDED, until one needs attention or is refuted.

    Columns as in ``prepare``; key k has ``rows[starts[k]:starts[k+1]]``, and its linearization is
    written to ``order`` from ``starts[k]``, ``counts[k]`` long. Returns DONE, REFUTED, or what
    stands in the way at ``control[KEY]``: FULL, CROWDED, TIRED or PAUSED. Call again to go on.
    """
    state = arena.state
    while control[KEY] < control[END]:
        key = control[KEY]
        if statuses[key] != UNDECIDED:
            control[KEY] += 1
            continue
        if control[STAGE] == FRESH:
            if control[FUEL] <= 0:
                return PAUSED
            start, end = starts[key], starts[key + 1]
            prepare(kind, expected, new, call, ret, rows, start, end, init, home, part)
            control[FUEL] -= (end - start) >> 2
            control[STAGE] = PREPARED
        if control[STAGE] == PREPARED:
            if not room_enough(part, arena, spare):
                return CROWDED
            begin(part, arena, control[ALLOWED], control[WAY])
            control[STAGE] = BEGUN
        before = state[EXPANDED]
        code = search(part, arena, control[FUEL])
        control[FUEL] -= state[EXPANDED] - before
        expanded[key] = state[EXPANDED]
        verified[key] = state[DEEPEST]
        if state[DEEPEST] < part.sizes[REQUIRED]:
            j = part.returns[state[DEEPEST]].operation
            stuck[key] = part.operations[j].row
        if code == TIRED and state[EXPANDED] - state[IMPROVED] > state[PATIENCE]:
            # It gets no further: is it because of what happened shortly before?
            if part.sizes[RULES] & WINDOWS:
                fuel = 4 * state[PATIENCE]
                if refuted_by_window(part, spare, state[DEEPEST], fuel):
                    code = REFUTED
            state[PATIENCE] *= 4
        if code in (FULL, TIRED):
            return code
        if code == REFUTED:
            statuses[key] = REFUTED
            return REFUTED
        counts[key] = linearization(part, arena, order, starts[key])
        stuck[key] = -1
        statuses[key] = LINEARIZED
        control[KEY] += 1
        control[STAGE] = FRESH
    return DONE
