"""Queues of distinct elements that come out in any order, decided in O(n log n).

A key is **unsuited** when an element is enqueued twice by operations that may take effect.
Otherwise elements have nothing to do with each other: one that is dequeued was enqueued, once,
not after its dequeue returned, and is dequeued once. Crashed enqueues of what nobody dequeued
did not happen, which is no loss.

Only a dequeue that found nothing ties elements together: it needs a moment of its interval
that no element surely spans, as in ``fifo.py`` (3), where it is also said what a dequeue of
unknown outcome may take (4). Every operation then goes as early as its call, its enqueue and
the last emptiness before its element allow.
"""

from __future__ import annotations

from checker.linearizability.decision import Budget
from checker.linearizability.monitors.finding import Findings
from checker.linearizability.monitors.queueing import decide_queue
from checker.reading import Reading
from histories.table import Table


def decide_unordered(table: Table, reading: Reading, budget: Budget | None = None) -> Findings:
    """Decide the keys of a queue's history, until one is refuted.

    Unsuited keys stay undecided. Evidence of a refuted key: 0 the first completion that cannot
    be placed; 1 a dequeue that cannot be, 2 (3) the enqueue (and dequeue) of the element it denies.
    """
    return decide_queue(table, reading, budget, ordered=False)
