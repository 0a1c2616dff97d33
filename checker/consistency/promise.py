"""What a system may promise its clients: the promises a history can be judged against, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise. ``implies``: the promises that hold wherever this one does, all of them.

    ``summary`` is one line for people, ``decided`` says of which histories it is decided, and
    ``source`` where it is defined. ``models``: those it fits, which are judged by it when all
    promises are asked about; empty: every object with states, a user's too. ``rule``: what
    decides it where it is a rule of its own (``module:function``, of operations to a Result);
    such a promise is made of no other model.
    """

    name: str
    summary: str
    decided: str
    source: str
    implies: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    rule: str = ""

    def fits(self, model: str) -> bool:
        """Whether it is among all that is asked of ``model``, by its name."""
        return model in self.models if self.models else model not in RULED

    def can_be_asked(self, model: str) -> bool:
        """Whether it says anything of ``model``, be it that it cannot be decided."""
        return self.fits(model) or not (self.rule or model in RULED)


EVERY = "all"
"""Stands for all promises that fit the model."""

RULED = ("fenced-lock", "rw-register", "total-queue", "unique-ids", "watch")
"""Models that are no objects with states: there is no order of operations to look for."""

LINEARIZABLE = "linearizable"
SEQUENTIAL = "sequential"
READ_YOUR_WRITES = "read-your-writes"
MONOTONIC_READS = "monotonic-reads"
MONOTONIC_WRITES = "monotonic-writes"
WRITES_FOLLOW_READS = "writes-follow-reads"
CAUSAL = "causal"
SET_FULL = "set-full"
SET_FULL_LINEARIZABLE = "set-full-linearizable"
UNIQUE_IDS = "unique-ids"
BANK = "bank"
BANK_TOTAL = "bank-total"
LONG_FORK = "long-fork"
CAUSAL_REVERSE = "causal-reverse"
AT_LEAST_ONCE = "at-least-once"
EXACTLY_ONCE = "exactly-once"
MUTUAL_EXCLUSION = "mutual-exclusion"
FENCING = "fencing"

GUARANTEES = (READ_YOUR_WRITES, MONOTONIC_READS, MONOTONIC_WRITES, WRITES_FOLLOW_READS)
"""Those made to each session for itself."""

_TERRY = "Terry et al., Session Guarantees for Weakly Consistent Replicated Data (PDIS 1994), § 3"
_JEPSEN = "Jepsen, jepsen.checker/"
_QUEUES = ("total-queue", "fifo-queue", "unordered-queue")
_SEEN = ("register", "cas-register", "set", "counter")
"""Models in which what a session saw of others is told apart."""
_TOLD_APART = "registers whose writes can be told apart, sets; counters in part"

