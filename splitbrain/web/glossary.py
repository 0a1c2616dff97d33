"""What the words of a finding mean, for who reads them for the first time."""

from __future__ import annotations

KINDS = {
    "stale read": "A read returned a value that had been replaced before the read began. Somebody "
    "had been told that the newer value was stored, and a later read did not know of it.",
    "lost write": "The system acknowledged a write, and later reads show that it is gone.",
    "lost update": "Two clients changed the same value, and the change of one of them is gone.",
    "duplicate": "Something that was asked for once took effect more than once.",
    "split brain": "Two parts of the cluster went on by themselves, and their clients saw two "
    "different truths.",
    "divergence": "Two nodes, asked for the same thing, do not agree on what happened.",
    "not linearizable": "No order of the operations explains all answers: whichever way they are "
    "put one after another, some answer is wrong.",
    "dirty read": "A read returned a value of a write that had not taken effect.",
    "phantom read": "A read returned a value that nobody had written.",
}
LOCKED = (
    "Here elements are added to a set that nothing but the system's lock protects: read whole, "
    "written back whole. One that is lost means that two clients held the lock at the same time."
)
VERDICTS = {
    "valid": "All that clients saw could have happened.",
    "invalid": "Clients saw what cannot have happened.",
    "unknown": "It could not be decided.",
    "vacuous": "Nothing was really tested.",
    "going on": "The run goes on.",
    "cut off": "The harness was ended before there was a verdict. What was recorded is kept.",
    "harness failed": "The harness failed, which says nothing about the system.",
    "unreadable": "What is in the run's folder cannot be read.",
}


def meaning(kind: str, workload: str) -> str | None:
    """What a kind of violation means, in a sentence or two; None for one that is not known."""
    told = KINDS.get(kind)
    if workload == "lock":
        return f"{told} {LOCKED}" if told else LOCKED
    return told


def meant_by(outcome: str) -> str:
    """What an outcome (``RunSummary.outcome``) means."""
    verdict, _, late = outcome.partition(", ")
    told = VERDICTS.get(verdict, "")
    return f"{told} It did not serve again in time after the last heal." if late else told
