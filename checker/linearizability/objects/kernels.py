"""Just-in-time linearization of any object: short functions over integers and flat arrays.

The method is Wing & Gong's search (1993) in Lowe's just-in-time form (2017, section 4):
nothing is linearized before some operation has to return. A *configuration* is

    rank       the next return that must happen (all earlier ones have happened)
    state      the number of the object's state
    required   pending operations that still must be linearized, one bit a slot
    consumed   how many indeterminate operations of each class have been used

It is searched depth first (what was found last goes on first) or breadth first (the lowest
rank goes on first), over the same configurations. *Completion*: moves that lead from one to
the end of the history. Four rules prune; each keeps a completion of the same operations, or
of fewer indeterminate ones, whenever there is one (switches in ``RULES`` are for tests):

1. *Observers early* (EARLY). An operation that changes no state in which it is possible is
   linearized as soon as it is possible: it can be moved to the front of any completion.
2. *Alike* (ALIKE). Of pending operations of one class the first to return is used, pending before
   indeterminate ones, and of these the first that began: in a completion that uses another
   one they can be exchanged, for both were called, and the earlier return stays in time.
3. *Dominance* (DOMINANCE). At equal rank, state and required set, what consumed no more of
   any class can do all that the other can. Pruning by a configuration that was seen but not
   yet expanded is sound: take a shortest completion of all that are seen; its first step
   leads to one that is seen, or dominated by one that is, from which one is shorter still.
4. *Independent operations later* (LATER). Before the returning operation t is linearized
   only pending operations can be. Let N be the least set of pending classes with t in it and
   with every class that depends on a member. A completion's moves before its first member
   of N are independent of all members, so that member can go first: they can be postponed,
   past t's return too, for none of them has to return before t. So only members of N are
   tried (a *persistent set*: Godefroid 1996, section 4.2).

And one gives up early: *doom* (DOOM). When an operation that still has to be linearized is
impossible in a state for good, whatever follows, no completion exists. That concerns what
returns later, so the rank reached is no longer the first return that is impossible:
DOOMED_RANK notes how far one has to look.

With UNLIMITED, indeterminate operations are never used up. That is a relaxation with far
fewer configurations: what it refutes is refuted, what it allows means nothing.

Steps come from a table that Python fills as it goes: a search that lacks some notes which,
and returns MISSING. Every function can be run again from where it stood: what is half done is
done anew. All arrays are int64, flat, lists in plain Python; words hold WORD = 62 bits.
"""

from __future__ import annotations

from typing import Any

WORD = 62
MASK31 = (1 << 31) - 1

USED, TOP, AT, EPOCH, DEEPEST, FOUND, EXPANDED, BASE = 0, 1, 2, 3, 4, 5, 6, 7
LOWEST, MISSED, DOOMED_RANK, BREADTH, UNLIMITED, RULES, OPTIONS = 8, 9, 10, 11, 12, 13, 14
CLASSES = 15
REGISTERS = 16

REFUTED, LINEARIZED, GROW, TIRED, MISSING = 0, 1, 2, 3, 4
ILLEGAL, DOOMED, UNFILLED, MANY = -1, -2, -3, -10
"""Values of a step that are no state. MANY - k: the k-th list of several states."""

EARLY, ALIKE, DOMINANCE, LATER, DOOM = 1, 2, 4, 8, 16
ALL_RULES = 31


def assign_slots(call: Any, ret: Any, returning: Any, slot: Any, free: Any) -> int:
    """A slot for each operation, free again after its return; how many slots it took.

    Intervals are closed: who is called at the very index of another's return overlaps it.
    """
    slots, spare, rank = 0, 0, 0
    for j in range(len(call)):
        while ret[returning[rank]] < call[j]:
            free[spare] = slot[returning[rank]]
            spare += 1
            rank += 1
        if spare > 0:
            spare -= 1
            slot[j] = free[spare]
        else:
            slot[j] = slots
            slots += 1
    return slots


