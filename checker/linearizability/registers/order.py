"""From the moves of a search to a linearization: rows of the table in one legal order."""

from __future__ import annotations

from checker.linearizability.registers.configurations import (
    HEADER,
    MASKS,
    STATE_AT,
    TRACE,
    enter,
    seek,
    seek_start,
    settle,
    width_of,
)
from checker.linearizability.registers.expansion import bit_of
from checker.linearizability.registers.layout import (
    CAS,
    CLASSES,
    FOUND,
    INIT,
    REQUIRED,
    USED,
    WORD,
    WORDS,
    WRITE,
    Arena,
    Array,
    Part,
)
from checker.linearizability.registers.stepping import MOVE_BITS, MOVE_MASK


def place(part: Part, count: int, row: int) -> int:
    """Put a row next in the order; how many there are."""
    part.places[count].item = row
    part.places[count].hides = -1
    return count + 1


def place_group(part: Part, arena: Arena, at: int, group: int, before: int, count: int) -> int:
    """Deal with operations that have left a group of masks since row ``before`` was like ``at``.

    Observers (0) were placed; writes (2) are hidden just before the last of the order.
    """
    words = part.sizes[WORDS]
    for w in range(words):
        offset = MASKS + group * words + w
        rest = arena.rows[before + offset] & ~arena.rows[at + offset]
        while rest:
            low = rest & -rest
            rest ^= low
            j = part.slots[(w * WORD + bit_of(low))].owner
            if group == 0:
                count = place(part, count, part.operations[j].row)
            else:
                part.places[j].hider = count - 1
    return count


def call(part: Part, arena: Arena, at: int, start: int, end: int, count: int) -> int:
    """Operations start..end are called; observers that are legal then are placed."""
    for j in range(start, end):
        enter(part, arena.rows, at, j, j + 1)
        held = 0
        for group in range(3):
            held |= arena.rows[at + MASKS + group * part.sizes[WORDS] + part.operations[j].word]
        if not held & part.operations[j].bit:
            count = place(part, count, part.operations[j].row)
    return count


def pass_returns(
    part: Part, arena: Arena, at: int, rank: int, dropping: bool, count: int
) -> tuple[int, int]:
    """``advance``, with what it leaves implicit: the rank it stops at, and the order's length.

    A write that was hidden, and never used, goes just before the write that hid it.
    """
    rows = arena.rows
    words = part.sizes[WORDS]
    while rank < part.sizes[REQUIRED]:
        j = part.returns[rank].operation
        here, bit = at + MASKS + part.operations[j].word, part.operations[j].bit
        if (rows[here] | rows[here + words] | rows[here + 2 * words]) & bit:
            break
        if rows[here + 3 * words] & bit:
            if not dropping and part.values[part.operations[j].new].needed >= rank:
                break
            dropping = False
            rows[here + 3 * words] &= ~bit
            position = part.places[j].hider
            part.places[j].hidden_next = part.places[position].hides
            part.places[position].hides = j
        rank += 1
        seek(part, rank)
        start = part.returns[rank - 1].called
        count = call(part, arena, at, start, part.returns[rank].called, count)
    return rank, count


def linearization(part: Part, arena: Arena, order: Array, start: int) -> int:
    """Write the order that a search has found to ``order`` from ``start``; its length.

    Runs the rules once more along the moves that led to the configuration found, with what the
    search left implicit. Linear in operations times words of slots. The search is over then.
    """
    rows, sizes, state = arena.rows, part.sizes, arena.state
    m, words, width = sizes[REQUIRED], sizes[WORDS], width_of(part)
    depth = 0
    row = state[FOUND]
    while row > 0:
        arena.stack[depth] = (rows[row * width + TRACE] & MOVE_MASK) - sizes[CLASSES]
        depth += 1
        row = (rows[row * width + TRACE] >> MOVE_BITS) - 1
    # Two rows beyond those used: what holds now, and what held before the last step.
    at, before = state[USED] * width, (state[USED] + 1) * width
    for w in range(width):
        rows[at + w] = 0
    rows[at + HEADER] = sizes[INIT] << STATE_AT
    seek_start(part)
    count = call(part, arena, at, 0, part.returns[0].called if m else 0, 0)
    rank, count = pass_returns(part, arena, at, 0, False, count)
    while depth > 0:
        depth -= 1
        move = arena.stack[depth]
        if move == m:
            rank, count = pass_returns(part, arena, at, rank, True, count)
            continue
        if move >= 0:
            kind, value = part.operations[move].kind, part.operations[move].new
            for group in range(4):
                rows[at + MASKS + group * words + part.operations[move].word] &= ~part.operations[
                    move
                ].bit
            count = place(part, count, part.operations[move].row)
        else:
            one = -1 - move
            kind, value = part.classes[one].kind, part.classes[one].new
            counts = at + MASKS + 4 * words + part.classes[one].where
            used = (rows[counts] >> part.classes[one].shift) & part.classes[one].most
            rows[counts] += 1 << part.classes[one].shift
            member = part.classes[one].first + used
            count = place(part, count, part.members[member].row)
        if kind in (WRITE, CAS):
            rows[at] = value << STATE_AT
        for w in range(width):
            rows[before + w] = rows[at + w]
        settle(part, rows, at, kind == WRITE)
        place_group(part, arena, at, 2, before, count)
        count = place_group(part, arena, at, 0, before, count)
        rank, count = pass_returns(part, arena, at, rank, False, count)
    length = 0
    for position in range(count):
        j = part.places[position].hides
        while j >= 0:
            order[start + length] = part.operations[j].row
            length += 1
            j = part.places[j].hidden_next
        order[start + length] = part.places[position].item
        length += 1
    return length
