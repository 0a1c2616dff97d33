"""The search: what comes of a step, and in which order configurations are taken up. Kernels.

The method is Wing & Gong's search (1993) in Lowe's just-in-time form (2017, section 4): nothing
is linearized before some operation has to return. Depth first, a configuration first takes the
likeliest step alone (``guess``), and all others only when that has failed; breadth first, those
of the lowest rank come first, where dominance is most effective.
"""

from __future__ import annotations

from checker.linearizability.registers.configurations import (
    COMMITTED,
    HEADER,
    MASKS,
    NO_WRITE,
    RANK_AT,
    STATE_AT,
    STATE_MASK,
    TRACE,
    advance,
    available,
    enter,
    known,
    seek,
    seek_start,
    settle,
    width_of,
)
from checker.linearizability.registers.expansion import ALL, CRASHED, PENDING, expand, guess, held
from checker.linearizability.registers.layout import (
    CAS,
    CLASSES,
    DEEPEST,
    EPOCH,
    EXPANDED,
    FOUND,
    IMPROVED,
    INIT,
    LIMIT,
    LOWEST,
    MODE,
    PATIENCE,
    RELAXED,
    REQUIRED,
    RULES,
    SLOTS,
    TOP,
    USED,
    WORDS,
    WRITE,
    Arena,
    Part,
)
from checker.linearizability.registers.rules import OBSERVERS

REFUTED, LINEARIZED, FULL, TIRED = 0, 1, 2, 3
MOVE_BITS = 31
MOVE_MASK = (1 << 31) - 1
"""TRACE is the parent row + 1, and the move + CLASSES."""
DEPTH, BREADTH, THRIFT = 0, 1, 2
"""Ways to search: depth first; breadth first; depth first, crashed operations put off."""


def schedule(arena: Arena, row: int, rank: int) -> None:
    """Put a configuration where it will be taken up."""
    state = arena.state
    if state[MODE] == BREADTH:
        arena.stack[row] = arena.fronts[rank]
        arena.fronts[rank] = row
    else:
        arena.stack[state[TOP]] = 2 * row
        state[TOP] += 1


def keep(part: Part, arena: Arena, row: int, rank: int) -> None:
    """Keep a configuration unless it is dominated; one beyond the limit is what was looked for."""
    state = arena.state
    if rank > state[LIMIT]:
        state[FOUND] = row
        state[USED] += 1
    elif not known(part, arena, row):
        state[USED] += 1
        schedule(arena, row, rank)


def must_enable(part: Part, arena: Arena, at: int, base: int) -> bool:
    """Whether a row is worth keeping only if some compare-and-set is legal in it (ENABLE).

    So it is when it may not write next, and the same operation as in ``base`` still has to be
    placed, or is one that will be used.
    """
    rows = arena.rows
    if not rows[at] & NO_WRITE or rows[at] >> RANK_AT != rows[base] >> RANK_AT:
        return False
    if not part.sizes[RULES] & OBSERVERS:
        return False
    if rows[at] & COMMITTED:
        return True
    j = part.returns[rows[at] >> RANK_AT].operation
    return not held(part, arena, at, j, 3)


def propose(part: Part, arena: Arena, parent: int, move: int, flag: int) -> None:
    """Linearize ``move`` in configuration ``parent``; keep what comes of it unless dominated.

    ``move`` is a pending operation's number, or -1-c for the next of crashed class c; the number
    of required operations lets the optional one that returns next go unused. Masks must be those
    of the parent's rank.
    """
    rows, sizes, state = arena.rows, part.sizes, arena.state
    m, words, width = sizes[REQUIRED], sizes[WORDS], width_of(part)
    row = state[USED]
    base, at = parent * width, row * width
    for w in range(MASKS, width):
        rows[at + w] = rows[base + w]
    rank = rows[base] >> RANK_AT
    rows[at] = (rows[base] & ~3) | flag
    rows[at + TRACE] = ((parent + 1) << MOVE_BITS) | (move + sizes[CLASSES])
    enabled = True
    if move == m:
        j = part.returns[rank].operation
        rows[at + MASKS + 3 * words + part.operations[j].word] &= ~part.operations[j].bit
    else:
        if move >= 0:
            kind, value = part.operations[move].kind, part.operations[move].new
            place, bit = at + MASKS + part.operations[move].word, part.operations[move].bit
            for group in range(4):
                rows[place + group * words] &= ~bit
            if state[RELAXED] and kind in (WRITE, CAS):
                rows[place + 3 * words] |= bit
        else:
            c = -1 - move
            kind, value = part.classes[c].kind, part.classes[c].new
            place = at + MASKS + 4 * words + part.classes[c].where
            if not state[RELAXED]:
                rows[place] += 1 << part.classes[c].shift
        if kind in (WRITE, CAS):
            rows[at] = (rank << RANK_AT) | (value << STATE_AT) | flag
        enabled = settle(part, rows, at, kind == WRITE)
    rank = advance(part, arena, at)
    if rank <= state[LIMIT] and not enabled and must_enable(part, arena, at, base):
        c = part.values[(rows[at] >> STATE_AT) & STATE_MASK].set_class
        while c >= 0 and not available(part, rows, at, c):
            c = part.classes[c].next
        if c < 0:
            return
    keep(part, arena, row, rank)