PROMISES = {
    promise.name: promise
    for promise in (
        Promise(
            LINEARIZABLE,
            "each operation takes effect at one moment between its call and its answer",
            "every model, within the time and memory allowed",
            "Herlihy & Wing, Linearizability (TOPLAS 1990), § 2",
            (
                *(SEQUENTIAL, CAUSAL, *GUARANTEES, SET_FULL, SET_FULL_LINEARIZABLE, BANK_TOTAL),
                *(AT_LEAST_ONCE, EXACTLY_ONCE),
            ),
        ),
        Promise(
            SEQUENTIAL,
            "one order of all operations explains every answer and keeps each process's own order",
            "registers whose writes can be told apart, sets, counters; others while they are small",
            "Lamport, How to Make a Multiprocessor Computer … (IEEE ToC 1979)",
            (CAUSAL, *GUARANTEES),
        ),
        Promise(
            CAUSAL,
            "who has seen something sees all that it depends on, and all agree on what is newer",
            _TOLD_APART,
            "Lloyd et al., COPS (SOSP 2011), § 3.1; Bouajjani et al. (POPL 2017), § 2",
            GUARANTEES,
            models=_SEEN,
        ),
        Promise(
            READ_YOUR_WRITES,
            "a process never reads what is older than its own writes",
            _TOLD_APART,
            _TERRY,
            models=_SEEN,
        ),
        Promise(
            MONOTONIC_READS,
            "a process never reads what is older than it has read",
            _TOLD_APART,
            _TERRY,
            models=_SEEN,
        ),
        Promise(
            MONOTONIC_WRITES,
            "who has seen a write sees what its process wrote before it",
            _TOLD_APART,
            _TERRY,
            models=_SEEN,
        ),
        Promise(
            WRITES_FOLLOW_READS,
            "who has seen a write sees what its process had read before it",
            _TOLD_APART,
            _TERRY,
            models=_SEEN,
        ),
        Promise(
            SET_FULL,
            "what was once in a set, or acknowledged, is not gone for good",
            "sets; how soon each element is there to stay is told, too",
            _JEPSEN + "set-full",
            models=("set",),
            rule="checker.sets:check_set_full",
        ),
        Promise(
            SET_FULL_LINEARIZABLE,
            "… and every read that begins later has it",
            "sets",
            _JEPSEN + "set-full, :linearizable? true",
            (SET_FULL,),
            models=("set",),
            rule="checker.sets:check_set_full_linearizable",
        ),
        Promise(
            UNIQUE_IDS,
            "no two that asked for an id were given the same",
            "unique-ids",
            _JEPSEN + "unique-ids",
            models=("unique-ids",),
            rule="checker.unique_ids:check_unique_ids",
        ),
        Promise(
            BANK,
            "every read of all accounts has the total that was put in, and none is below zero",
            "banks",
            "Jepsen, jepsen.tests.bank",
            (BANK_TOTAL,),
            models=("bank",),
            rule="checker.bank:check_bank",
        ),
        Promise(
            BANK_TOTAL,
            "… and a balance may be below zero",
            "banks",
            "Jepsen, jepsen.tests.bank, :negative-balances? true",
            models=("bank",),
            rule="checker.bank:check_bank_total",
        ),
        Promise(
            LONG_FORK,
            "no two reads disagree about which of two writes came first",
            "transactions over registers that are written once each",
            "Sovran et al., Walter (SOSP 2011), § 3; Jepsen, jepsen.tests.long-fork",
            models=("rw-register",),
            rule="checker.forks:check_long_fork",
        ),
        Promise(
            CAUSAL_REVERSE,
            "a write is not seen without one that was acknowledged before it was asked for",
            "transactions over registers that are written once each",
            "Jepsen, jepsen.tests.causal-reverse",
            models=("rw-register",),
            rule="checker.forks:check_causal_reverse",
        ),
        Promise(
            AT_LEAST_ONCE,
            "what goes into a queue comes out, and stays until somebody is done with it",
            "queues whose elements are all different, once they were found empty",
            _JEPSEN + "total-queue",
            models=_QUEUES,
            rule="checker.delivery.judging:check_at_least_once",
        ),
        Promise(
            EXACTLY_ONCE,
            "what somebody is done with (acknowledged, dequeued) is never handed out again",
            "queues whose elements are all different",
            _JEPSEN + "total-queue",
            models=_QUEUES,
            rule="checker.delivery.judging:check_exactly_once",
        ),
        Promise(
            MUTUAL_EXCLUSION,
            "a lock is one client's until it lets go of it, or its lease has run out",
            "locks with tokens, by the times of the history",
            "Burrows, The Chubby lock service (OSDI 2006), § 2.4",
            models=("fenced-lock",),
            rule="checker.locks.checking:check_mutual_exclusion",
        ),
        Promise(
            FENCING,
            "tokens grow from grant to grant, and what they protect refuses older ones than it saw",
            "locks with tokens, in which each write writes another value",
            "Kleppmann, How to do distributed locking (2016)",
            models=("fenced-lock",),
            rule="checker.locks.checking:check_fencing",
        ),
    )
}


def promises_of(model: str) -> tuple[str, ...]:
    """All promises that fit a model, by its name."""
    return tuple(name for name, promise in PROMISES.items() if promise.fits(model))


def misfits(promises: Iterable[str], model: str) -> list[str]:
    """A sentence for each promise that says nothing of a model. Raises KeyError for no promise."""
    odd = [name for name in promises if not PROMISES[name].can_be_asked(model)]
    known = ", ".join(promises_of(model)) or "no promise fits it"
    return [f"{name} is no promise of the model {model!r} ({known})." for name in odd]
