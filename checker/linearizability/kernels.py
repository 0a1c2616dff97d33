"""Just-in-time linearization, depth first: short functions over integers and flat arrays.

The method is Wing & Gong's search (1993) in Lowe's just-in-time form (2017, section 4):
nothing is linearized before some operation has to return. A *configuration* is

    rank       the next return that must happen (all earlier ones have happened)
    state      what the register holds
    required   pending operations that still must be linearized, one bit a slot
    optional   pending writes that may still be used but need not be (rule 2)
    consumed   how many crashed operations of each class have been used
    flag       bit 0: the next operation must not be a write (rule 4);
               bit 1: the returning write is optional, and will be used (rule 2)

Four rules prune it. Each keeps at least one linearization of every linearizable prefix:

1. *Observers early.* A read or mismatch that is legal now is linearized now: it changes
   nothing, and all that must precede it (what returned before its call) is already placed.
2. *Hidden writes.* When a write is linearized, any other write pending then can sit just
   before it, unseen; so it becomes optional, which is never worse than required or used.
   When an optional write returns it is used now or never: both are tried, unless nobody
   needs its value any more.
3. *Dominance.* At equal rank, state and required set, a configuration with more optional,
   fewer consumed and no flag can do all that the other can. Pruning by a configuration that
   was seen but not yet expanded is sound: take a prefix's shortest completion from any seen
   configuration; its first step leads to a seen one, or one dominated by a seen one, from
   which a completion is shorter still.
4. *Enable.* A write x directly followed by a write y need not be there: x is hidden by y
   (or, when x is crashed or optional, left out). The exception is that x hides the
   returning write t, and y comes only after t returned; but then t can stand where x stood.
   So after x, unless x is t, the next operation is not a write; likewise after a crashed
   compare-and-set, which can be left out before a write, and after an optional write used
   at its return, which could be left hidden. Mind the case that looks removable and is
   not: x that writes the value already held still hides other writes.

Among pending writes of one value the earliest to return is used, pending before crashed:
in a linearization that uses another one they can be exchanged. The same holds for
compare-and-sets with equal arguments.

With the register UNLIMITED set, crashed operations are never used up. That is a relaxation
with far fewer configurations: what it refutes is refuted, what it allows means nothing.

The functions are plain Python; ``compiled.py`` gives the same source to numba. So only
integers below 2**63 occur, and words hold BITS = 62 bits.
"""

from __future__ import annotations

from checker.linearizability.arena import Arena
from checker.linearizability.part import Part

READ, WRITE, CAS, DIFFERS = 0, 1, 2, 3
WORD = 62
USED, TOP, AT, EPOCH, DEEPEST, FOUND, EXPANDED, UNLIMITED = 0, 1, 2, 3, 4, 5, 6, 7
REFUTED, LINEARIZED, FULL, TIRED = 0, 1, 2, 3
MASK31 = (1 << 31) - 1
NO_WRITE, COMMITTED = 1, 2


def legal(kind: int, expected: int, state: int) -> bool:
    """Whether an operation is an observer that ``state`` satisfies."""
    if kind == READ:
        return expected == state
    if kind == DIFFERS:
        return expected != state
    return False


def mix(digest: int, number: int) -> int:
    """Stir 31 bits into a 31-bit digest; products stay below 2**62."""
    product = ((digest ^ number) * 0x5BD1E995) & MASK31
    return product ^ (product >> 15)


def digest_of(arena: Arena, row: int, words: int) -> int:
    """The digest of what dominance compares for equality: rank, state, required."""
    digest = mix(mix(17, int(arena.rank[row])), int(arena.state[row]))
    for w in range(words):
        word = int(arena.required[row, w])
        digest = mix(mix(digest, word & MASK31), word >> 31)
    return digest


