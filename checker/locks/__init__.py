"""Locks with leases and fencing tokens, and the resources that the tokens protect.

Operations on a lock and its resource, which bear one key:

    acquire  lease in ms, null: without an end   ok: [lease, token]
    renew    null: the same lease from the start ok: [null, token]
    release  null                                ok: [null, token]
    write    value                               ok: [value, token]
    read                                         ok: [value, token], or null: never written

Two promises (the sources: Burrows, "The Chubby lock service", OSDI 2006, section 2.4; Kleppmann,
"How to do distributed locking", 2016), each judged by itself:

mutual exclusion
  - the lock is one process's until it releases it, or until its lease has run out since it asked
    for it, or for the latest renewal that was acknowledged; until then nobody is granted it,
    who has it included;
  - a token is good for renewing and releasing until another one is granted, or it is released;
fencing
  - tokens grow: each is greater than any granted before it, in real time;
  - the resource takes a write under a token only while it has taken none under a greater one,
    and a read tells the latest write.

All but the first is linearizability: of the lock, whose leases may run out at any moment, and of
the resource. ``order.py`` and ``resource.py`` decide it exactly. The first is about time: what the
journal says an acquire took, by the harness's own clock, no more is taken for granted than that
no clock that a lease is measured by runs faster than that one (``holding.py``).

What failed says nothing. Of an acquire whose outcome is unknown nobody knows the token; it need
never have happened, for a lease may end at any moment and so explains as much. A renewal or release
of unknown outcome refutes nothing and excuses what it can; a write of unknown outcome happened
where a read tells it, and need not have happened elsewhere.
"""

from checker.locks.checking import MODEL, check_locks
from checker.locks.shape import FUNCTIONS

__all__ = ["FUNCTIONS", "MODEL", "check_locks"]
