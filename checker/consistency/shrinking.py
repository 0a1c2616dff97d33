"""Finds the few operations that show a history not to be sequential."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

Refuted = Callable[[list[int]], bool]
"""Whether some steps, ascending, are a witness: they may be shown without the others, and have
no order."""

SECONDS_MAX = 3.0


def shrunk(
    steps: Sequence[int], refuted: Refuted, *, seconds_max: float = SECONDS_MAX
) -> list[int]:
    """Fewer steps that are a witness too: without any one of them none is, if time allows.

    Takes away halves, quarters and so on (Zeller & Hildebrandt, Simplifying and Isolating
    Failure-Inducing Input, IEEE TSE 2002), the steps called last first.
    """
    kept = sorted(steps)
    late = time.perf_counter() + seconds_max
    span = max(1, len(kept) // 2)
    while True:
        begin, took = len(kept), False
        while begin > 0:
            begin = max(0, begin - span)
            if time.perf_counter() > late:
                return kept
            fewer = kept[:begin] + kept[begin + span :]
            if fewer and refuted(fewer):
                kept, took = fewer, True
        if span > 1:
            span //= 2
        elif not took:
            return kept
