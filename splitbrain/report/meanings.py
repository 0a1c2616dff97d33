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
    "token reused": "A fencing token was granted twice: what the two holders do can no longer be "
    "told apart.",
    "token went back": "A lock was granted with a smaller token than one granted before: who has "
    "it now counts as stale, and who lost it as its holder.",
    "token never granted": "Something was done under a token that nobody had been granted.",
    "stale token accepted": "A client that had lost its lock changed what the lock protects: its "
    "token should have been turned away.",
    "lost lease renewed": "A client was told that its lock is still its own, after somebody else "
    "had been granted it.",
    "impossible compare-and-set": "A compare-and-set succeeded although the value it expected "
    "could not have been there at any moment while it ran.",
    "false mismatch": "A compare-and-set was refused although the value it expected was there all "
    "the time.",
    "duplicate": "One change took effect more than once.",
    "long fork": "Two reads disagree about which of two writes came first: each saw one of them "
    "without the other.",
    "causally stale read": "A client was shown the past of something that it had seen the "
    "consequences of: what it read earlier depends on what it did not get to see.",
    "causal cycle": "What was seen came to be because of what saw it.",
    "causal reverse": "A write was seen without one that had been acknowledged before it was even "
    "asked for.",
    "wrong total": "All balances came to something else than was put in: money was made or "
    "lost, or a transfer was seen half done.",
    "missing account": "Accounts that had been opened were not there.",
    "negative balance": "More was taken out of an account than was in it.",
    "duplicate id": "Two that asked for an id were given the same one.",
    "dequeued twice": "One element was handed out twice.",
    "lost element": "An element went in and never came out.",
    "not redelivered": "An element was handed out to somebody who was never done with it, and it "
    "did not come out again.",
    "redelivered after acknowledgement": "Somebody was told that an element is done with, and "
    "later it was handed out once more.",
    "acknowledged twice": "Two clients were told that they are done with one element: its work "
    "was done twice.",
    "two receivers at once": "An element was handed out while somebody else still had it, within "
    "the time for which it was to be kept from others.",
    "resurrected": "What had been taken away was there again.",
    "unexpected": "A read returned what nobody had ever put there.",
    "value never written": "A read returned what nobody had ever written.",
    "element out of thin air": "Something came out that nobody had put in.",
    "aborted read": "A read returned what its writer had been told was not written.",
    "read from the future": "A read returned what was written only after the read had ended.",
    "diverging reads": "Two reads tell two pasts that exclude each other: the copies have parted.",
    "conflicting values": "Two clients were told different values of what can have only one.",
    "order inverted": "Two things that happened one after the other were seen the other way round.",
    "G0": "Writes of transactions are interleaved: each wrote something after the other.",
    "G1a": "A transaction read what another had written that failed.",
    "G1b": "A transaction read what another had written on its way, and not what it ended with.",
    "G1c": "Transactions depend on one another in a circle: each read or wrote over what the one "
    "before it had written.",
    "G-single": "A transaction saw some effects of others and not all: it read what was there "
    "before something that it depends on (read skew).",
    "G-nonadjacent": "Transactions saw the writes of others in orders that exclude each other "
    "(a long fork).",
    "G2-item": "Transactions each missed what the next one wrote, in a circle (write skew).",
    "garbage-read": "A transaction read what nobody had ever written.",
    "duplicate-elements": "One append took effect more than once.",
    "incompatible-order": "Two reads of one list exclude each other: neither is its beginning.",
    "reordered-appends": "What one transaction appended is there in part, or in another order.",
    "dirty-update": "What had failed was built upon.",
    "internal": "A transaction did not see its own writes, or saw a key change while it ran.",
    "lost-update": "A change was overwritten by somebody who had not seen it.",
    "no-serial-order": "No order of all transactions explains what they were told.",
    "no-version-order": "Whatever order the writes came in, transactions depend on one another "
    "in a circle.",
    "no-snapshots": "No order of commits explains what was read as of one moment each.",
    "not linearizable": "No order of the operations explains all answers: whichever way they are "
    "put one after another, some answer is wrong.",
    "counter too high": "The counter told more than was ever added to it.",
}


_OF_WORKLOADS = {
    ("queue", "resurrected"): "An element came out whose enqueue had failed definitely.",
    ("lock", "lost write"): "Two clients held the lock at once. Each adds to a list that only the "
    "lock protects: it reads the list and writes it back, longer by one. An addition that is gone "
    "was written over by another holder, who had read the list before it.",
}


def meaning(kind: str, workload: str = "") -> str:
    """The sentence; empty for a kind that has none."""
    plain = kind.removesuffix("-process").removesuffix("-realtime")
    return _OF_WORKLOADS.get((workload, kind), _MEANINGS.get(plain, ""))
