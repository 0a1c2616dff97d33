"""Which operations are worth linearizing next in a configuration."""

from __future__ import annotations

from typing import Any

from checker.linearizability.objects.layout import (
    ALIKE,
    EPOCH,
    LACKING,
    LATER,
    MASK,
    MISSED,
    OPEN_CLASSES,
    RANK,
    RULES,
    STATE,
    WORD,
    WORDS,
)
from checker.linearizability.objects.stepping import (
    dependent,
    step,
    supplies,
)


def class_of(part: Any, move: int) -> int:
    """The class of a required operation (its number) or an open one (-1 - class)."""
    return part.cls[move] if move >= 0 else -1 - move


def can_open(part: Any, arena: Any, row: int, c: int) -> bool:
    """Whether some open operation of class c has begun and is not consumed."""
    word, shift, width = part.counter[3 * c], part.counter[3 * c + 1], part.counter[3 * c + 2]
    count = (arena.rows[row + MASK + arena.registers[WORDS] + word] >> shift) & ((1 << width) - 1)
    one = part.first[c] + count
    return bool(one < part.first[c + 1] and part.opens[one] <= arena.rows[row + RANK])


def candidates(part: Any, arena: Any, row: int, slots: int) -> int:
    """Note the moves there are, one for each class (rule 2), in ``arena.candidate``: how many."""
    registers = arena.registers
    registers[EPOCH] += 1
    epoch = registers[EPOCH]
    alike = registers[RULES] & ALIKE
    count = 0
    for slot in range(slots):
        if arena.rows[row + MASK + slot // WORD] & (1 << (slot % WORD)):
            j = arena.owner[slot]
            c = part.cls[j]
            if not alike or arena.marks[2 * c] != epoch:
                arena.marks[2 * c] = epoch
                arena.marks[2 * c + 1] = count
                arena.candidate[count] = j
                count += 1
            elif part.rank[j] < part.rank[arena.candidate[arena.marks[2 * c + 1]]]:
                arena.candidate[arena.marks[2 * c + 1]] = j
    for c in range(registers[OPEN_CLASSES]):
        if (not alike or arena.marks[2 * c] != epoch) and can_open(part, arena, row, c):
            arena.candidate[count] = -1 - c
            count += 1
    return count


def persistent(part: Any, steps: Any, arena: Any, row: int, count: int) -> int:
    """Move the members of a persistent set to the front; how many (rule 4).

    The operation that returns next comes first; a member brings in what depends on it or,
    when it is impossible now for a known lack, what may remove that.
    """
    state = arena.rows[row + STATE]
    target = part.returning[arena.rows[row + RANK]]
    for i in range(count):
        if arena.candidate[i] == target:
            arena.candidate[i] = arena.candidate[0]
            arena.candidate[0] = target
    if not arena.registers[RULES] & LATER:
        return count
    for i in range(count):
        step(part, steps, arena, state, class_of(part, arena.candidate[i]))
    if arena.registers[MISSED] > 0:
        # All that is sure or likely to be asked for soon, at once.
        for i in range(1, count):
            dependent(part, steps, arena, part.cls[target], class_of(part, arena.candidate[i]))
        return count
    members, done = 1, 0
    while done < members:
        c = class_of(part, arena.candidate[done])
        value = step(part, steps, arena, state, c)
        lacking = value <= LACKING and value % 2 != 0
        for i in range(members, count):
            move = arena.candidate[i]
            if lacking:
                member = supplies(part, steps, arena, value, class_of(part, move))
            else:
                member = dependent(part, steps, arena, c, class_of(part, move))
            if member:
                arena.candidate[i] = arena.candidate[members]
                arena.candidate[members] = move
                members += 1
        done += 1
        if arena.registers[MISSED] > 0:
            break
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