def dominated(arena: Arena, row: int, words: int, classes: int) -> bool:
    """Whether a configuration seen before can do all that this row can (rule 3)."""
    seen = arena.heads[arena.digest[row] & (len(arena.heads) - 1)]
    while seen >= 0:
        same = (
            arena.digest[seen] == arena.digest[row]
            and arena.rank[seen] == arena.rank[row]
            and arena.state[seen] == arena.state[row]
            and (arena.flag[seen] & ~arena.flag[row]) == 0
        )
        if same:
            for w in range(words):
                optional = arena.optional[row, w]
                if (
                    arena.required[seen, w] != arena.required[row, w]
                    or (arena.optional[seen, w] & optional) != optional
                ):
                    same = False
                    break
        if same:
            for c in range(classes):
                if arena.consumed[seen, c] > arena.consumed[row, c]:
                    same = False
                    break
        if same:
            return True
        seen = arena.link[seen]
    return False


def remember(arena: Arena, row: int) -> None:
    """Chain a row into its bucket."""
    bucket = arena.digest[row] & (len(arena.heads) - 1)
    arena.link[row] = arena.heads[bucket]
    arena.heads[bucket] = row


def rehash(arena: Arena) -> None:
    """Chain all rows anew, after ``heads`` was replaced by a larger, empty one."""
    for row in range(int(arena.registers[USED])):
        remember(arena, row)


def seek(part: Part, arena: Arena, rank: int) -> None:
    """Make ``owner`` say who holds each slot just before the return of ``rank``."""
    at = arena.registers[AT]
    while at < rank:
        for j in range(part.called[at], part.called[at + 1]):
            arena.owner[part.slot[j]] = j
        at += 1
    while at > rank:
        at -= 1
        j = part.returning[at]
        arena.owner[part.slot[j]] = j
    arena.registers[AT] = rank