def reset(arena: Arena, limit: int, patience: int, mode: int) -> None:
    """Forget whatever was in an arena; it is to look for a configuration beyond rank ``limit``."""
    state = arena.state
    for number in range(EPOCH):
        state[number] = 0
    state[EPOCH] += 1
    state[FOUND] = -1
    state[PATIENCE] = patience
    state[LIMIT] = limit
    state[MODE] = mode
    if mode == BREADTH:
        for rank in range(limit + 1):
            arena.fronts[rank] = -1


def begin(part: Part, arena: Arena, patience: int, mode: int) -> None:
    """Put the first configuration into an arena, whatever was in it.

    ``patience``: how many configurations may be expanded without one of higher rank.
    """
    sizes, rows = part.sizes, arena.rows
    reset(arena, sizes[REQUIRED] - 1, patience, mode)
    seek_start(part)
    for w in range(width_of(part)):
        rows[w] = 0
    rows[HEADER] = sizes[INIT] << STATE_AT
    enter(part, rows, 0, 0, part.returns[0].called)
    keep(part, arena, 0, advance(part, arena, 0))


def take_depth(part: Part, arena: Arena) -> int:
    """Take up a configuration depth first: twice its row, plus its turn; -1 when there is none.

    Turn 0: it was not expanded yet; 1: its likeliest step has failed. With THRIFT those of which
    only crashed operations are left to be tried lie in a second stack and are given back as
    -2 - row, when otherwise the search would have to go back further than there are slots: a
    crashed operation is a way out of many a wrong turn, and then is missing when there is no
    other way.
    """
    state, stack = arena.state, arena.stack
    if state[TOP] > 0:
        row = stack[state[TOP] - 1] >> 1
        rank = arena.rows[row * width_of(part)] >> RANK_AT
        if state[LOWEST] == 0 or rank >= state[DEEPEST] - part.sizes[SLOTS]:
            state[TOP] -= 1
            return int(stack[state[TOP]])
    if state[LOWEST] == 0:
        return -1
    state[LOWEST] -= 1
    return int(-2 - arena.fronts[state[LOWEST]])


def take_breadth(arena: Arena) -> int:
    """Take up a configuration of the lowest rank: twice its row, plus 1; -1 when there is none."""
    state, fronts = arena.state, arena.fronts
    while state[LOWEST] <= state[LIMIT] and fronts[state[LOWEST]] < 0:
        state[LOWEST] += 1
    if state[LOWEST] > state[LIMIT]:
        return -1
    row = fronts[state[LOWEST]]
    fronts[state[LOWEST]] = arena.stack[row]
    return int(2 * row + 1)


def search(part: Part, arena: Arena, fuel: int) -> int:
    """Search on, for at most ``fuel`` configurations more.

    Returns LINEARIZED, REFUTED (nothing left to try), TIRED (fuel spent, or patience lost), or
    FULL (the arena must grow). All that it knows lies in the arena, so it can be called again.
    """
    state, stack, width = arena.state, arena.stack, width_of(part)
    room = (part.sizes[SLOTS] + part.sizes[CLASSES] + 4) * width
    while state[FOUND] < 0:
        if state[USED] * width + room > len(arena.rows):
            return FULL
        if fuel <= 0 or state[EXPANDED] - state[IMPROVED] > state[PATIENCE]:
            return TIRED
        entry = take_breadth(arena) if state[MODE] == BREADTH else take_depth(part, arena)
        if entry == -1:
            return REFUTED
        base = entry >> 1 if entry >= 0 else -2 - entry
        at = base * width
        seek(part, arena.rows[at] >> RANK_AT)
        which, count = ALL, 0
        if state[MODE] == BREADTH or entry & 1 == 0:
            fuel -= 1
            state[EXPANDED] += 1
        if entry < 0:
            which = CRASHED
        elif entry & 1 == 0 and guess(part, arena, at):
            stack[state[TOP]] = entry + 1
            state[TOP] += 1
            count = 1
        elif state[MODE] == THRIFT:
            which = PENDING
            arena.fronts[state[LOWEST]] = base
            state[LOWEST] += 1
        if count == 0:
            count = expand(part, arena, at, which)
        for one in range(count):
            propose(part, arena, base, arena.moves[2 * one], arena.moves[2 * one + 1] & 3)
    return LINEARIZED
