"""Configurations: what follows of a step without choice, and which are worth keeping.

Words of a configuration are read by ``at``, where its row begins in ``Arena.rows``. Kernels as
in ``preparation.py``; the rules are those of ``rules.py``.
"""

from __future__ import annotations

from checker.linearizability.registers.layout import (
    AT,
    CAS,
    COUNTS,
    DEEPEST,
    DIFFERS,
    EPOCH,
    EXPANDED,
    GUARDS,
    IMPROVED,
    READ,
    RELAXED,
    REQUIRED,
    RULES,
    SLOTS,
    USED,
    VALUES,
    WORDS,
    WRITE,
    Arena,
    Array,
    Part,
)
from checker.linearizability.registers.rules import DOMINANCE, HIDDEN, OBSERVERS, SUBSET

HEADER, TRACE, LINK, MASKS = 0, 1, 2, 3
"""Words of a row; from MASKS on WORDS words each of required observers, required
compare-and-sets, required writes, optional operations; then COUNTS words of counts."""
NO_WRITE, COMMITTED = 1, 2
STATE_AT, RANK_AT, STATE_MASK = 2, 33, (1 << 31) - 1
"""HEADER is rank, state and flag; shifts and mask."""
MASK31 = (1 << 31) - 1
EPOCH_AT, ROW_MASK = 31, (1 << 31) - 1
"""A bucket's head is epoch and row + 1: that of an earlier epoch is void. A link is row + 1, and
above it whether the row lies in a fine bucket."""
CROWD = 48
"""Rows in a bucket from which on it takes no more."""


def width_of(part: Part) -> int:
    """Words a configuration takes."""
    return int(MASKS + 4 * part.sizes[WORDS] + part.sizes[COUNTS])


def mark(part: Part, j: int) -> None:
    """Enter a pending operation into the words of its value, or take it out again."""
    kind, bit, words = part.operations[j].kind, part.operations[j].bit, part.sizes[WORDS]
    place = part.operations[j].expected * words + part.operations[j].word
    if kind == READ:
        part.pending[place].reading ^= bit
    elif kind == CAS:
        part.pending[place].expecting ^= bit
    elif kind == DIFFERS:
        part.pending[place].differing ^= bit
        part.pending[part.sizes[VALUES] * words + part.operations[j].word].differing ^= bit


def seek(part: Part, rank: int) -> None:
    """Make owners and the words by value say what is pending just before the return of ``rank``."""
    at = part.sizes[AT]
    if at == rank:
        return
    step = 1 if at < rank else 0
    while at != rank:
        if not step:
            at -= 1
        # One operation has returned, and others were called; or backwards.
        mark(part, part.returns[at].operation)
        for j in range(part.returns[at].called, part.returns[at + 1].called):
            mark(part, j)
            if step:
                part.slots[part.operations[j].slot].owner = j
        if not step:
            part.slots[part.operations[part.returns[at].operation].slot].owner = part.returns[
                at
            ].operation
        at += step
    part.sizes[AT] = rank


def seek_start(part: Part) -> None:
    """Make owners and the words by value those of rank 0, whatever they are."""
    for place in range((part.sizes[VALUES] + 1) * part.sizes[WORDS]):
        part.pending[place].reading = 0
        part.pending[place].differing = 0
        part.pending[place].expecting = 0
    for slot in range(part.sizes[SLOTS]):
        part.slots[slot].owner = 0
    for j in range(part.returns[0].called):
        part.slots[part.operations[j].slot].owner = j
        mark(part, j)
    part.sizes[AT] = 0


def enter(part: Part, rows: Array, at: int, start: int, end: int) -> None:
    """Operations start..end are called: observers that are legal are placed at once (OBSERVERS)."""
    words = part.sizes[WORDS]
    for j in range(start, end):
        place = at + MASKS + part.operations[j].word
        if part.operations[j].kind == CAS:
            place += words
        elif part.operations[j].kind == WRITE:
            place += 2 * words
        elif part.sizes[RULES] & OBSERVERS:
            same = part.operations[j].expected == (rows[at] >> STATE_AT) & STATE_MASK
            if same == (part.operations[j].kind == READ):
                rows[at] &= ~NO_WRITE
                continue
        rows[place] |= part.operations[j].bit


def advance(part: Part, arena: Arena, at: int) -> int:
    """Let operations return, and new ones be called, as long as there is no choice in it.

    Stops before the return of an operation that is not placed, and before that of an optional
    one that may still be needed: it is used now or never. Returns the rank it stops at.
    """
    rows, words, m = arena.rows, part.sizes[WORDS], part.sizes[REQUIRED]
    rank = rows[at] >> RANK_AT
    begun = rank
    while rank < m:
        target = part.returns[rank].operation
        place, bit = at + MASKS + part.operations[target].word, part.operations[target].bit
        if (rows[place] | rows[place + words] | rows[place + 2 * words]) & bit:
            break
        place += 3 * words
        if rows[place] & bit:
            if part.values[part.operations[target].new].needed >= rank:
                break
            rows[place] &= ~bit
        rank += 1
        called = part.returns[rank - 1].called
        if called < part.returns[rank].called:
            enter(part, rows, at, called, part.returns[rank].called)
    rows[at] += (rank - begun) << RANK_AT
    if rank > arena.state[DEEPEST]:
        arena.state[DEEPEST] = rank
        arena.state[IMPROVED] = arena.state[EXPANDED]
    return int(rank)


