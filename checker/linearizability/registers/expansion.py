"""Which steps a configuration suggests, by the rules of ``rules.py``. Kernels."""

from __future__ import annotations

from checker.linearizability.registers.configurations import (
    COMMITTED,
    MASKS,
    NO_WRITE,
    RANK_AT,
    STATE_AT,
    STATE_MASK,
    available,
)
from checker.linearizability.registers.layout import (
    CAS,
    CLASSES,
    DIFFERS,
    READ,
    REQUIRED,
    RULES,
    STAMPED,
    WORD,
    WORDS,
    WRITE,
    Arena,
    Part,
)
from checker.linearizability.registers.rules import ENABLE, OBSERVERS


def held(part: Part, arena: Arena, at: int, j: int, group: int) -> bool:
    """Whether operation j is in a group of masks: 0 observers, 1 sets, 2 writes, 3 optional."""
    place = at + MASKS + group * part.sizes[WORDS] + part.operations[j].word
    return bool(arena.rows[place] & part.operations[j].bit)


def bit_of(low: int) -> int:
    """Which bit a power of two is: 2 is a primitive root modulo 67, so the remainders differ."""
    return BITS[low % 67]


def suggest(arena: Arena, count: int, move: int, flag: int) -> int:
    """Note a step for ``propose`` to take; how many there are now."""
    arena.moves[2 * count] = move
    arena.moves[2 * count + 1] = flag
    return count + 1


def guess(part: Part, arena: Arena, at: int) -> int:
    """Suggest the likeliest step: what returns next, or a write of what it needs. None or one."""
    rows, words = arena.rows, part.sizes[WORDS]
    rank, state = rows[at] >> RANK_AT, (rows[at] >> STATE_AT) & STATE_MASK
    target = part.returns[rank].operation
    kind, expected = part.operations[target].kind, part.operations[target].expected
    if held(part, arena, at, target, 3):
        if rows[at] & COMMITTED:
            return 0
        return suggest(arena, 0, part.sizes[REQUIRED], rows[at] & 3)
    if kind == CAS and expected == state:
        return suggest(arena, 0, target, 0)
    if rows[at] & NO_WRITE or kind == DIFFERS or expected == state:
        return 0
    if kind == WRITE:
        return suggest(arena, 0, target, 0)
    best = -1
    for w in range(words):
        place = at + MASKS + 2 * words + w
        rest = rows[place] | rows[place + words]
        while rest:
            low = rest & -rest
            rest ^= low
            j = part.slots[(w * WORD + bit_of(low))].owner
            if (
                part.operations[j].kind == WRITE
                and part.operations[j].new == expected
                and (best < 0 or part.operations[j].rank < part.operations[best].rank)
            ):
                best = j
    if best < 0:
        return 0
    return suggest(arena, 0, best, NO_WRITE if part.sizes[RULES] & ENABLE else 0)


def weigh(part: Part, arena: Arena, at: int, j: int, count: int) -> int:
    """Note a pending mutator that is legal, the earliest to return of those with one effect."""
    moves = arena.moves
    value, rank = part.operations[j].new, part.operations[j].rank
    one = count
    if part.operations[j].kind == WRITE:
        if part.values[value].stamp == part.sizes[STAMPED]:
            one = part.values[value].best
        else:
            part.values[value].stamp = part.sizes[STAMPED]
            part.values[value].best = count
    else:
        # Few are legal at once. A required one and an optional one are no substitutes.
        required = held(part, arena, at, j, 1)
        for i in range(count):
            other = moves[2 * i]
            if (
                part.operations[other].kind == CAS
                and part.operations[other].new == value
                and held(part, arena, at, other, 1) == required
            ):
                one = i
    if one == count:
        return suggest(arena, count, j, 0)
    if rank < part.operations[moves[2 * one]].rank:
        moves[2 * one] = j
    return count


