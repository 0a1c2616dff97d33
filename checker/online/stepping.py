"""A register's frontier, return by return: short functions over integers and flat arrays.

Breadth-first just-in-time linearization (Lowe 2017, section 4) without a look into the
future: between two events there is a set of *configurations*, each standing for orders in
which everything that returned has been placed. A configuration is

    state     what the register holds
    hider     the event at which a write was last placed (-1: never); it hid what was before
    pending   open operations that are not placed yet, one bit a slot
    total     how many crashed operations of each class have been placed
    early     how many of those are placed no later than the hider

An operation that is pending and was called no later than the hider is *marked*. With the
order written as ``α L β`` (L the last write, so β holds reads and compare-and-sets only):

1. *Observers early.* A read or mismatch that is legal now is placed now: it changes nothing,
   and all that must precede it is placed already.
2. *Blocks.* A write and what follows from it, compare-and-sets and reads, may be inserted
   between α and L as long as all of it is marked: L hides it, nothing before L minds, and
   what is marked was open when L took place, so no order of real time is broken. A block
   is therefore inserted as late as the first return of one of its members, not when L is
   placed, and so a write that returns marked needs no place of its own. Orders such as
   ``α x y``, x before y to no visible end, are never tried.
3. *Only what must be.* At the return of t the orders tried are: a block with t in it; or
   compare-and-sets from the present state on, then at most one write, then compare-and-sets
   until t is placed. Everything else can come later, or is a block before that write.
4. *Dominance.* A configuration is dropped for another with the same state and the same
   compare-and-sets pending that has no older hider, no read pending that the first has not,
   no crashed operation more in use (``spends_no_more``), and of writes, where they differ,
   marked ones pending: those can still be used and need not be.
5. Writes of one value that are open are used in order of return, open before crashed; an
   exchange shows that this loses nothing. Compare-and-sets likewise, but marked ones and
   the others are tried apart: only the former can go into a block.

How an operation ended is known when it is called here (``window.py``), its return included.

The functions are plain Python over lists; ``engine.py`` gives the same source to numba, over int64
arrays. So only integers below 2**63 occur, and words hold BITS = 62 bits.
"""

from __future__ import annotations

from checker.online.board import Board
from checker.online.configurations import (
    AT,
    BASE,
    BITS,
    BLOCK,
    BUCKETS,
    CALL,
    CAPACITY,
    CAS,
    CHAINED,
    CLASSES,
    COUNT,
    DIFFERS,
    DONE,
    EXPANDED,
    EXPECTED,
    FIELDS,
    FULL,
    KEPT,
    KIND,
    MAIN,
    NEW,
    NOW,
    OUTER,
    OUTSIDE,
    PENDING,
    REFUTED,
    RETURNS,
    SLOT_FIELDS,
    SLOTS,
    STAGE,
    STATE,
    USED,
    WIDTH,
    WORDS,
    WRITE,
    WRITTEN,
    admit,
    copied,
    hide,
    is_pending,
    keep,
    legal,
    marked,
    place,
    settle,
    usable,
    use,
)


def leads_on(board: Board, row: int) -> bool:
    """Whether a compare-and-set can follow."""
    g, rows, slots = board.scalars, board.rows, board.slots
    at = row * g[WIDTH]
    state = rows[at + STATE]
    block = rows[at + STAGE] == BLOCK
    words = g[WORDS]
    for w in range(words):
        if rows[at + PENDING + w] & board.masks[words + w]:
            for slot in range(w * BITS, min(w * BITS + BITS, g[SLOTS])):
                s = slot * SLOT_FIELDS
                if (
                    slots[s + KIND] == CAS
                    and slots[s + EXPECTED] == state
                    and is_pending(board, row, slot)
                    and (not block or marked(board, row, slot))
                ):
                    return True
    for c in range(g[CLASSES]):
        k = c * FIELDS
        if (
            board.classes[k + KIND] == CAS
            and board.classes[k + EXPECTED] == state
            and usable(board, row, c, block)
        ):
            return True
    return False


def conclude(board: Board, row: int, target: int) -> None:
    """A step was taken: keep the row if the target is placed, go on from it if it may come."""
    g, rows = board.scalars, board.rows
    at = row * g[WIDTH]
    settle(board, row)
    placed = not is_pending(board, row, target)
    if rows[at + STAGE] == BLOCK:
        if leads_on(board, row):
            if not admit(board, row):
                return
        elif not placed:
            return
        if placed:
            done = copied(board, row)
            at = done * g[WIDTH]
            rows[at + STATE] = rows[at + MAIN]
            rows[at + MAIN] = 0
            keep(board, done)
    elif placed:
        keep(board, row)
    elif rows[at + STAGE] == CHAINED or leads_on(board, row):
        admit(board, row)


