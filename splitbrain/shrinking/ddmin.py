"""Delta debugging: from a list that fails to one of which nothing more can be left out.

After Zeller & Hildebrandt, Simplifying and Isolating Failure-Inducing Input (2002), section 3:
ever smaller pieces are left out, while what remains still fails. The result is *1-minimal*:
leave out any one more, and it no longer fails. It need not be the smallest there is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def fewest(items: Sequence[T], fails: Callable[[list[T]], bool]) -> list[T]:
    """A 1-minimal part of ``items``, in their order, that still fails.

    ``items`` themselves are known to fail. The first pieces go first: what came last is what
    failed, as a rule. Asks O(n log n) times as a rule and O(n²) times at worst; the
    same answers give the same questions. Whatever ``fails`` raises ends it.
    """
    kept = list(items)
    if kept and fails([]):
        return []
    size = (len(kept) + 1) // 2
    while kept:
        shorter = False
        start = 0
        while start < len(kept):
            left = kept[:start] + kept[start + size :]
            if left and fails(left):
                kept, shorter = left, True
            else:
                start += size
        if size > 1:
            size = (size + 1) // 2
        elif not shorter:
            break
    return kept


def first_that_fails(candidates: Sequence[T], fails: Callable[[T], bool]) -> T | None:
    """The first of ``candidates``, best first, that fails; None when none does."""
    return next((one for one in candidates if fails(one)), None)