def settle(part: Part, rows: Array, at: int, hides: bool) -> bool:
    """After a step: hide pending writes (HIDDEN, if ``hides``) and place legal observers.

    Returns whether some pending compare-and-set has become legal. The words by value must be
    those of the configuration's rank.
    """
    words, rules = part.sizes[WORDS], part.sizes[RULES]
    here = ((rows[at] >> STATE_AT) & STATE_MASK) * words
    every = part.sizes[VALUES] * words
    enabled = False
    for w in range(words):
        place = at + MASKS + w
        legal = part.pending[here + w].reading | (
            part.pending[every + w].differing & ~part.pending[here + w].differing
        )
        if rules & OBSERVERS and rows[place] & legal:
            rows[place] &= ~legal
            rows[at] &= ~NO_WRITE
        optional = place + 3 * words
        if hides and rules & HIDDEN:
            rows[optional] |= rows[optional - words]
            rows[optional - words] = 0
        if (rows[place + words] | rows[optional]) & part.pending[here + w].expecting:
            enabled = True
    return enabled


def available(part: Part, rows: Array, at: int, c: int) -> bool:
    """Whether a crashed operation of class c can be used now, and can still be of use."""
    rank = rows[at] >> RANK_AT
    counts = rows[at + MASKS + 4 * part.sizes[WORDS] + part.classes[c].where]
    member = part.classes[c].first + ((counts >> part.classes[c].shift) & part.classes[c].most)
    if member >= part.classes[c + 1].first:
        return False
    return bool(
        part.members[member].opens <= rank and part.values[part.classes[c].new].needed >= rank
    )


def mix(digest: int, number: int) -> int:
    """Stir 31 bits into a 31-bit digest; products stay below 2**62."""
    product = ((digest ^ number) * 0x5BD1E995) & MASK31
    return product ^ (product >> 15)


def digest_of(part: Part, arena: Arena, row: int, fine: bool) -> int:
    """The digest of what has to be equal for dominance; or of all there is, if ``fine``."""
    rows, at = arena.rows, row * width_of(part)
    header = rows[at] >> STATE_AT
    digest = mix(mix(17, header & MASK31), header >> 31)
    words = part.sizes[WORDS]
    start, end = at + MASKS, at + MASKS + 3 * words
    if fine:
        end = at + width_of(part)
    elif part.sizes[RULES] & SUBSET:
        # A compare-and-set that is required in one and placed in the other is an obstacle to
        # dominance either way, unless what was placed may be used again.
        start, end = start + words, start + (words if arena.state[RELAXED] else 2 * words)
    for place in range(start, end):
        digest = mix(mix(digest, rows[place] & MASK31), rows[place] >> 31)
    return digest


def dominates(part: Part, rows: Array, seen: int, at: int) -> bool:
    """Whether the configuration at ``seen`` can do all that the one at ``at`` can (DOMINANCE)."""
    if rows[seen] >> STATE_AT != rows[at] >> STATE_AT or rows[seen] & ~rows[at] & 3:
        return False
    words, rules = part.sizes[WORDS], part.sizes[RULES]
    for w in range(words):
        a, b = seen + MASKS + w, at + MASKS + w
        can, could = rows[a + 3 * words], rows[b + 3 * words]
        if not rules & DOMINANCE and can != could:
            return False
        for group in range(3):
            must, had = rows[a], rows[b]
            if must & ~had or (must != had and not rules & SUBSET):
                return False
            if group > 0:
                can |= must
                could |= had
            a += words
            b += words
        if could & ~can:
            return False
    offset = MASKS + 4 * words
    for w in range(part.sizes[COUNTS]):
        guards = part.sizes[GUARDS + w]
        a, b = rows[seen + offset + w], rows[at + offset + w]
        # Each count is below its guard bit, which is borrowed from iff the seen count is more.
        if ((b | guards) - a) & guards != guards or (not rules & DOMINANCE and a != b):
            return False
    return True


def head_of(arena: Arena, bucket: int) -> int:
    """The row + 1 that a bucket begins with; 0 when it is empty."""
    head = arena.heads[bucket]
    return int(head & ROW_MASK) if head >> EPOCH_AT == arena.state[EPOCH] else 0


def known(part: Part, arena: Arena, row: int) -> bool:
    """Whether a configuration seen before dominates this one; if none does, remember it.

    A row lies in the bucket of what has to be equal for dominance, or, when that is crowded, in
    the bucket of all its words, so that a chain stays short and no row is ever seen twice.
    """
    rows, heads, width = arena.rows, arena.heads, width_of(part)
    at = row * width
    for fine in (False, True):
        bucket = digest_of(part, arena, row, fine) & (len(heads) - 1)
        first = seen = head_of(arena, bucket)
        steps = 0
        while seen > 0:
            place = (seen - 1) * width
            if dominates(part, rows, place, at):
                return True
            seen = rows[place + LINK] & ROW_MASK
            steps += 1
        if fine or steps < CROWD:
            rows[at + LINK] = first | (fine << EPOCH_AT)
            heads[bucket] = (arena.state[EPOCH] << EPOCH_AT) | (row + 1)
            break
    return False


def rehash(part: Part, arena: Arena) -> None:
    """Chain all rows anew, after ``heads`` was replaced by a larger, empty one."""
    rows, heads, width = arena.rows, arena.heads, width_of(part)
    for row in range(arena.state[USED]):
        link = row * width + LINK
        fine = rows[link] >> EPOCH_AT
        bucket = digest_of(part, arena, row, fine != 0) & (len(heads) - 1)
        rows[link] = head_of(arena, bucket) | (fine << EPOCH_AT)
        heads[bucket] = (arena.state[EPOCH] << EPOCH_AT) | (row + 1)