def preferred(board: Board, row: int, slot: int, kind: int, block: bool) -> bool:
    """Whether the operation in a slot is the one of its like to use (rule 5).

    ``block``: only marked ones count; else compare-and-sets that are marked are compared
    among themselves.
    """
    g, slots = board.scalars, board.slots
    s = slot * SLOT_FIELDS
    mine = marked(board, row, slot)
    if block and not mine:
        return False
    for other in range(g[SLOTS]):
        o = other * SLOT_FIELDS
        if (
            other != slot
            and slots[o + KIND] == kind
            and slots[o + NEW] == slots[s + NEW]
            and (kind == WRITE or slots[o + EXPECTED] == slots[s + EXPECTED])
            and slots[o + RETURNS] < slots[s + RETURNS]
            and is_pending(board, row, other)
            and ((kind == WRITE and not block) or marked(board, row, other) == mine)
        ):
            return False
    return True


def rivals(board: Board, row: int, c: int, block: bool) -> bool:
    """Whether an open operation makes a crashed one of class c superfluous (rule 5)."""
    g, slots = board.scalars, board.slots
    k = c * FIELDS
    kind = board.classes[k + KIND]
    for slot in range(g[SLOTS]):
        s = slot * SLOT_FIELDS
        if (
            slots[s + KIND] == kind
            and slots[s + NEW] == board.classes[k + NEW]
            and (kind == WRITE or slots[s + EXPECTED] == board.classes[k + EXPECTED])
            and is_pending(board, row, slot)
        ):
            if block:
                if marked(board, row, slot):
                    return True
            elif kind == WRITE or not marked(board, row, slot):
                return True
    return False


def try_sets(board: Board, row: int, target: int) -> None:
    """Follow a row by each compare-and-set that is legal in it."""
    g, rows, slots = board.scalars, board.rows, board.slots
    width, words = g[WIDTH], g[WORDS]
    at = row * width
    state, stage = rows[at + STATE], rows[at + STAGE]
    block = stage == BLOCK
    after = CHAINED if stage == BASE else stage
    for w in range(words):
        if not rows[at + PENDING + w] & board.masks[words + w]:
            continue
        for slot in range(w * BITS, min(w * BITS + BITS, g[SLOTS])):
            s = slot * SLOT_FIELDS
            if (
                slots[s + KIND] == CAS
                and slots[s + EXPECTED] == state
                and is_pending(board, row, slot)
                and preferred(board, row, slot, CAS, block)
            ):
                new = copied(board, row)
                place(board, new, slot)
                rows[new * width + STATE] = slots[s + NEW]
                rows[new * width + STAGE] = after
                conclude(board, new, target)
    for c in range(g[CLASSES]):
        k = c * FIELDS
        if (
            board.classes[k + KIND] == CAS
            and board.classes[k + EXPECTED] == state
            and usable(board, row, c, block)
            and not rivals(board, row, c, block)
        ):
            new = copied(board, row)
            use(board, new, c, block)
            rows[new * width + STATE] = board.classes[k + NEW]
            rows[new * width + STAGE] = after
            conclude(board, new, target)


def written(board: Board, row: int, value: int, block: bool) -> None:
    """The row's next operation is a write of ``value``, at the end or as a block's first."""
    g, rows = board.scalars, board.rows
    at = row * g[WIDTH]
    if block:
        rows[at + MAIN] = rows[at + STATE]
        rows[at + STAGE] = BLOCK
    else:
        hide(board, row)
        rows[at + STAGE] = WRITTEN
    rows[at + STATE] = value


def try_writes(board: Board, row: int, target: int, block: bool) -> None:
    """Follow a row by each write that is open or crashed, at its end or in a block."""
    g, rows, slots = board.scalars, board.rows, board.slots
    words = g[WORDS]
    at = row * g[WIDTH]
    for w in range(words):
        if not rows[at + PENDING + w] & board.masks[2 * words + w]:
            continue
        for slot in range(w * BITS, min(w * BITS + BITS, g[SLOTS])):
            s = slot * SLOT_FIELDS
            if (
                slots[s + KIND] == WRITE
                and is_pending(board, row, slot)
                and preferred(board, row, slot, WRITE, block)
            ):
                new = copied(board, row)
                place(board, new, slot)
                written(board, new, slots[s + NEW], block)
                conclude(board, new, target)
    for c in range(g[CLASSES]):
        if (
            board.classes[c * FIELDS + KIND] == WRITE
            and usable(board, row, c, block)
            and not rivals(board, row, c, block)
        ):
            new = copied(board, row)
            use(board, new, c, block)
            written(board, new, board.classes[c * FIELDS + NEW], block)
            conclude(board, new, target)


