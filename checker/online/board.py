"""What the kernels of a register's frontier work on: flat columns, lists or int64 arrays."""

from __future__ import annotations

from typing import NamedTuple


class Board(NamedTuple):
    """Flat columns; N rows of width Q = 4 + W + 2C, S slots, C classes, W words of 62 slots.

    ``rows``: N·Q, a configuration each: state, hider, main (the state a block will be left
    with), stage, W words of pending slots, C totals, C early counts (``stepping.py``).
    ``link``: N, the next row in a bucket; ``heads``: a power of two of buckets, -1 when
    empty. ``slots``: S·5: kind (-1: free), expected, new, event of the call, event of the
    return. ``classes``: C·6: kind (-1: free), expected, new, members called before every
    hider, members beyond these, whether some were lent; the calls of those beyond are
    ``opens``, C·OPENS. ``masks``: 3·W, the slots of observers, of compare-and-sets, of
    writes. ``scalars``: COUNT rows in the frontier, widths and capacities, USED, AT, NOW,
    EXPANDED, BUCKETS, OUTER, TIGHT.
    """

    rows: list[int]
    link: list[int]
    heads: list[int]
    slots: list[int]
    classes: list[int]
    opens: list[int]
    masks: list[int]
    scalars: list[int]
