"""Where everything lies in the flat arrays of a search, and what its numbers mean."""

from __future__ import annotations

WORD = 62
MASK31 = (1 << 31) - 1

RANK, STATE, PARENT, MOVE, LINK, BEHIND, DIGEST, MASK = range(8)
"""Where a configuration keeps what; from MASK on its words of required operations, and then
its words of counts. LINK: the next in its bucket; BEHIND: the next that waits at its rank."""

USED, TOP, AT, EPOCH, DEEPEST, FOUND, EXPANDED, BASE = range(8)
LOWEST, MISSED, DOOMED_RANK, BREADTH, UNLIMITED, RULES, OPTIONS = range(8, 15)
CLASSES, STRIDE, WORDS, INIT, OPEN_CLASSES = range(15, 20)
REGISTERS = 20
"""Scalars of a search. FOUND and BASE: -1 when there is none; before its beginning, BASE is
NOT_BEGUN. STRIDE: words of a configuration; WORDS: those of required operations."""
NOT_BEGUN = -2

REFUTED, LINEARIZED, GROW, TIRED, MISSING = 0, 1, 2, 3, 4
ILLEGAL, DOOMED, UNFILLED, MANY, LACKING = -1, -2, -3, -10, -11
"""Values of a step that are no state. MANY - 2 k: the k-th list of several states. LACKING -
2 k: it is impossible for the k-th lack."""
STEP, PAIR, SUPPLY, KINDS = 0, 1, 2, 3
"""What a search asks for: see ``stepping.need``."""

EARLY, ALIKE, DOMINANCE, LATER, DOOM, LACK = 1, 2, 4, 8, 16, 32
ALL_RULES = 63
"""Rules of ``kernels.py`` that can be switched off."""