def expand(board: Board, row: int, target: int) -> None:
    """Take every step from a row that may lead to the target's being placed (rule 3)."""
    g, rows, slots = board.scalars, board.rows, board.slots
    stage = rows[row * g[WIDTH] + STAGE]
    if stage <= CHAINED:
        if slots[target * SLOT_FIELDS + KIND] == WRITE:
            for block in range(2):
                if block and (stage != BASE or not marked(board, row, target)):
                    continue
                new = copied(board, row)
                place(board, new, target)
                written(board, new, slots[target * SLOT_FIELDS + NEW], block == 1)
                conclude(board, new, target)
        else:
            try_writes(board, row, target, False)
            if stage == BASE and marked(board, row, target):
                try_writes(board, row, target, True)
    try_sets(board, row, target)


def give_back(board: Board, target: int, now: int) -> int:
    """The operation in slot ``target`` returns at event ``now``: the frontier after it."""
    g, rows, slots = board.scalars, board.rows, board.slots
    width, count = g[WIDTH], g[COUNT]
    waiting = 0
    for row in range(count):
        if is_pending(board, row, target):
            waiting += 1
    if waiting:
        if g[OUTER] and slots[target * SLOT_FIELDS + KIND] == DIFFERS:
            return OUTSIDE
        g[NOW] = now
        buckets = 16
        while buckets < len(board.heads) and (buckets < 4 * count or buckets < g[CAPACITY] // 16):
            buckets *= 2
        g[BUCKETS] = buckets
        for bucket in range(buckets):
            board.heads[bucket] = -1
        room = 3 * (g[SLOTS] + g[CLASSES]) + 6
        if count + count + room > g[CAPACITY]:
            return FULL
        g[USED] = count
        for row in range(count):
            if not is_pending(board, row, target):
                keep(board, copied(board, row))
        for row in range(count):
            if is_pending(board, row, target):
                new = copied(board, row)
                rows[new * width + STAGE] = BASE
                admit(board, new)
        at = count
        while at < g[USED]:
            if g[USED] + room > g[CAPACITY]:
                return FULL
            if rows[at * width + STAGE] < KEPT:
                g[EXPANDED] = g[EXPANDED] + 1
                expand(board, at, target)
            at += 1
        kept = 0
        for row in range(count, g[USED]):
            if rows[row * width + STAGE] == KEPT:
                for k in range(width):
                    rows[kept * width + k] = rows[row * width + k]
                kept += 1
        g[COUNT] = kept
    slots[target * SLOT_FIELDS + KIND] = -1
    word, bit = target // BITS, ~(1 << (target % BITS))
    for kind in range(3):
        board.masks[kind * g[WORDS] + word] = board.masks[kind * g[WORDS] + word] & bit
    return DONE if g[COUNT] else REFUTED


def call(board: Board, stream: list[int], at: int) -> None:
    """An operation is called: pending everywhere but where it is an observer that is legal."""
    g, rows, slots = board.scalars, board.rows, board.slots
    width = g[WIDTH]
    slot, kind, expected = stream[at + 1], stream[at + 2], stream[at + 3]
    for k in range(SLOT_FIELDS):
        slots[slot * SLOT_FIELDS + k] = stream[at + 2 + k]
    word, bit = slot // BITS, 1 << (slot % BITS)
    group = 1 if kind == CAS else 2 if kind == WRITE else 0
    mask = group * g[WORDS] + word
    board.masks[mask] = board.masks[mask] | bit
    for row in range(g[COUNT]):
        if not legal(kind, expected, rows[row * width + STATE]):
            at_word = row * width + PENDING + word
            rows[at_word] = rows[at_word] | bit


def run(board: Board, stream: list[int], length: int) -> int:
    """Follow the events of ``stream`` from AT on.

    CALL slot kind expected new called returns · RETURN slot event.
    REFUTED: nothing can follow the return at AT. FULL: more rows are needed for it, and
    OUTSIDE: classes that are kept off the board (OUTER) must be put on it; either way call
    again, nothing is lost.
    """
    g = board.scalars
    while g[AT] < length:
        at = g[AT]
        code = stream[at]
        if code == CALL:
            call(board, stream, at)
            g[AT] = at + 7
        else:
            outcome = give_back(board, stream[at + 1], stream[at + 2])
            if outcome != DONE:
                return outcome
            g[AT] = at + 3
    return DONE