def place_of(keys: Any, key: int) -> int:
    """Where a key is in an open-addressed table, or where it belongs."""
    mask: int = len(keys) - 1
    digest = (key & MASK31) * 0x5BD1E995 + (key >> 31) * 0x27D4EB2F
    at = (digest ^ (digest >> 17)) & mask
    while keys[at] >= 0 and keys[at] != key:
        at = (at + 1) & mask
    return at


def store(keys: Any, values: Any, new_keys: Any, new_values: Any) -> None:
    """Enter pairs into a table that has room for them."""
    for i in range(len(new_keys)):
        at = place_of(keys, new_keys[i])
        keys[at] = new_keys[i]
        values[at] = new_values[i]


def need(keys: Any, values: Any, arena: Any, first: int, second: int) -> int:
    """The value of a pair of numbers; UNFILLED, and noted, when the table lacks it.

    ``first`` >= 0: a state, ``second`` a class. -1 - c: whether class c is independent of
    ``second``.
    """
    registers = arena.registers
    at = place_of(keys, abs(first) * registers[CLASSES] + second)
    if keys[at] >= 0:
        value: int = values[at]
        return value
    missed = registers[MISSED]
    if 2 * missed + 1 < len(arena.missing):
        arena.missing[2 * missed] = first
        arena.missing[2 * missed + 1] = second
        registers[MISSED] = missed + 1
    return UNFILLED


def step(part: Any, steps: Any, arena: Any, state: int, c: int) -> int:
    """The state after an operation of class c, or why there is none."""
    return need(steps.keys, steps.values, arena, state, part.name[c])


def dependent(part: Any, steps: Any, arena: Any, c: int, d: int) -> bool:
    """Whether operations of two classes cannot be exchanged in every state."""
    low, high = min(part.name[c], part.name[d]), max(part.name[c], part.name[d])
    return need(steps.pair_keys, steps.pair_values, arena, -1 - low, high) != 1


def mix(digest: int, number: int) -> int:
    """Stir 31 bits into a 31-bit digest; products stay below 2**62."""
    product = ((digest ^ number) * 0x5BD1E995) & MASK31
    return product ^ (product >> 15)


def digest_of(arena: Any, row: int, words: int) -> int:
    """The digest of what dominance compares for equality: rank, state, required."""
    digest = mix(mix(17, arena.rank[row]), arena.state[row])
    for w in range(words):
        word = arena.required[row * words + w]
        digest = mix(mix(digest, word & MASK31), word >> 31)
    return digest


def dominated(part: Any, arena: Any, row: int, words: int) -> bool:
    """Whether a configuration seen before can do all that this row can (rule 3)."""
    counts = len(part.guards)
    exactly = not arena.registers[RULES] & DOMINANCE
    seen = arena.heads[arena.digest[row] & (len(arena.heads) - 1)]
    while seen >= 0:
        same = (
            arena.digest[seen] == arena.digest[row]
            and arena.rank[seen] == arena.rank[row]
            and arena.state[seen] == arena.state[row]
        )
        if same:
            for w in range(words):
                if arena.required[seen * words + w] != arena.required[row * words + w]:
                    same = False
                    break
        if same:
            for p in range(counts):
                less = arena.consumed[seen * counts + p]
                more = arena.consumed[row * counts + p]
                guard = part.guards[p]
                if ((more | guard) - less) & guard != guard or (exactly and more != less):
                    same = False
                    break
        if same:
            return True
        seen = arena.link[seen]
    return False


def remember(arena: Any, row: int) -> None:
    """Chain a row into its bucket."""
    bucket = arena.digest[row] & (len(arena.heads) - 1)
    arena.link[row] = arena.heads[bucket]
    arena.heads[bucket] = row


def rehash(arena: Any) -> None:
    """Chain all rows anew, after ``heads`` was replaced by a larger, empty one."""
    for row in range(arena.registers[USED]):
        remember(arena, row)


