"""Configurations of a register's frontier: what a row holds, and which of two is the better.

Columns of a row: state, hider, main (the state that a block will be left with), stage, W words
of pending slots, C totals, C early counts. What the rules are, and why: ``stepping.py``.
"""

from __future__ import annotations

from checker.online.board import Board

READ, WRITE, CAS, DIFFERS = 0, 1, 2, 3
BITS = 62
# Scalars of a board.
COUNT, WIDTH, WORDS, SLOTS, CLASSES, OPENS = 0, 1, 2, 3, 4, 5
CAPACITY, USED, AT, NOW, EXPANDED, BUCKETS, OUTER = 6, 7, 8, 9, 10, 11, 12
TIGHT, SCALARS = 13, 14
# Columns of a configuration, of a slot, of a class.
STATE, HIDER, MAIN, STAGE, PENDING = 0, 1, 2, 3, 4
KIND, EXPECTED, NEW, CALLED, RETURNS = 0, 1, 2, 3, 4
BASE_COUNT, RECENT, LENT = 3, 4, 5
SLOT_FIELDS, FIELDS = 5, 6
# Stages: as before the return; after compare-and-sets; after a write; in a block; done.
BASE, CHAINED, WRITTEN, BLOCK, KEPT, DEAD = 0, 1, 2, 3, 4, 5
# Codes in a stream of events, and outcomes of ``run``.
CALL, RETURN = 0, 1
DONE, REFUTED, FULL, OUTSIDE = 0, 1, 2, 3
RESERVE = 16
"""So many crashed operations of a class must be left before a few more or less do not count."""
MASK31 = (1 << 31) - 1


def legal(kind: int, expected: int, state: int) -> bool:
    """Whether an operation is an observer that ``state`` satisfies."""
    if kind == READ:
        return expected == state
    if kind == DIFFERS:
        return expected != state
    return False


def mix(digest: int, number: int) -> int:
    """Stir a number into a 31-bit digest; products stay below 2**62."""
    low = ((digest ^ (number & MASK31)) * 0x5BD1E995) & MASK31
    high = ((low ^ (low >> 15) ^ ((number >> 31) & MASK31)) * 0x2C1B3C6D) & MASK31
    return high ^ (high >> 13)


def marked(board: Board, row: int, slot: int) -> bool:
    """Whether the operation in a slot was called no later than the row's hider."""
    g = board.scalars
    hider = board.rows[row * g[WIDTH] + HIDER]
    return board.slots[slot * SLOT_FIELDS + CALLED] <= hider


