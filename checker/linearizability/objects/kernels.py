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
   only pending operations can be. Let N be a set of pending classes with t in it, with every
   class that depends on a member, or instead (LACK), for a member that is impossible now,
   every class that may remove what it lacks. A completion's moves before its first member n
   of N are not in N; so n is possible now, for else what it lacks had to be removed first;
   and they are independent of it. So n can go first: the others are postponed, past t's
   return too, for none of them has to return before t. So only members of N are tried (a
   *persistent*, or stubborn, set: Godefroid 1996, sections 4.2 and 4.5).

And one gives up early: *doom* (DOOM). When an operation that still has to be linearized is
impossible in a state for good, and nothing that resets the state can take effect before it
returns, no completion exists. That concerns what
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

from checker.linearizability.objects.choices import (
    candidates,
    class_of,
    order,
    persistent,
)
from checker.linearizability.objects.configurations import (
    digest_of,
    dominated,
    lowest,
    push,
    remember,
    seek,
)
from checker.linearizability.objects.layout import (
    BASE,
    BEHIND,
    BREADTH,
    DEEPEST,
    DIGEST,
    EXPANDED,
    FOUND,
    GROW,
    INIT,
    LINEARIZED,
    MANY,
    MASK,
    MISSED,
    MISSING,
    MOVE,
    NOT_BEGUN,
    OPTIONS,
    PARENT,
    RANK,
    REFUTED,
    STATE,
    STRIDE,
    TIRED,
    TOP,
    UNLIMITED,
    USED,
    WORD,
    WORDS,
)
from checker.linearizability.objects.stepping import (
    advance,
    enter,
    settle,
    step,
)


def expand(part: Any, steps: Any, arena: Any, row: int, slots: int) -> None:
    """Put every step worth taking on the stack, the most urgent on top."""
    registers = arena.registers
    rank, state = arena.rows[row + RANK], arena.rows[row + STATE]
    seek(part, arena, rank)
    count = candidates(part, arena, row, slots)
    count = persistent(part, steps, arena, row, count)
    if registers[MISSED] > 0:
        return
    order(part, arena, count)
    for i in range(count):
        step(part, steps, arena, state, class_of(part, arena.candidate[i]))
    if registers[MISSED] > 0:
        return
    for i in range(count):
        move = arena.candidate[i]
        value = step(part, steps, arena, state, class_of(part, move))
        if value >= 0:
            push(arena, row, move, value)
        elif value <= MANY and value % 2 == 0:
            k = (MANY - value) // 2
            for one in range(steps.many_first[k], steps.many_first[k + 1]):
                push(arena, row, move, steps.many[one])


def propose(
    part: Any, steps: Any, arena: Any, base: int, move: int, state: int, slots: int
) -> bool:
    """Linearize ``move`` in configuration ``base``; keep what comes of it unless dominated.

    ``move`` is a required operation's number, or -1 - c for the next of class c's open ones;
    ``state`` the state after. True: kept, as the last row. Means nothing when steps are missing.
    """
    rows, registers = arena.rows, arena.registers
    row = registers[USED]
    for at in range(registers[STRIDE]):
        rows[row + at] = rows[base + at]
    rows[row + STATE] = state
    rows[row + PARENT] = base
    rows[row + MOVE] = move
    seek(part, arena, rows[base + RANK])
    if move >= 0:
        slot = part.slot[move]
        rows[row + MASK + slot // WORD] &= ~(1 << (slot % WORD))
    elif not registers[UNLIMITED]:
        word, shift = part.counter[3 * (-1 - move)], part.counter[3 * (-1 - move) + 1]
        rows[row + MASK + registers[WORDS] + word] += 1 << shift
    return settle(part, steps, arena, row, slots) and taken(part, steps, arena, row)


def taken(part: Any, steps: Any, arena: Any, row: int) -> bool:
    """Take the last row in as far as it goes by itself, unless it is dominated.

    Notes how far it is, and whether it is the end.
    """
    registers = arena.registers
    if not advance(part, steps, arena, row) or registers[MISSED] > 0:
        return False
    rank = arena.rows[row + RANK]
    registers[DEEPEST] = max(registers[DEEPEST], rank)
    arena.rows[row + DIGEST] = digest_of(arena, row)
    if dominated(part, arena, row):
        return False
    if rank == len(part.cls):
        registers[FOUND] = row
    remember(arena, row)
    registers[USED] += registers[STRIDE]
    return True


def begin(part: Any, steps: Any, arena: Any) -> None:
    """Put the first configuration into an empty arena, unless steps are missing."""
    rows, registers = arena.rows, arena.registers
    # A zero that numba takes for any number: a literal would compile everything below twice.
    row = registers[USED]
    for at in range(registers[STRIDE]):
        rows[at] = 0
    rows[STATE] = registers[INIT]
    rows[PARENT] = -1
    if len(part.cls) == 0:
        registers[FOUND] = row
        return
    for j in range(part.called[0]):
        arena.owner[part.slot[j]] = j
    alive = enter(part, steps, arena, row, row, part.called[0])
    kept = alive and taken(part, steps, arena, row)
    if registers[MISSED] == 0:
        registers[BASE] = row if kept else -1


def search(part: Any, steps: Any, arena: Any, slots: int, fuel: int) -> int:
    """Search on, for at most ``fuel`` configurations more.

    Returns LINEARIZED, REFUTED (nothing left to try), TIRED (fuel spent), GROW (the arena
    must), or MISSING (steps are). All that it knows lies in the arena.
    """
    registers = arena.registers
    room = 3 * len(arena.candidate) * registers[OPTIONS]
    registers[MISSED] = 0
    if registers[BASE] == NOT_BEGUN:
        begin(part, steps, arena)
    while registers[FOUND] < 0:
        if registers[MISSED] > 0:
            return MISSING
        base, used = registers[BASE], registers[USED]
        if base >= 0:
            if fuel == 0:
                return TIRED
            if 3 * registers[TOP] + room > len(arena.stack):
                return GROW
            expand(part, steps, arena, base, slots)
            if registers[MISSED] == 0:
                registers[BASE] = -1
                registers[EXPANDED] += 1
                fuel -= 1
        elif registers[TOP] > 0:
            if used + registers[STRIDE] > len(arena.rows):
                return GROW
            top = 3 * (registers[TOP] - 1)
            base, move, state = arena.stack[top], arena.stack[top + 1], arena.stack[top + 2]
            kept = propose(part, steps, arena, base, move, state, slots)
            if registers[MISSED] == 0:
                registers[TOP] -= 1
                if kept:
                    found(arena, used)
        else:
            registers[BASE] = lowest(arena) if registers[BREADTH] else -1
            if registers[BASE] < 0:
                return REFUTED
    return LINEARIZED


def found(arena: Any, row: int) -> None:
    """A configuration was taken in: it goes on at once, or waits for its rank's turn."""
    if not arena.registers[BREADTH]:
        arena.registers[BASE] = row
    elif arena.registers[FOUND] < 0:
        rank = arena.rows[row + RANK]
        arena.rows[row + BEHIND] = arena.waiting[rank]
        arena.waiting[rank] = row
