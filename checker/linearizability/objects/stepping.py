"""What a step does to a configuration: looked up, and noted when it is not known yet."""

from __future__ import annotations

from typing import Any

from checker.linearizability.objects.layout import (
    CLASSES,
    DOOM,
    DOOMED,
    DOOMED_RANK,
    EARLY,
    ILLEGAL,
    KINDS,
    LACKING,
    MASK,
    MASK31,
    MISSED,
    PAIR,
    RANK,
    RULES,
    STATE,
    STEP,
    SUPPLY,
    UNFILLED,
    WORD,
)


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


def key_of(kind: int, first: int, second: int, classes: int) -> int:
    """The key of what is asked: see ``need``."""
    return KINDS * (first * classes + second) + kind


def need(steps: Any, arena: Any, kind: int, first: int, second: int) -> int:
    """What is known of two numbers; UNFILLED, and noted, when the table lacks it.

    ``kind`` STEP: what follows state ``first`` under class ``second``. PAIR: 1 where two classes
    are independent, else 0. SUPPLY: 1 where class ``second`` may remove lack ``first``, else 0.
    """
    registers = arena.registers
    at = place_of(steps.keys, key_of(kind, first, second, registers[CLASSES]))
    if steps.keys[at] >= 0:
        value: int = steps.values[at]
        return value
    missed = registers[MISSED]
    if 3 * missed + 2 < len(arena.missing):
        arena.missing[3 * missed] = kind
        arena.missing[3 * missed + 1] = first
        arena.missing[3 * missed + 2] = second
        registers[MISSED] = missed + 1
    return UNFILLED


def step(part: Any, steps: Any, arena: Any, state: int, c: int) -> int:
    """The state after an operation of class c, or why there is none."""
    return need(steps, arena, STEP, state, part.name[c])


def dependent(part: Any, steps: Any, arena: Any, c: int, d: int) -> bool:
    """Whether operations of two classes cannot be exchanged in every state."""
    low, high = min(part.name[c], part.name[d]), max(part.name[c], part.name[d])
    return need(steps, arena, PAIR, low, high) != 1


def supplies(part: Any, steps: Any, arena: Any, value: int, c: int) -> bool:
    """Whether class c may remove what the step ``value`` (LACKING - 2 k) says is lacking."""
    return need(steps, arena, SUPPLY, (LACKING - value) // 2, part.name[c]) != 0


def may_reset(part: Any, rank: int, j: int) -> bool:
    """Whether an operation that resets the state may take effect between the return of
    ``rank`` and that of operation j."""
    if len(part.resets) == 0:
        return False
    m = len(part.cls)
    if part.resets[2 * m + 2] <= part.rank[j]:
        return True
    return bool(part.resets[part.called[part.rank[j]]] > part.resets[m + 1 + rank])


def observed(part: Any, steps: Any, arena: Any, row: int, j: int) -> int:
    """What a configuration means to an observer that is pending: its state when it can be
    placed now, DOOMED when it never can, else something else."""
    rules = arena.registers[RULES]
    if not rules & (EARLY | DOOM):
        return ILLEGAL
    value = step(part, steps, arena, arena.rows[row + STATE], part.cls[j])
    if value == DOOMED:
        if not rules & DOOM or may_reset(part, arena.rows[row + RANK], j):
            return ILLEGAL
        if part.rank[j] > arena.registers[DOOMED_RANK]:
            arena.registers[DOOMED_RANK] = part.rank[j]
    elif not rules & EARLY:
        return ILLEGAL
    return value


def settle(part: Any, steps: Any, arena: Any, row: int, slots: int) -> bool:
    """After a step: place observers that have become possible (rule 1). False: no completion."""
    rows = arena.rows
    state = rows[row + STATE]
    for slot in range(slots):
        at, bit = row + MASK + slot // WORD, 1 << (slot % WORD)
        if rows[at] & bit:
            j = arena.owner[slot]
            if part.observer[part.cls[j]]:
                value = observed(part, steps, arena, row, j)
                if value == state:
                    rows[at] &= ~bit
                elif value == DOOMED:
                    return False
    return True


def enter(part: Any, steps: Any, arena: Any, row: int, start: int, end: int) -> bool:
    """Operations start..end are called; observers may be placed at once. False: no completion."""
    state = arena.rows[row + STATE]
    for j in range(start, end):
        value = ILLEGAL
        if part.observer[part.cls[j]]:
            value = observed(part, steps, arena, row, j)
            if value == DOOMED:
                return False
        if value != state:
            slot = part.slot[j]
            arena.rows[row + MASK + slot // WORD] |= 1 << (slot % WORD)
    return True


def advance(part: Any, steps: Any, arena: Any, row: int) -> bool:
    """Let operations return, and new ones be called, as long as there is no choice in it.

    Stops before the return of an operation that is not placed. False: no completion.
    """
    m = len(part.cls)
    rows = arena.rows
    rank = rows[row + RANK]
    while rank < m:
        slot = part.slot[part.returning[rank]]
        if rows[row + MASK + slot // WORD] & (1 << (slot % WORD)):
            break
        rank += 1
        if not enter(part, steps, arena, row, part.called[rank - 1], part.called[rank]):
            return False
    rows[row + RANK] = rank
    # The next observer to be called: if it can never be placed after this, nothing helps.
    j = part.watch[part.called[rank]]
    if j < m and arena.registers[RULES] & DOOM:
        return observed(part, steps, arena, row, j) != DOOMED
    return True
