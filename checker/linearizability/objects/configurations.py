"""Configurations: kept by digest, compared by dominance, and in which order they go on."""

from __future__ import annotations

from typing import Any

from checker.linearizability.objects.layout import (
    AT,
    BEHIND,
    DIGEST,
    DOMINANCE,
    LINK,
    LOWEST,
    MASK,
    MASK31,
    RANK,
    RULES,
    STATE,
    STRIDE,
    TOP,
    USED,
    WORDS,
)


def mix(digest: int, number: int) -> int:
    """Stir 31 bits into a 31-bit digest; products stay below 2**62."""
    product = ((digest ^ number) * 0x5BD1E995) & MASK31
    return product ^ (product >> 15)


def digest_of(arena: Any, row: int) -> int:
    """The digest of what dominance compares for equality: rank, state, required."""
    rows = arena.rows
    digest = mix(mix(17, rows[row + RANK]), rows[row + STATE])
    for at in range(row + MASK, row + MASK + arena.registers[WORDS]):
        digest = mix(mix(digest, rows[at] & MASK31), rows[at] >> 31)
    return digest


def dominates(part: Any, arena: Any, seen: int, row: int) -> bool:
    """Whether ``seen`` can do all that ``row`` can (rule 3)."""
    rows, words = arena.rows, arena.registers[WORDS]
    if (
        rows[seen + DIGEST] != rows[row + DIGEST]
        or rows[seen + RANK] != rows[row + RANK]
        or rows[seen + STATE] != rows[row + STATE]
    ):
        return False
    for w in range(MASK, MASK + words):
        if rows[seen + w] != rows[row + w]:
            return False
    exactly = not arena.registers[RULES] & DOMINANCE
    for p in range(len(part.guards)):
        less, more = rows[seen + MASK + words + p], rows[row + MASK + words + p]
        guard = part.guards[p]
        if ((more | guard) - less) & guard != guard or (exactly and more != less):
            return False
    return True


def dominated(part: Any, arena: Any, row: int) -> bool:
    """Whether some configuration seen before can do all that this one can."""
    seen = arena.heads[arena.rows[row + DIGEST] & (len(arena.heads) - 1)]
    while seen >= 0:
        if dominates(part, arena, seen, row):
            return True
        seen = arena.rows[seen + LINK]
    return False


def remember(arena: Any, row: int) -> None:
    """Chain a row into its bucket."""
    bucket = arena.rows[row + DIGEST] & (len(arena.heads) - 1)
    arena.rows[row + LINK] = arena.heads[bucket]
    arena.heads[bucket] = row


def rehash(arena: Any) -> None:
    """Chain all rows anew, after ``heads`` was replaced by a larger, empty one."""
    for row in range(0, arena.registers[USED], arena.registers[STRIDE]):
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


def lowest(arena: Any) -> int:
    """Take a configuration of the lowest rank that waits; -1: none does."""
    at, row = arena.registers[LOWEST], -1
    while at < len(arena.waiting):
        row = arena.waiting[at]
        if row >= 0:
            arena.waiting[at] = arena.rows[row + BEHIND]
            break
        at += 1
    arena.registers[LOWEST] = at
    return row


def push(arena: Any, row: int, move: int, state: int) -> None:
    """Note a step for ``propose`` to take."""
    top = arena.registers[TOP]
    arena.stack[3 * top] = row
    arena.stack[3 * top + 1] = move
    arena.stack[3 * top + 2] = state
    arena.registers[TOP] = top + 1