def find_pending(part: Part, arena: Arena, at: int) -> int:
    """Note every pending operation that may be linearized now; how many."""
    rows, words = arena.rows, part.sizes[WORDS]
    state = (rows[at] >> STATE_AT) & STATE_MASK
    may_write = not rows[at] & NO_WRITE
    part.sizes[STAMPED] += 1
    count = 0
    for w in range(words):
        place = at + MASKS + w
        rest = rows[place + words] | rows[place + 3 * words]
        rest &= part.pending[state * words + w].expecting
        if may_write:
            rest |= rows[place + 2 * words] | rows[place + 3 * words]
        if not part.sizes[RULES] & OBSERVERS:
            rest |= rows[place]
        while rest:
            low = rest & -rest
            rest ^= low
            j = part.slots[(w * WORD + bit_of(low))].owner
            kind, expected = part.operations[j].kind, part.operations[j].expected
            if kind == WRITE or (kind == CAS and expected == state):
                count = weigh(part, arena, at, j, count)
            elif kind != CAS and (expected == state) == (kind == READ):
                count = suggest(arena, count, j, 0)
    return count


def find_crashed(part: Part, arena: Arena, at: int, count: int) -> int:
    """Note the crashed operations that may be linearized now, and that no pending one replaces."""
    rows = arena.rows
    if not rows[at] & NO_WRITE:
        for c in range(part.sizes[CLASSES]):
            if part.classes[c].kind == WRITE:
                stamp = part.values[part.classes[c].new].stamp
                if stamp != part.sizes[STAMPED] and available(part, rows, at, c):
                    count = suggest(arena, count, -1 - c, 0)
    pending = count
    c = part.values[((rows[at] >> STATE_AT) & STATE_MASK)].set_class
    while c >= 0:
        if available(part, rows, at, c):
            same = False
            for i in range(pending):
                j = arena.moves[2 * i]
                if j >= 0 and part.operations[j].kind == CAS:
                    same |= part.operations[j].new == part.classes[c].new
            if not same:
                count = suggest(arena, count, -1 - c, 0)
        c = part.classes[c].next
    return count


def expand(part: Part, arena: Arena, at: int, which: int) -> int:
    """Suggest every step worth taking from a configuration, the likeliest last; how many.

    ``which``: ALL of them, those of PENDING operations, or those of CRASHED ones.
    """
    rows, moves = arena.rows, arena.moves
    rank = rows[at] >> RANK_AT
    first, found = 0, find_pending(part, arena, at)
    if which != PENDING:
        first = found if which == CRASHED else 0
        found = find_crashed(part, arena, at, found)
    target = part.returns[rank].operation
    optional = held(part, arena, at, target, 3)
    # What is placed before an optional operation returns must lead up to its use.
    kept = COMMITTED if optional else 0
    needed = part.operations[target].expected
    writing = part.operations[target].kind == WRITE
    count = 0
    for i in range(first, found):
        move = moves[2 * i]
        if move >= 0:
            kind, value = part.operations[move].kind, part.operations[move].new
        else:
            kind, value = part.classes[-1 - move].kind, part.classes[-1 - move].new
        likely = move == target
        flag = kept
        if kind == WRITE:
            if part.values[value].needed < rank and move != target:
                continue
            likely |= not writing and value == needed
            flag = kept | NO_WRITE
            if move == target:
                flag = NO_WRITE if optional else 0
        elif kind == CAS and (move < 0 or held(part, arena, at, move, 3)):
            flag = kept | NO_WRITE
            if move == target:
                flag = NO_WRITE
        if not part.sizes[RULES] & ENABLE:
            flag = 0
        # Pending operations go before crashed ones, which may be needed more later.
        flag |= (2 * (move >= 0) + likely) << SCORE_AT
        place = count
        while place > 0 and moves[2 * place - 1] >> SCORE_AT > flag >> SCORE_AT:
            moves[2 * place] = moves[2 * place - 2]
            moves[2 * place + 1] = moves[2 * place - 1]
            place -= 1
        moves[2 * place] = move
        moves[2 * place + 1] = flag
        count += 1
    if optional and which != CRASHED and not rows[at] & COMMITTED:
        count = suggest(arena, count, part.sizes[REQUIRED], rows[at] & 3)
    return count


ALL, PENDING, CRASHED = 0, 1, 2
SCORE_AT = 2
"""Above the flag a suggested step has its likelihood."""
BITS = tuple(next((bit for bit in range(64) if (1 << bit) % 67 == r), 0) for r in range(67))
