"""What each kind of anomaly is, in a sentence for who has never met it."""

from __future__ import annotations

_MEANINGS = {
    "stale read": "A read returned what had been replaced before the read even began: somebody had "
    "been told so already, and the reader was shown the past.",
    "lost write": "A change was acknowledged, and afterwards it was as if it had never been made: "
    "whoever was told “done” was told wrong.",
    "lost update": "A change was overwritten by somebody who had not seen it.",
    "two holders": "Two clients held the same lock at the same time, which is the one thing that a "
    "lock is there to prevent.",
    "release of what is not held": "A lock was released that its holder no longer had: it had been "
    "taken away without a word.",
    "impossible compare-and-set": "A compare-and-set succeeded although the value it expected "
    "could not have been there at any moment while it ran.",
    "false mismatch": "A compare-and-set was refused although the value it expected was there all "
    "the time.",
    "duplicate": "One change took effect more than once.",
    "dequeued twice": "One element was handed out twice.",
    "lost element": "An element went in and never came out.",
    "resurrected": "What had been taken away was there again.",
    "unexpected": "A read returned what nobody had ever put there.",
    "value never written": "A read returned what nobody had ever written.",
    "element out of thin air": "Something came out that nobody had put in.",
    "aborted read": "A read returned what its writer had been told was not written.",
    "read from the future": "A read returned what was written only after the read had ended.",
    "diverging reads": "Two reads tell two pasts that exclude each other: the copies have parted.",
    "conflicting values": "Two clients were told different values of what can have only one.",
    "order inverted": "Two things that happened one after the other were seen the other way round.",
    "counter too high": "The counter told more than was ever added to it.",
}


_OF_WORKLOADS = {
    ("lock", "lost write"): "Two clients held the lock at once. Each adds to a list that only the "
    "lock protects: it reads the list and writes it back, longer by one. An addition that is gone "
    "was written over by another holder, who had read the list before it.",
}


def meaning(kind: str, workload: str = "") -> str:
    """The sentence; empty for a kind that has none."""
    return _OF_WORKLOADS.get((workload, kind), _MEANINGS.get(kind, ""))
