"""The lock table: shared and exclusive locks, first come first served, and wait-die.

Two-phase locking is Eswaran, Gray, Lorie and Traiger, "The Notions of Consistency and
Predicate Locks", 1976; wait-die is Rosenkrantz, Stearns and Lewis, "System Level Concurrency
Control for Distributed Database Systems", 1978 (Bernstein, Hadzilacos and Goodman, 1987,
section 3.5). Who asks for a lock that conflicts with others

    is older than all of them     waits
    is younger than one of them   dies: it is to start again, and keeps its age

Whoever waits is older than all it waits for, so no circle of waiters can close, not even one
that leads over many nodes. Those that wait ahead count like those that hold: were they passed
by, a waiter might come to wait for somebody older.

    x: held shared by T9    T5 asks to write: waits    T7 asks to read: dies, for T5 is ahead
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

Age = tuple[int, str]
"""When a transaction began (a Lamport clock, 1978), and its first name. Smaller is older."""


class Mode(StrEnum):
    """How a lock is held: by many that read, or by one that writes."""

    SHARED = "shared"
    EXCLUSIVE = "exclusive"


class Answer(StrEnum):
    """What becomes of a request for a lock."""

    GRANTED = "granted"
    WAITS = "waits"
    DIES = "dies"


@dataclass(frozen=True, slots=True)
class Claim:
    """A transaction's lock on an item, held or waited for."""

    transaction: str
    age: Age
    mode: Mode

    def conflicts(self, other: Claim) -> bool:
        """Whether not both can be held."""
        return Mode.EXCLUSIVE in (self.mode, other.mode)


@dataclass(slots=True)
class _Lock:
    holders: dict[str, Claim] = field(default_factory=dict)
    queue: list[Claim] = field(default_factory=list)


class LockTable:
    """All locks of a shard. A transaction asks once for an item, in the mode it will need."""

    def __init__(self) -> None:
        self._locks: dict[str, _Lock] = {}
        self._items: dict[str, list[str]] = {}

    def ask(self, transaction: str, age: Age, item: str, mode: Mode) -> Answer:
        """Ask for a lock. What dies has not got it, and keeps those it had until ``release``."""
        claim = Claim(transaction, age, mode)
        lock = self._locks.setdefault(item, _Lock())
        ahead = [one for one in (*lock.holders.values(), *lock.queue) if one.conflicts(claim)]
        if any(claim.age >= one.age for one in ahead):
            return Answer.DIES
        self._items.setdefault(transaction, []).append(item)
        if ahead:
            lock.queue.append(claim)
            return Answer.WAITS
        lock.holders[transaction] = claim
        return Answer.GRANTED

    def release(self, transaction: str) -> list[tuple[str, str]]:
        """Give up all locks and places in queues; (transaction, item) of those granted by it."""
        granted: list[tuple[str, str]] = []
        for item in self._items.pop(transaction, ()):
            lock = self._locks[item]
            lock.holders.pop(transaction, None)
            lock.queue = [claim for claim in lock.queue if claim.transaction != transaction]
            granted += [(claim.transaction, item) for claim in self._let_in(lock)]
            if not lock.holders:
                del self._locks[item]
        return granted

    @staticmethod
    def _let_in(lock: _Lock) -> Iterator[Claim]:
        """Grant from the head of the queue on, as far as nothing conflicts."""
        while lock.queue:
            first = lock.queue[0]
            if any(first.conflicts(held) for held in lock.holders.values()):
                return
            lock.holders[first.transaction] = lock.queue.pop(0)
            yield first

    def holders(self, item: str) -> list[Claim]:
        """Who holds a lock on ``item``."""
        return list(self._locks[item].holders.values()) if item in self._locks else []

    def waiters(self, item: str) -> list[Claim]:
        """Who waits for one, the next first."""
        return list(self._locks[item].queue) if item in self._locks else []

    def items(self) -> list[str]:
        """All items on which there is a lock."""
        return list(self._locks)
