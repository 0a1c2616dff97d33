"""A lock: elements are added to a set that nothing but the lock protects.

Each add takes the lock, reads the whole set, works a while, and writes the whole set back. Two
holders at once read the same set, and the element of the one is lost: so mutual exclusion is
judged by what it is for.
"""

from __future__ import annotations

from splitbrain.workloads.set import set_phases
from splitbrain.workloads.workload import Workload

LOCK = Workload(
    "lock",
    "adds to a set that only the system's lock protects; nothing acknowledged may be lost",
    "set",
    set_phases,
)
