"""Levels of isolation, as data: what each is, what it implies, and where it is defined.

What a cycle refutes follows from its edges (``refuted_by``). So do these definitions:

* Adya, Weak Consistency (PhD thesis, MIT 1999), §§ 3–4: no cycle of ww (PL-1), none of ww and wr
  (PL-2), none with one rw (PL-2+), none at all where items are concerned (PL-2.99).
* Cerone & Gotsman, Analysing Snapshot Isolation (PODC 2016), Theorem 9: a history is one of
  snapshot isolation iff its dependencies, each followed by one rw or none, have no cycle; that is,
  every cycle has two rw in a row. § 5: and of parallel snapshot isolation iff every cycle has
  two rw.
* Cerone, Bernardi & Gotsman, A Framework for Transactional Consistency Models with Atomic
  Visibility (CONCUR 2015): read atomic and causal, in terms of what is visible to whom.
* Daudjee & Salem, Lazy Database Replication with Ordering Guarantees (ICDE 2004): strong session.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from checker.transactions.edges import PROCESS, REALTIME, RW, WR, WW

READ_UNCOMMITTED, READ_COMMITTED = "read-uncommitted", "read-committed"
READ_ATOMIC, CAUSAL = "read-atomic", "causal"
PARALLEL_SNAPSHOT_ISOLATION = "parallel-snapshot-isolation"
SNAPSHOT_ISOLATION = "snapshot-isolation"
REPEATABLE_READ, SERIALIZABLE = "repeatable-read", "serializable"
STRONG_SESSION = "strong-session-"
STRONG = "strong-"
STRONG_SNAPSHOT_ISOLATION = STRONG + SNAPSHOT_ISOLATION
STRICT_SERIALIZABLE = "strict-serializable"


@dataclass(frozen=True, slots=True)
class Level:
    """A level. ``implies``: the next weaker ones. ``within``: the order of what else it respects
    (PROCESS, REALTIME, or 0: no other)."""

    name: str
    summary: str
    source: str
    implies: tuple[str, ...] = ()
    within: int = 0


_ADYA = "Adya, Weak Consistency (1999)"
_CERONE = "Cerone, Bernardi & Gotsman (CONCUR 2015)"
_SESSION = "Daudjee & Salem (ICDE 2004)"
_SO = ", and each process's transactions come in its order"
_RT = ", and what was acknowledged comes before what is asked for later"

LEVELS = {
    level.name: level
    for level in (
        Level(READ_UNCOMMITTED, "writes of two transactions are not interleaved", f"{_ADYA}, PL-1"),
        Level(
            READ_COMMITTED,
            "nothing is read that was rolled back, is not final, or depends on its reader",
            f"{_ADYA}, PL-2",
            (READ_UNCOMMITTED,),
        ),
        Level(
            READ_ATOMIC,
            "who sees one write of a transaction sees all of them",
            f"{_CERONE}; Bailis et al. (SIGMOD 2014)",
            (READ_COMMITTED,),
        ),
        Level(
            CAUSAL,
            "who sees a transaction sees all that it had seen",
            _CERONE,
            (READ_ATOMIC,),
        ),
        Level(
            PARALLEL_SNAPSHOT_ISOLATION,
            "causal, and of two that write one key one sees the other",
            f"{_CERONE}; Sovran et al. (SOSP 2011)",
            (CAUSAL,),
        ),
        Level(
            SNAPSHOT_ISOLATION,
            "all reads are of one moment, and nobody wrote since then what it writes itself",
            "Berenson et al. (SIGMOD 1995); Cerone & Gotsman (PODC 2016)",
            (PARALLEL_SNAPSHOT_ISOLATION,),
        ),
        Level(
            REPEATABLE_READ,
            "serializable as far as single keys are concerned",
            f"{_ADYA}, PL-2.99",
            (READ_COMMITTED,),
        ),
        Level(
            SERIALIZABLE,
            "one order of all transactions explains every answer",
            f"{_ADYA}, PL-3",
            (SNAPSHOT_ISOLATION, REPEATABLE_READ),
        ),
        Level(
            STRONG_SESSION + READ_UNCOMMITTED,
            f"read uncommitted{_SO}",
            _SESSION,
            (READ_UNCOMMITTED,),
            PROCESS,
        ),
        Level(
            STRONG_SESSION + READ_COMMITTED,
            f"read committed{_SO}",
            _SESSION,
            (READ_COMMITTED, STRONG_SESSION + READ_UNCOMMITTED),
            PROCESS,
        ),
        Level(
            STRONG_SESSION + CAUSAL,
            f"causal{_SO}",
            "Lloyd et al. (SOSP 2011)",
            (CAUSAL, STRONG_SESSION + READ_COMMITTED),
            PROCESS,
        ),
        Level(
            STRONG_SESSION + PARALLEL_SNAPSHOT_ISOLATION,
            f"parallel snapshot isolation{_SO}",
            "Sovran et al. (SOSP 2011)",
            (PARALLEL_SNAPSHOT_ISOLATION, STRONG_SESSION + CAUSAL),
            PROCESS,
        ),
        Level(
            STRONG_SESSION + SNAPSHOT_ISOLATION,
            f"snapshot isolation{_SO}",
            f"{_SESSION}; Cerone & Gotsman (PODC 2016)",
            (SNAPSHOT_ISOLATION, STRONG_SESSION + PARALLEL_SNAPSHOT_ISOLATION),
            PROCESS,
        ),
        Level(
            STRONG_SESSION + SERIALIZABLE,
            f"serializable{_SO}",
            _SESSION,
            (SERIALIZABLE, STRONG_SESSION + SNAPSHOT_ISOLATION),
            PROCESS,
        ),
        Level(
            STRONG + READ_UNCOMMITTED,
            f"read uncommitted{_RT}",
            "as the strict forms",
            (STRONG_SESSION + READ_UNCOMMITTED,),
            REALTIME,
        ),
        Level(
            STRONG + READ_COMMITTED,
            f"read committed{_RT}",
            "as the strict forms",
            (STRONG_SESSION + READ_COMMITTED, STRONG + READ_UNCOMMITTED),
            REALTIME,
        ),
        Level(
            STRONG_SNAPSHOT_ISOLATION,
            f"snapshot isolation{_RT}",
            _SESSION,
            (STRONG_SESSION + SNAPSHOT_ISOLATION, STRONG + READ_COMMITTED),
            REALTIME,
        ),
        Level(
            STRICT_SERIALIZABLE,
            f"serializable{_RT}",
            "Papadimitriou (JACM 1979); Herlihy & Wing (TOPLAS 1990)",
            (STRONG_SESSION + SERIALIZABLE, STRONG_SNAPSHOT_ISOLATION),
            REALTIME,
        ),
    )
}

SERIAL = {SERIALIZABLE: 0, STRONG_SESSION + SERIALIZABLE: PROCESS, STRICT_SERIALIZABLE: REALTIME}
"""Levels that ask for one order of all transactions, and what that order has to respect."""

SNAPSHOTS = {
    SNAPSHOT_ISOLATION: 0,
    STRONG_SESSION + SNAPSHOT_ISOLATION: PROCESS,
    STRONG_SNAPSHOT_ISOLATION: REALTIME,
}
"""Levels that ask for an order of begins and commits, and what that has to respect."""

ALIASES = {
    "strong-serializable": STRICT_SERIALIZABLE,
    "strict-serialisable": STRICT_SERIALIZABLE,
    "serialisable": SERIALIZABLE,
    "strong-session-serialisable": STRONG_SESSION + SERIALIZABLE,
}


def implied(name: str) -> Iterator[str]:
    """A level and all that it implies."""
    met, todo = {name}, [name]
    while todo:
        one = todo.pop()
        yield one
        for weaker in LEVELS[one].implies:
            if weaker not in met:
                met.add(weaker)
                todo.append(weaker)


def at_least(names: Iterable[str]) -> frozenset[str]:
    """All levels that imply one of these."""
    return _at_least(frozenset(names))


@cache
def _at_least(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in LEVELS if names.intersection(implied(name)))


def strongest(names: Collection[str]) -> tuple[str, ...]:
    """Of some levels those that no other one among them implies, in the order of ``LEVELS``."""
    covered = {weaker for name in names for weaker in implied(name) if weaker != name}
    return tuple(name for name in LEVELS if name in names and name not in covered)


def weakest(names: Collection[str]) -> tuple[str, ...]:
    """Of some levels those that imply no other one among them."""
    return tuple(
        name
        for name in LEVELS
        if name in names and not any(one in names for one in implied(name) if one != name)
    )


def cycle_name(sorts: Sequence[int]) -> str:
    """What a cycle of such edges is called, after Adya and Elle."""
    unseen = sum(sort == RW for sort in sorts)
    if not unseen:
        name = "G0" if WR not in sorts else "G1c"
    elif unseen == 1:
        name = "G-single"
    else:
        name = "G2-item" if adjacent(sorts) else "G-nonadjacent"
    if REALTIME in sorts:
        return name + "-realtime"
    return name + "-process" if PROCESS in sorts else name


def adjacent(sorts: Sequence[int]) -> bool:
    """Whether two rw follow one another in a cycle."""
    return any(sorts[i] == sorts[i - 1] == RW for i in range(len(sorts)))


def refuted_by(sorts: Sequence[int]) -> tuple[str, ...]:
    """The weakest levels under which there is no cycle of such edges."""
    unseen = sum(sort == RW for sort in sorts)
    if REALTIME in sorts:
        if not unseen:
            return (STRONG + (READ_COMMITTED if WR in sorts else READ_UNCOMMITTED),)
        return (STRICT_SERIALIZABLE if adjacent(sorts) else STRONG_SNAPSHOT_ISOLATION,)
    own = STRONG_SESSION if PROCESS in sorts else ""
    if not unseen:
        return (own + (READ_COMMITTED if WR in sorts else READ_UNCOMMITTED),)
    if unseen > 1:
        if adjacent(sorts):
            return (own + SERIALIZABLE,) if own else (REPEATABLE_READ,)
        return (own + SNAPSHOT_ISOLATION,) if own else (SNAPSHOT_ISOLATION, REPEATABLE_READ)
    if own:
        return (own + (PARALLEL_SNAPSHOT_ISOLATION if WW in sorts else CAUSAL),)
    if WW in sorts:
        return PARALLEL_SNAPSHOT_ISOLATION, REPEATABLE_READ
    return (READ_ATOMIC if len(sorts) == 2 else CAUSAL), REPEATABLE_READ