def enter(part: Part, arena: Arena, row: int, start: int, end: int) -> None:
    """Operations start..end are called: observers that are legal are placed at once (rule 1)."""
    for j in range(start, end):
        if legal(part.kind[j], part.expected[j], arena.state[row]):
            arena.flag[row] &= ~NO_WRITE
        else:
            slot = int(part.slot[j])
            arena.required[row, slot // WORD] |= 1 << (slot % WORD)


def advance(part: Part, arena: Arena, row: int) -> None:
    """Let operations return, and new ones be called, as long as there is no choice in it.

    Stops before the return of an operation that is not placed, and before that of an
    optional write that may still be needed: it is used now or never.
    """
    m = len(part.kind)
    rank = arena.rank[row]
    while rank < m:
        target = part.returning[rank]
        slot = int(part.slot[target])
        w, bit = slot // WORD, 1 << (slot % WORD)
        if arena.required[row, w] & bit:
            break
        if arena.optional[row, w] & bit and part.needed[part.new[target]] >= rank:
            break
        arena.optional[row, w] &= ~bit
        rank += 1
        enter(part, arena, row, int(part.called[rank - 1]), int(part.called[rank]))
    arena.rank[row] = rank
    if rank > arena.registers[DEEPEST]:
        arena.registers[DEEPEST] = rank


def settle(part: Part, arena: Arena, row: int, slots: int, writes: bool) -> bool:
    """After a step: hide pending writes (rule 2, if ``writes``) and place legal observers.

    Returns whether some pending compare-and-set has become legal.
    """
    state = arena.state[row]
    enabled = False
    for slot in range(slots):
        w, bit = slot // WORD, 1 << (slot % WORD)
        if arena.required[row, w] & bit:
            j = arena.owner[slot]
            kind = part.kind[j]
            if kind == WRITE:
                if writes:
                    arena.required[row, w] &= ~bit
                    arena.optional[row, w] |= bit
            elif kind == CAS:
                enabled |= part.expected[j] == state
            elif legal(kind, part.expected[j], state):
                arena.required[row, w] &= ~bit
                arena.flag[row] &= ~NO_WRITE
    return enabled


def available(part: Part, arena: Arena, row: int, c: int, rank: int) -> bool:
    """Whether a crashed operation of class c can be used now, and can still be of use."""
    one = part.first[c] + arena.consumed[row, c]
    if one >= part.first[c + 1]:
        return False
    return bool(part.opens[one] <= rank and part.needed[part.class_new[c]] >= rank)


def must_enable(part: Part, arena: Arena, row: int, base: int) -> bool:
    """Whether a row is worth keeping only if some compare-and-set is legal in it (rule 4).

    So it is when it may not write next, and the same operation as in ``base`` still has to
    be placed, or is a write that will be used.
    """
    if not arena.flag[row] & NO_WRITE or arena.rank[row] != arena.rank[base]:
        return False
    if arena.flag[row] & COMMITTED:
        return True
    slot = int(part.slot[part.returning[arena.rank[row]]])
    return bool(arena.required[row, slot // WORD] & (1 << (slot % WORD)))


def propose(part: Part, arena: Arena, base: int, move: int, flag: int, slots: int) -> None:
    """Linearize ``move`` in configuration ``base``; keep what comes of it unless dominated.

    ``move`` is a required operation's number, or -1-c for the next of crashed class c.
    ``move`` = m lets the optional write that returns next go unused.
    """
    m = len(part.kind)
    words, classes = arena.required.shape[1], arena.consumed.shape[1]
    row = arena.registers[USED]
    for w in range(words):
        arena.required[row, w] = arena.required[base, w]
        arena.optional[row, w] = arena.optional[base, w]
    for c in range(classes):
        arena.consumed[row, c] = arena.consumed[base, c]
    arena.rank[row] = arena.rank[base]
    arena.state[row] = arena.state[base]
    arena.flag[row] = flag
    arena.parent[row] = base
    arena.move[row] = move
    enabled = True
    if move == m:
        slot = int(part.slot[part.returning[arena.rank[base]]])
        arena.optional[row, slot // WORD] &= ~(1 << (slot % WORD))
    elif move >= 0:
        kind, state, slot = part.kind[move], part.new[move], int(part.slot[move])
        w, bit = slot // WORD, 1 << (slot % WORD)
        arena.required[row, w] &= ~bit
        arena.optional[row, w] &= ~bit
        arena.state[row] = state
        enabled = settle(part, arena, row, slots, kind == WRITE)
    else:
        c = -1 - move
        kind, state = part.class_kind[c], part.class_new[c]
        if not arena.registers[UNLIMITED]:
            arena.consumed[row, c] += 1
        arena.state[row] = state
        enabled = settle(part, arena, row, slots, kind == WRITE)
    advance(part, arena, row)
    if arena.rank[row] == m:
        arena.registers[FOUND] = row
        arena.registers[USED] += 1
        return
    if not enabled and must_enable(part, arena, row, base):
        for c in range(classes):
            if part.class_kind[c] == CAS and part.class_expected[c] == arena.state[row]:
                enabled |= available(part, arena, row, c, arena.rank[row])
        if not enabled:
            return
    arena.digest[row] = digest_of(arena, row, words)
    if dominated(arena, row, words, classes):
        return
    remember(arena, row)
    arena.registers[USED] += 1
    arena.stack[arena.registers[TOP]] = row
    arena.registers[TOP] += 1


def suggest(arena: Arena, count: int, move: int, flag: int) -> int:
    """Note a step for ``propose`` to take; how many there are now."""
    arena.moves[count] = move
    arena.flags[count] = flag
    return count + 1


def expand(part: Part, arena: Arena, base: int, slots: int) -> int:
    """Suggest every step worth taking from a configuration, the likeliest last (on top).

    How many there are; they lie in ``arena.moves`` and ``arena.flags``.
    """
    count = 0
    rank, state = arena.rank[base], arena.state[base]
    may_write = not arena.flag[base] & NO_WRITE
    seek(part, arena, rank)
    arena.registers[EPOCH] += 1
    epoch = arena.registers[EPOCH]
    writes, sets = 0, 0
    for slot in range(slots):
        w, bit = slot // WORD, 1 << (slot % WORD)
        if (arena.required[base, w] | arena.optional[base, w]) & bit:
            j = arena.owner[slot]
            value = part.new[j]
            if part.kind[j] == WRITE:
                if may_write:
                    if arena.write_epoch[value] != epoch:
                        arena.write_epoch[value] = epoch
                        arena.writes[writes] = value
                        writes += 1
                        arena.write_move[value] = j
                    elif part.rank[j] < part.rank[arena.write_move[value]]:
                        arena.write_move[value] = j
            elif part.kind[j] == CAS and part.expected[j] == state:
                if arena.set_epoch[value] != epoch:
                    arena.set_epoch[value] = epoch
                    arena.sets[sets] = value
                    sets += 1
                    arena.set_move[value] = j
                elif part.rank[j] < part.rank[arena.set_move[value]]:
                    arena.set_move[value] = j
    for c in range(len(part.class_kind)):
        value = part.class_new[c]
        if part.class_kind[c] == WRITE:
            if (
                may_write
                and arena.write_epoch[value] != epoch
                and available(part, arena, base, c, rank)
            ):
                arena.write_epoch[value] = epoch
                arena.writes[writes] = value
                writes += 1
                arena.write_move[value] = -1 - c
        elif (
            part.class_expected[c] == state
            and arena.set_epoch[value] != epoch
            and available(part, arena, base, c, rank)
        ):
            arena.set_epoch[value] = epoch
            arena.sets[sets] = value
            sets += 1
            arena.set_move[value] = -1 - c
    target = part.returning[rank]
    writing = part.kind[target] == WRITE
    slot = int(part.slot[target])
    optional = (arena.optional[base, slot // WORD] & (1 << (slot % WORD))) != 0
    # What is placed before an optional write returns must lead up to its use.
    kept = COMMITTED if optional else 0
    for likely in range(2):
        for one in range(writes):
            value = arena.writes[one]
            move = int(arena.write_move[value])
            if part.needed[value] < rank and move != target:
                continue
            preferred = move == target if writing else value == part.expected[target]
            if preferred == (likely == 1):
                flag = kept | NO_WRITE
                if move == target:
                    flag = NO_WRITE if optional else 0
                count = suggest(arena, count, move, flag)
        for one in range(sets):
            move = int(arena.set_move[arena.sets[one]])
            if (move == target) == (likely == 1):
                count = suggest(arena, count, move, kept | (0 if move >= 0 else NO_WRITE))
    if optional and not arena.flag[base] & COMMITTED:
        count = suggest(arena, count, len(part.kind), int(arena.flag[base]))
    return count


def begin(part: Part, arena: Arena, init: int) -> None:
    """Put the first configuration into an empty arena."""
    arena.state[0] = init
    arena.parent[0] = -1
    arena.registers[FOUND] = -1
    if len(part.kind) == 0:
        arena.registers[FOUND] = 0
        return
    for j in range(part.called[0]):
        arena.owner[part.slot[j]] = j
    row = int(arena.registers[USED])
    enter(part, arena, row, row, int(part.called[0]))
    advance(part, arena, row)
    arena.registers[USED] = 1
    if arena.rank[0] == len(part.kind):
        arena.registers[FOUND] = 0
        return
    arena.digest[0] = digest_of(arena, row, arena.required.shape[1])
    remember(arena, row)
    arena.registers[TOP] = 1


def search(part: Part, arena: Arena, slots: int, fuel: int) -> int:
    """Search on, for at most ``fuel`` configurations more.

    Returns LINEARIZED, REFUTED (nothing left to try), TIRED (fuel spent), or FULL (the
    arena must grow). All that it knows lies in the arena, so it can be called again.
    """
    room = slots + len(part.class_kind) + 3
    while arena.registers[FOUND] < 0:
        if arena.registers[TOP] == 0:
            return REFUTED
        if arena.registers[USED] + room > len(arena.rank):
            return FULL
        if fuel == 0:
            return TIRED
        fuel -= 1
        arena.registers[TOP] -= 1
        arena.registers[EXPANDED] += 1
        base = int(arena.stack[arena.registers[TOP]])
        for one in range(expand(part, arena, base, slots)):
            propose(part, arena, base, arena.moves[one], arena.flags[one], slots)
    return LINEARIZED


ENTRIES = (rehash, search)
"""What Python calls; ``begin`` is not worth compiling."""

ORDER = (
    legal,
    mix,
    digest_of,
    dominated,
    remember,
    rehash,
    seek,
    enter,
    advance,
    settle,
    available,
    must_enable,
    propose,
    suggest,
    expand,
    search,
)
"""What is compiled, callees first: the order in which ``compiled.py`` compiles them."""