def seek(part: Any, arena: Any, rank: int) -> None:
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


def observed(part: Any, steps: Any, arena: Any, state: int, j: int) -> int:
    """What a state means to an observer that is pending: itself when it can be placed now,
    DOOMED when it never can, else something else."""
    rules = arena.registers[RULES]
    if not rules & (EARLY | DOOM):
        return ILLEGAL
    value = step(part, steps, arena, state, part.cls[j])
    if value == DOOMED:
        if not rules & DOOM:
            return ILLEGAL
        if part.rank[j] > arena.registers[DOOMED_RANK]:
            arena.registers[DOOMED_RANK] = part.rank[j]
    elif not rules & EARLY:
        return ILLEGAL
    return value


def settle(part: Any, steps: Any, arena: Any, row: int, slots: int, words: int) -> bool:
    """After a step: place observers that have become possible (rule 1). False: no completion."""
    state = arena.state[row]
    for slot in range(slots):
        at, bit = row * words + slot // WORD, 1 << (slot % WORD)
        if arena.required[at] & bit:
            j = arena.owner[slot]
            if part.observer[part.cls[j]]:
                value = observed(part, steps, arena, state, j)
                if value == state:
                    arena.required[at] &= ~bit
                elif value == DOOMED:
                    return False
    return True


def advance(part: Any, steps: Any, arena: Any, row: int, words: int) -> bool:
    """Let operations return, and new ones be called, as long as there is no choice in it.

    Stops before the return of an operation that is not placed. False: no completion.
    """
    m = len(part.cls)
    rank, state = arena.rank[row], arena.state[row]
    while rank < m:
        slot = part.slot[part.returning[rank]]
        if arena.required[row * words + slot // WORD] & (1 << (slot % WORD)):
            break
        rank += 1
        for j in range(part.called[rank - 1], part.called[rank]):
            value = ILLEGAL
            if part.observer[part.cls[j]]:
                value = observed(part, steps, arena, state, j)
                if value == DOOMED:
                    return False
            if value != state:
                slot = part.slot[j]
                arena.required[row * words + slot // WORD] |= 1 << (slot % WORD)
    arena.rank[row] = rank
    # The next observer to be called: if it can never be placed after this, nothing helps.
    j = part.watch[part.called[rank]]
    if j < m and arena.registers[RULES] & DOOM:
        return observed(part, steps, arena, state, j) != DOOMED
    return True


def propose(
    part: Any, steps: Any, arena: Any, base: int, move: int, state: int, slots: int
) -> bool:
    """Linearize ``move`` in configuration ``base``; keep what comes of it unless dominated.

    ``move`` is a required operation's number, or -1 - c for the next of class c's open ones;
    ``state`` the state after. True: kept, as the last row. Means nothing when steps are missing.
    """
    words = len(arena.required) // len(arena.rank)
    counts = len(part.guards)
    row = arena.registers[USED]
    for w in range(words):
        arena.required[row * words + w] = arena.required[base * words + w]
    for p in range(counts):
        arena.consumed[row * counts + p] = arena.consumed[base * counts + p]
    arena.rank[row] = arena.rank[base]
    arena.state[row] = state
    arena.parent[row] = base
    arena.move[row] = move
    seek(part, arena, arena.rank[base])
    if move >= 0:
        slot = part.slot[move]
        arena.required[row * words + slot // WORD] &= ~(1 << (slot % WORD))
    elif not arena.registers[UNLIMITED]:
        c = -1 - move
        arena.consumed[row * counts + part.count_word[c]] += 1 << part.count_shift[c]
    if not settle(part, steps, arena, row, slots, words):
        return False
    if not advance(part, steps, arena, row, words) or arena.registers[MISSED] > 0:
        return False
    return keep(part, arena, row, words)


def keep(part: Any, arena: Any, row: int, words: int) -> bool:
    """Take the row in unless it is dominated; note how far it is, and whether it is the end."""
    if arena.rank[row] > arena.registers[DEEPEST]:
        arena.registers[DEEPEST] = arena.rank[row]
    arena.digest[row] = digest_of(arena, row, words)
    if dominated(part, arena, row, words):
        return False
    if arena.rank[row] == len(part.cls):
        arena.registers[FOUND] = row
    remember(arena, row)
    arena.registers[USED] += 1
    return True


def can_open(part: Any, arena: Any, row: int, c: int) -> bool:
    """Whether some open operation of class c has begun and is not consumed."""
    if part.first[c] == part.first[c + 1]:
        return False
    word = arena.consumed[row * len(part.guards) + part.count_word[c]]
    one = part.first[c] + ((word >> part.count_shift[c]) & ((1 << part.count_width[c]) - 1))
    return bool(one < part.first[c + 1] and part.opens[one] <= arena.rank[row])


def class_of(part: Any, move: int) -> int:
    """The class of a required operation (its number) or an open one (-1 - class)."""
    return part.cls[move] if move >= 0 else -1 - move


def candidates(part: Any, arena: Any, row: int, slots: int, words: int) -> int:
    """Note the moves there are, one for each class (rule 2), in ``arena.candidate``: how many."""
    registers = arena.registers
    registers[EPOCH] += 1
    epoch = registers[EPOCH]
    alike = registers[RULES] & ALIKE
    count = 0
    for slot in range(slots):
        if arena.required[row * words + slot // WORD] & (1 << (slot % WORD)):
            j = arena.owner[slot]
            c = part.cls[j]
            if not alike or arena.epoch[c] != epoch:
                arena.epoch[c] = epoch
                arena.chosen[c] = count
                arena.candidate[count] = j
                count += 1
            elif part.rank[j] < part.rank[arena.candidate[arena.chosen[c]]]:
                arena.candidate[arena.chosen[c]] = j
    if len(part.opens) > 0:
        for c in range(len(part.name)):
            if (not alike or arena.epoch[c] != epoch) and can_open(part, arena, row, c):
                arena.candidate[count] = -1 - c
                count += 1
    return count


def swap(arena: Any, i: int, k: int) -> None:
    """Exchange two candidates."""
    move = arena.candidate[i]
    arena.candidate[i] = arena.candidate[k]
    arena.candidate[k] = move


def persistent(part: Any, steps: Any, arena: Any, target: int, count: int) -> int:
    """Move the members of the least persistent set to the front; how many (rule 4)."""
    for i in range(count):
        if arena.candidate[i] == target:
            swap(arena, i, 0)
    if not arena.registers[RULES] & LATER:
        return count
    members, done = 1, 0
    while done < members:
        c = class_of(part, arena.candidate[done])
        for i in range(members, count):
            if dependent(part, steps, arena, c, class_of(part, arena.candidate[i])):
                swap(arena, i, members)
                members += 1
        done += 1
    return members


def order(part: Any, arena: Any, count: int) -> None:
    """Sort candidates by the rank of their return, the first to return last, open ones first."""
    m = len(part.cls)
    for i in range(1, count):
        move = arena.candidate[i]
        when = part.rank[move] if move >= 0 else m
        k = i
        while k > 0:
            other = arena.candidate[k - 1]
            if (part.rank[other] if other >= 0 else m) >= when:
                break
            arena.candidate[k] = other
            k -= 1
        arena.candidate[k] = move


def expand(part: Any, steps: Any, arena: Any, row: int, slots: int) -> None:
    """Put every step worth taking on the stack, the most urgent on top."""
    words = len(arena.required) // len(arena.rank)
    registers = arena.registers
    seek(part, arena, arena.rank[row])
    count = candidates(part, arena, row, slots, words)
    count = persistent(part, steps, arena, part.returning[arena.rank[row]], count)
    if registers[MISSED] > 0:
        return
    order(part, arena, count)
    state = arena.state[row]
    for i in range(count):
        step(part, steps, arena, state, class_of(part, arena.candidate[i]))
    if registers[MISSED] > 0:
        return
    for i in range(count):
        move = arena.candidate[i]
        value = step(part, steps, arena, state, class_of(part, move))
        if value >= 0:
            push(arena, row, move, value)
        elif value <= MANY:
            for k in range(steps.many_first[MANY - value], steps.many_first[MANY - value + 1]):
                push(arena, row, move, steps.many[k])


def push(arena: Any, row: int, move: int, state: int) -> None:
    """Note a step for ``propose`` to take."""
    top = arena.registers[TOP]
    arena.stack[3 * top] = row
    arena.stack[3 * top + 1] = move
    arena.stack[3 * top + 2] = state
    arena.registers[TOP] = top + 1


def begin(part: Any, steps: Any, arena: Any, init: int) -> bool:
    """Put the first configuration into an empty arena; False while steps are missing."""
    words = len(arena.required) // len(arena.rank)
    arena.registers[USED] = 0
    arena.registers[FOUND] = -1
    arena.registers[BASE] = -1
    arena.registers[AT] = 0
    arena.state[0] = init
    arena.parent[0] = -1
    arena.rank[0] = 0
    for w in range(words):
        arena.required[w] = 0
    if len(part.cls) == 0:
        arena.registers[FOUND] = 0
        return True
    for j in range(part.called[0]):
        arena.owner[part.slot[j]] = j
        slot = part.slot[j]
        arena.required[slot // WORD] |= 1 << (slot % WORD)
    alive = settle(part, steps, arena, 0, len(arena.owner), words)
    alive = alive and advance(part, steps, arena, 0, words)
    if arena.registers[MISSED] > 0:
        return False
    if alive and keep(part, arena, 0, words):
        arena.registers[BASE] = 0
    return True


def lowest(arena: Any) -> int:
    """Take a configuration of the lowest rank that waits; -1: none does."""
    at, row = arena.registers[LOWEST], -1
    while at < len(arena.waiting):
        row = arena.waiting[at]
        if row >= 0:
            arena.waiting[at] = arena.behind[row]
            break
        at += 1
    arena.registers[LOWEST] = at
    return row


def search(part: Any, steps: Any, arena: Any, slots: int, fuel: int) -> int:
    """Search on, for at most ``fuel`` configurations more.

    Returns LINEARIZED, REFUTED (nothing left to try), TIRED (fuel spent), GROW (the arena
    must), or MISSING (steps are). All that it knows lies in the arena.
    """
    registers = arena.registers
    room = 3 * len(arena.candidate) * registers[OPTIONS]
    registers[MISSED] = 0
    while registers[FOUND] < 0:
        base = registers[BASE]
        if base >= 0:
            if fuel == 0:
                return TIRED
            if 3 * registers[TOP] + room > len(arena.stack):
                return GROW
            expand(part, steps, arena, base, slots)
            if registers[MISSED] > 0:
                return MISSING
            registers[BASE] = -1
            registers[EXPANDED] += 1
            fuel -= 1
        elif registers[TOP] > 0:
            if registers[USED] == len(arena.rank):
                return GROW
            top = 3 * (registers[TOP] - 1)
            kept = propose(
                part,
                steps,
                arena,
                arena.stack[top],
                arena.stack[top + 1],
                arena.stack[top + 2],
                slots,
            )
            if registers[MISSED] > 0:
                return MISSING
            registers[TOP] -= 1
            if kept and not registers[BREADTH]:
                registers[BASE] = registers[USED] - 1
            elif kept and registers[FOUND] < 0:
                row = registers[USED] - 1
                arena.behind[row] = arena.waiting[arena.rank[row]]
                arena.waiting[arena.rank[row]] = row
        else:
            row = lowest(arena) if registers[BREADTH] else -1
            if row < 0:
                return REFUTED
            registers[BASE] = row
    return LINEARIZED


ENTRIES = (store, rehash, begin, search)
"""What Python calls of the compiled ones."""
