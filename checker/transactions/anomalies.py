"""Anomalies: what a history shows that some levels of isolation rule out, with the evidence."""

from __future__ import annotations

from dataclasses import dataclass

from checker.transactions.edges import NAMES
from checker.transactions.levels import (
    PARALLEL_SNAPSHOT_ISOLATION,
    READ_ATOMIC,
    READ_COMMITTED,
    READ_UNCOMMITTED,
    REPEATABLE_READ,
    cycle_name,
    refuted_by,
)

GARBAGE_READ, DUPLICATE_ELEMENTS = "garbage-read", "duplicate-elements"
INTERNAL, INCOMPATIBLE_ORDER = "internal", "incompatible-order"
G1A, G1B, DIRTY_UPDATE, LOST_UPDATE = "G1a", "G1b", "dirty-update", "lost-update"
REORDERED_APPENDS = "reordered-appends"
NO_SERIAL_ORDER, NO_VERSION_ORDER = "no-serial-order", "no-version-order"
NO_SNAPSHOTS = "no-snapshots"
CYCLES = ("G0", "G1c", "G-single", "G-nonadjacent", "G2-item")
WITHIN = ("", "-process", "-realtime")
"""What is added to the name of a cycle that goes by sessions or by real time, too."""

_GRAVITY = (
    GARBAGE_READ,
    DUPLICATE_ELEMENTS,
    G1A,
    G1B,
    INCOMPATIBLE_ORDER,
    INTERNAL,
    REORDERED_APPENDS,
    DIRTY_UPDATE,
    *CYCLES[:2],
    LOST_UPDATE,
    *CYCLES[2:],
    *(name + suffix for suffix in WITHIN[1:] for name in CYCLES),
    NO_SERIAL_ORDER,
    NO_SNAPSHOTS,
    NO_VERSION_ORDER,
)
"""The gravest first: what nobody can have written, what single answers show, then cycles, those
that say most of what went wrong first; what shows only with sessions or real time is last."""

REFUTES = {
    GARBAGE_READ: (READ_UNCOMMITTED,),
    DUPLICATE_ELEMENTS: (READ_UNCOMMITTED,),
    G1A: (READ_COMMITTED,),
    G1B: (READ_COMMITTED,),
    INCOMPATIBLE_ORDER: (READ_COMMITTED,),
    REORDERED_APPENDS: (READ_COMMITTED,),
    DIRTY_UPDATE: (READ_COMMITTED,),
    INTERNAL: (READ_ATOMIC, REPEATABLE_READ),
    LOST_UPDATE: (PARALLEL_SNAPSHOT_ISOLATION, REPEATABLE_READ),
}
"""The weakest levels that each rules out, but for cycles, of which the edges tell.

* A value nobody wrote, or an element twice, comes about under no level.
* Two reads that agree with no one order of appends: one of them saw what was not to last.
* *Reordered appends*: a list with what a transaction appended later, and not before that what it
  appended sooner, is none that was there once it had ended, nor while it went on.
* *Internal*: a transaction that does not see its own writes is no history at all to Adya (§ 3.1);
  one that sees a key change is, up to PL-2. Both contradict read atomic (axiom INT).
* *Lost update*: whichever of the two writes came first, the other's reader saw what was before it,
  which makes a cycle with one rw.
"""


@dataclass(frozen=True, slots=True)
class Dependency:
    """An edge of a cycle: row ``source`` comes before row ``target``. ``sort``: one of
    ``edges.py``; ``key`` is the number of the key it is due to, -1 where none."""

    source: int
    target: int
    sort: int
    key: int = -1

    @property
    def name(self) -> str:
        """What such a dependency is called."""
        return NAMES[self.sort]


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One anomaly. ``rows``: the transactions that show it, in the order in which it is told;
    ``cycle`` their dependencies, if it is one. Otherwise ``key`` and ``steps`` (numbers of reads
    or writes that show it) say where it is. ``found``: how many of the kind there are, at least.
    """

    name: str
    rows: tuple[int, ...]
    refutes: tuple[str, ...]
    cycle: tuple[Dependency, ...] = ()
    key: int = -1
    steps: tuple[int, ...] = ()
    found: int = 1

    @classmethod
    def of_cycle(cls, cycle: tuple[Dependency, ...]) -> Anomaly:
        """The anomaly that a cycle is, named after its edges."""
        sorts = [edge.sort for edge in cycle]
        rows = tuple(edge.source for edge in cycle)
        return cls(cycle_name(sorts), rows, refuted_by(sorts), cycle)

    @property
    def gravity(self) -> int:
        """Its place among others, to sort by: the gravest, which is told first, has the least."""
        return _GRAVITY.index(self.name)
