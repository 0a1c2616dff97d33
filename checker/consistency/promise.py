"""What a system may promise its clients: the promises a history can be judged against, by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise. ``implies``: the promises that hold wherever this one does, all of them.

    ``summary`` is one line for people, ``decided`` says of which histories it is decided, and
    ``source`` where it is defined.
    """

    name: str
    summary: str
    decided: str
    source: str
    implies: tuple[str, ...] = ()


LINEARIZABLE = "linearizable"
SEQUENTIAL = "sequential"
READ_YOUR_WRITES = "read-your-writes"
MONOTONIC_READS = "monotonic-reads"
MONOTONIC_WRITES = "monotonic-writes"
WRITES_FOLLOW_READS = "writes-follow-reads"

GUARANTEES = (READ_YOUR_WRITES, MONOTONIC_READS, MONOTONIC_WRITES, WRITES_FOLLOW_READS)
"""Those made to each session for itself."""

_TERRY = "Terry et al., Session Guarantees for Weakly Consistent Replicated Data (PDIS 1994), § 3"
_TOLD_APART = "registers whose writes can be told apart, sets; counters in part"

PROMISES = {
    promise.name: promise
    for promise in (
        Promise(
            LINEARIZABLE,
            "each operation takes effect at one moment between its call and its answer",
            "every model, within the time and memory allowed",
            "Herlihy & Wing, Linearizability (TOPLAS 1990), § 2",
            (SEQUENTIAL, *GUARANTEES),
        ),
        Promise(
            SEQUENTIAL,
            "one order of all operations explains every answer and keeps each process's own order",
            "registers whose writes can be told apart, sets, counters; others while they are small",
            "Lamport, How to Make a Multiprocessor Computer … (IEEE ToC 1979)",
            GUARANTEES,
        ),
        Promise(
            READ_YOUR_WRITES,
            "a process never reads what is older than its own writes",
            _TOLD_APART,
            _TERRY,
        ),
        Promise(
            MONOTONIC_READS,
            "a process never reads what is older than it has read",
            _TOLD_APART,
            _TERRY,
        ),
        Promise(
            MONOTONIC_WRITES,
            "who has seen a write sees what its process wrote before it",
            _TOLD_APART,
            _TERRY,
        ),
        Promise(
            WRITES_FOLLOW_READS,
            "who has seen a write sees what its process had read before it",
            _TOLD_APART,
            _TERRY,
        ),
    )
}