def is_pending(board: Board, row: int, slot: int) -> bool:
    """Whether the operation in a slot is not placed yet."""
    g = board.scalars
    word = board.rows[row * g[WIDTH] + PENDING + slot // BITS]
    return (word & (1 << (slot % BITS))) != 0


def place(board: Board, row: int, slot: int) -> None:
    """Take the operation in a slot off the row's pending ones."""
    g = board.scalars
    at = row * g[WIDTH] + PENDING + slot // BITS
    board.rows[at] = board.rows[at] & ~(1 << (slot % BITS))


def copied(board: Board, row: int) -> int:
    """A copy of a row at the end of the rows in use; it counts only once ``admit`` took it."""
    g, rows = board.scalars, board.rows
    width = g[WIDTH]
    new = g[USED]
    for k in range(width):
        rows[new * width + k] = rows[row * width + k]
    return new


def settle(board: Board, row: int) -> None:
    """Place the pending observers that are legal now; in a block, marked ones only (rule 1)."""
    g, rows, slots = board.scalars, board.rows, board.slots
    at = row * g[WIDTH]
    state, hider = rows[at + STATE], rows[at + HIDER]
    inside = rows[at + STAGE] == BLOCK
    for w in range(g[WORDS]):
        word = rows[at + PENDING + w] & board.masks[w]
        slot = w * BITS
        gone = 0
        bit = 1
        while word:
            if word & 1:
                s = slot * SLOT_FIELDS
                if legal(slots[s + KIND], slots[s + EXPECTED], state) and (
                    not inside or slots[s + CALLED] <= hider
                ):
                    gone |= bit
            word >>= 1
            bit <<= 1
            slot += 1
        if gone:
            rows[at + PENDING + w] = rows[at + PENDING + w] & ~gone


def dominates(board: Board, a: int, b: int) -> bool:
    """Whether row a can do all that row b can (rule 4); state, stage and main are the same."""
    g, rows = board.scalars, board.rows
    words, width = g[WORDS], g[WIDTH]
    at_a, at_b = a * width, b * width
    if rows[at_a + HIDER] < rows[at_b + HIDER]:
        return False
    for w in range(words):
        word_a, word_b = rows[at_a + PENDING + w], rows[at_b + PENDING + w]
        if word_b & ~word_a & ~board.masks[w]:
            return False
        more = word_a & ~word_b
        if more:
            if more & ~board.masks[2 * words + w]:
                return False
            slot = w * BITS
            while more:
                if more & 1 and not marked(board, a, slot):
                    return False
                more >>= 1
                slot += 1
    return spends_no_more(board, at_a, at_b)


def spends_no_more(board: Board, at_a: int, at_b: int) -> bool:
    """Whether the row at ``at_a`` has crashed operations left for all that the other has.

    Of a class of which so many are left that RESERVE more may be used, a few more in use do
    not count, as long as there are no more in all. That is noted (LENT): should the class run
    out after all, somewhere, then a refutation is not one any more (TIGHT).
    """
    g, rows = board.scalars, board.rows
    classes = g[CLASSES]
    totals_a, totals_b = at_a + PENDING + g[WORDS], at_b + PENDING + g[WORDS]
    spare, lends = 0, False
    for c in range(classes):
        total, early = rows[totals_a + c], rows[totals_a + classes + c]
        spare += rows[totals_b + c] - total
        if total > rows[totals_b + c] or early > rows[totals_b + classes + c]:
            lends = True
            base = board.classes[c * FIELDS + BASE_COUNT]
            left = base + board.classes[c * FIELDS + RECENT] - total
            if left < RESERVE or base - early < RESERVE:
                return False
    if spare < 0:
        return False
    if lends:
        for c in range(classes):
            if (
                rows[totals_a + c] > rows[totals_b + c]
                or rows[totals_a + classes + c] > rows[totals_b + classes + c]
            ):
                board.classes[c * FIELDS + LENT] = 1
    return True


def admit(board: Board, row: int) -> bool:
    """Keep the row at the end unless another can do as much; drop those it outdoes (rule 4)."""
    g, rows, link = board.scalars, board.rows, board.link
    width, words = g[WIDTH], g[WORDS]
    at = row * width
    stage, state, main = rows[at + STAGE], rows[at + STATE], rows[at + MAIN]
    digest = mix(mix(17 + stage, state), main)
    for w in range(words):
        digest = mix(digest, rows[at + PENDING + w] & board.masks[words + w])
    bucket = digest & (g[BUCKETS] - 1)
    seen = board.heads[bucket]
    while seen >= 0:
        other = seen * width
        if (
            rows[other + STATE] == state
            and rows[other + STAGE] == stage
            and rows[other + MAIN] == main
        ):
            if dominates(board, seen, row):
                return False
            if dominates(board, row, seen):
                rows[other + STAGE] = DEAD
        seen = link[seen]
    link[row] = board.heads[bucket]
    board.heads[bucket] = row
    g[USED] = row + 1
    return True


def usable(board: Board, row: int, c: int, block: bool) -> bool:
    """Whether one more crashed operation of class c can be placed, or placed in a block."""
    g, rows, classes = board.scalars, board.rows, board.classes
    at = row * g[WIDTH] + PENDING + g[WORDS]
    count = classes[c * FIELDS + BASE_COUNT]
    recent = classes[c * FIELDS + RECENT]
    if rows[at + c] >= count + recent:
        if board.classes[c * FIELDS + LENT]:
            g[TIGHT] = 1
        return False
    if not block:
        return True
    hider = rows[row * g[WIDTH] + HIDER]
    for k in range(recent):
        if board.opens[c * g[OPENS] + k] <= hider:
            count += 1
    if count > rows[at + g[CLASSES] + c]:
        return True
    if board.classes[c * FIELDS + LENT]:
        g[TIGHT] = 1
    return False


def use(board: Board, row: int, c: int, block: bool) -> None:
    """Place one more crashed operation of class c."""
    g, rows = board.scalars, board.rows
    at = row * g[WIDTH] + PENDING + g[WORDS] + c
    rows[at] = rows[at] + 1
    if block:
        rows[at + g[CLASSES]] = rows[at + g[CLASSES]] + 1


def hide(board: Board, row: int) -> None:
    """A write has just been placed at the end: everything pending is marked from here on."""
    g, rows = board.scalars, board.rows
    at = row * g[WIDTH]
    rows[at + HIDER] = g[NOW]
    at += PENDING + g[WORDS]
    for c in range(g[CLASSES]):
        rows[at + g[CLASSES] + c] = rows[at + c]


def keep(board: Board, row: int) -> None:
    """The returning operation is placed: the row is of the next frontier.

    Its hider is set back to the last call it marks that can still matter, so that rows
    that differ in nothing else become comparable; without a write to begin a block with,
    no mark matters.
    """
    g, rows, slots = board.scalars, board.rows, board.slots
    at = row * g[WIDTH]
    hider = rows[at + HIDER]
    latest, source = -1, False
    for slot in range(g[SLOTS]):
        s = slot * SLOT_FIELDS
        if slots[s + KIND] >= 0 and slots[s + CALLED] <= hider and is_pending(board, row, slot):
            latest = max(latest, slots[s + CALLED])
            if slots[s + KIND] == WRITE:
                source = True
    for c in range(g[CLASSES]):
        k = c * FIELDS
        left = board.classes[k + BASE_COUNT] + board.classes[k + RECENT]
        if rows[at + PENDING + g[WORDS] + c] < left:
            if board.classes[k + KIND] == WRITE:
                source = True
            latest = max(latest, 0)
            for one in range(board.classes[k + RECENT]):
                opens = board.opens[c * g[OPENS] + one]
                if opens <= hider:
                    latest = max(latest, opens)
    if g[OUTER] and hider >= 0:
        # What is kept off the board was called by event OUTER - 1, and may come onto it.
        latest, source = max(latest, min(hider, g[OUTER] - 1)), True
    rows[at + HIDER] = latest if source else -1
    rows[at + STAGE] = KEPT
    admit(board, row)
