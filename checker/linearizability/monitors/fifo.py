"""First-in-first-out queues of distinct elements, decided in O(n log n).

A key is **unsuited** when an element is enqueued twice by operations that may take effect.
Otherwise, with x *precedes* y when ret(x) < call(y):

1. An element that is dequeued was enqueued, once, and not after its dequeue returned; it is
   dequeued once. So its enqueue happened by the return of its dequeue, completed or not, and
   its dequeue not before its enqueue was called: intervals are tightened so. A crashed enqueue
   of what nobody dequeued did not happen, which is no loss; what stays inside is as if dequeued
   after everything.
2. a must be enqueued before b, or dequeued before b, where the (tightened) intervals say so; a
   linearization orders all elements in one way that obeys both. These are two interval orders,
   of which a cycle contains two elements that contradict: consecutive steps of one kind
   shorten, for each is transitive; and of a < b, c < d of one kind and b < c, d < a of the
   other, a < d or c < b hold too (an interval order has no two unrelated pairs), which is a
   shorter cycle. So elements are lined up greedily, each with nothing left that must be before
   it, unless two contradict: the bad pattern of Henzinger, Sezgin & Vafeiadis (*Aspect-oriented
   linearizability proofs*, CONCUR 2013, section 3) and of Bouajjani, Emmi, Enea & Hamza (*On
   reducing linearizability to state reachability*, ICALP 2015). In that line every enqueue goes
   as early as its call and its predecessors allow, every dequeue likewise behind its enqueue;
   the intervals, being tightened and in order, allow it.
3. A dequeue that found nothing needs a moment of its interval at which every element is
   wholly before or wholly after: t such that no element has an operation that returned before
   t and one that was called after it. The first such t is taken. Cutting all intervals there
   adds only constraints from elements before to elements after, which contradict nothing.
4. A dequeue of unknown outcome may have taken what nobody dequeued. That is needed where an
   element has to be gone by a deadline: before what was enqueued after it is dequeued, or
   before an emptiness. Those with the nearest deadline get the takes called first; if that
   fails, no other way succeeds. With dequeues that found nothing there are more ways than that:
   then what fails is refuted only if it fails, too, when everything left is taken as early as
   any take was called; else the key is unsuited.
"""

from __future__ import annotations

from checker.linearizability.decision import Budget
from checker.linearizability.monitors.finding import Findings
from checker.linearizability.monitors.queueing import decide_queue
from checker.reading import Reading
from histories.table import Table


def decide_fifo(table: Table, reading: Reading, budget: Budget | None = None) -> Findings:
    """Decide the keys of a queue's history, until one is refuted.

    Unsuited keys stay undecided. Evidence of a refuted key: 0 the first completion that cannot
    be placed; 1 and 2 the enqueues, 3 and 4 the dequeues of two elements out of order; or 1 a
    dequeue that cannot be and 2 (3) the enqueue (and dequeue) of the element it denies.
    """
    return decide_queue(table, reading, budget, ordered=True)
