"""Scenarios: short stories of faults, each begun by what happens and not by the clock.

A uniform random schedule hits a window of a millisecond once in a thousand faults. A
scenario waits for the window to open. Each step names the kinds of fault that will do, whom
it hits (``nemesis.aim``), the moment it waits for (``nemesis.moments``; none: at once), how
long after it, and for how long, in seconds. All steps of a scenario wait from its beginning
on, each for a moment of its own. The correct systems survive all of them.

What has gone wrong is often seen only once a certain node leads: one that was cut off, or
went on alone. A last step can *crown* it, by faults of all the others, at whose end nobody
else can be elected.
"""

from __future__ import annotations

from nemesis.kinds import FAULTS
from nemesis.of_members import OF_MEMBERS
from nemesis.of_snapshots import OF_SNAPSHOTS
from nemesis.scenario import AT_ONCE, BRIEFLY, CRASH, CROWN, DEPOSE, SOON, Scenario, Step

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "isolate whoever acknowledges",
        "what was acknowledged without a majority is lost; a leader without one answers reads",
        (Step(("partition",), "node", "acknowledged", SOON),),
    ),
    Scenario(
        "isolate the new leader",
        "a leader serves before an entry of its own term is committed",
        (
            Step(DEPOSE, "leader", hold_s=(0.8, 1.6)),
            Step(("partition",), "node", "first-acknowledgement", SOON),
        ),
    ),
    Scenario(
        "depose a leader while its successor begins",
        "an old leader, back from a pause or a cut, still takes itself for the leader",
        (
            Step(("pause", "partition"), "node", "acknowledged", hold_s=(0.9, 1.6)),
            Step(("pause", "partition"), "peer", "elected", (0.0, 0.4), (0.3, 1.2)),
        ),
    ),
    Scenario(
        "voters that forget",
        "a vote, a promise or a term is not durable before it is told",
        (
            Step(DEPOSE, "leader", hold_s=(2.0, 3.0)),
            Step(CRASH, "node", "vote-sent", hold_s=BRIEFLY),
            Step(CRASH, "node", "vote-sent#2", hold_s=BRIEFLY),
            Step(CRASH, "node", "vote-sent#3", hold_s=BRIEFLY),
            Step(("partition",), "node", "elected", SOON, (1.2, 1.8)),
            Step(CROWN, "crown node", "elected", (2.3, 2.8), (0.6, 1.0)),
        ),
    ),
    Scenario(
        "a tail that nobody else has",
        "a leader goes on alone, comes back to others who went on, and leads again",
        (
            Step(("partition",), "node", "acknowledged", hold_s=(0.7, 1.5)),
            Step(CROWN, "crown node", "acknowledged", (1.8, 2.4), (0.6, 1.0)),
        ),
    ),
    Scenario(
        "all but the leader restart, then the leader",
        "terms, votes or entries that restarts take back are given out a second time",
        (
            Step(CRASH, "others", "acknowledged", hold_s=(0.1, 0.3)),
            Step(CRASH, "node", "acknowledged", (0.1, 0.25), (0.9, 1.5)),
            Step(CRASH, "crown node", "acknowledged", (2.2, 2.8), (0.5, 0.9)),
        ),
    ),
    Scenario(
        "a voter that forgets",
        "the same, with one voter and a candidate that is not heard of again",
        (
            Step(DEPOSE, "leader", hold_s=(0.6, 2.0)),
            Step(CRASH, "node", "vote-written", hold_s=BRIEFLY),
            Step(CRASH, "node", "vote-sent", SOON, BRIEFLY),
        ),
    ),
    Scenario(
        "a split vote",
        "a candidate that votes twice in its own term, or counts votes it was not given",
        (
            Step(DEPOSE, "leader", hold_s=(1.5, 2.5)),
            Step(("partition",), "node-side", "candidacy", SOON, (0.1, 0.7)),
            Step(("partition",), "node-side", "candidacy#2", SOON, (0.1, 0.7)),
        ),
    ),
    Scenario(
        "votes that cross each other",
        "two candidates who ask for votes at the same time must not both be elected",
        (
            # Words that take some tens of milliseconds meet on their way.
            Step(DEPOSE, "node", "acknowledged", hold_s=(1.0, 1.5)),
            Step(("packets",), "lagging others", "acknowledged", (0.1, 0.3), (0.35, 0.55)),
            Step(("partition",), "apart pair", "elected#2", AT_ONCE, (0.55, 1.0)),
        ),
    ),
    Scenario(
        "two leaders of one term",
        "whoever is elected beside another one must not go on, though neither hears of the other",
        (
            Step(DEPOSE, "node", "acknowledged", hold_s=(0.55, 0.8)),
            Step(("packets",), "lagging others", "acknowledged", (0.1, 0.3), (1.35, 1.7)),
            Step(("partition",), "apart pair", "elected#2", AT_ONCE, (0.35, 0.7)),
            Step(DEPOSE, "node", "elected", (0.15, 0.25), (0.55, 0.8)),
            Step(("partition",), "apart pair", "elected#3", AT_ONCE, (0.35, 0.7)),
        ),
    ),
    Scenario(
        "late votes",
        "votes of an old term, stale promises, are counted in a new one",
        (
            Step(DEPOSE, "leader", hold_s=(1.5, 2.5)),
            Step(("packets",), "late others", "candidacy", AT_ONCE, (0.6, 1.5)),
        ),
    ),
    Scenario(
        "late words of an old leader",
        "a stale append cuts the log, or is acknowledged for more than it says",
        (
            Step(("packets",), "late node", "acknowledged", AT_ONCE, (0.8, 2.0)),
            Step(("partition", "kill"), "node", "elected", (0.05, 0.6), (0.8, 2.0)),
        ),
    ),
    Scenario(
        "late acknowledgements",
        "a reply that was overtaken moves what is known of a follower backwards or too far",
        (
            Step(("packets",), "reorder others", "acknowledged", AT_ONCE, (1.0, 2.5)),
            Step(("partition", *CRASH), "node", "acknowledged", (0.4, 1.2), (0.8, 2.0)),
        ),
    ),
    Scenario(
        "disorder, then a crash",
        "appends that overtake each other, with gaps and doubles, and then the leader is gone",
        (
            Step(("packets",), "reorder node", "acknowledged", AT_ONCE, (1.0, 2.5)),
            Step((*CRASH, "partition"), "node", "acknowledged", (0.3, 1.2), (0.8, 2.0)),
        ),
    ),
    Scenario(
        "echoes, then a crash",
        "old appends, heard once more, cut the log just when nobody can mend it any more",
        (
            Step(("packets",), "echo node", "acknowledged", AT_ONCE, (0.5, 0.6)),
            # What is in order has come by then and is acknowledged; echoes are still to come.
            Step(CRASH, "node", "acknowledged", (0.75, 0.9), (0.8, 2.0)),
        ),
    ),
    Scenario(
        "gaps",
        "an append that does not follow on what is there is taken",
        (
            Step(("packets",), "loss node", "acknowledged", AT_ONCE, (1.0, 2.5)),
            Step((*CRASH, "partition"), "node", "acknowledged", (0.3, 1.2), (0.8, 2.0)),
        ),
    ),
    Scenario(
        "duelling leaders",
        "two proposers that outbid each other find a value chosen, and choose another",
        (
            Step(DEPOSE, "leader", hold_s=(0.6, 2.0)),
            Step(("packets",), "mixed others", "candidacy", AT_ONCE, (1.0, 2.0)),
            Step(("partition",), "node", "elected", (0.0, 0.1), (0.2, 0.8)),
            Step(("partition",), "node", "elected#2", (0.0, 0.1), (0.2, 0.8)),
        ),
    ),
    Scenario(
        "power loss of all that hold what was acknowledged",
        "an entry is acknowledged before it is durable on a majority",
        (Step(("power-loss",), "holders", "acknowledged", AT_ONCE, (0.05, 0.6)),),
    ),
    Scenario(
        "power loss of a majority on its way to an acknowledgement",
        "a follower says that it has stored what is not durable yet",
        (Step(("power-loss",), "holders", "replicated", (0.0, 0.002), (0.05, 0.6)),),
    ),
    Scenario(
        "everybody crashes at once",
        "a node serves before it has replayed its log, or has lost what it agreed to",
        (Step(CRASH, "all", "acknowledged", (0.0, 0.05), (0.05, 0.5)),),
    ),
    Scenario(
        "crash whoever acknowledges",
        "what is applied and what is recorded of it do not agree; a resend applies twice",
        (
            Step(CRASH, "node", "acknowledged", SOON, (0.2, 1.0)),
            Step(CRASH, "node", "first-acknowledgement", SOON, (0.2, 1.0)),
        ),
    ),
    Scenario(
        "figure 8",
        "an entry of an earlier term is committed by counting its copies (Ongaro 2014, fig. 8)",
        (
            Step(("partition",), "node-side", "proposed", AT_ONCE, (0.9, 1.5)),
            # Its own entries must outlive the next leader: it is out of reach until that has
            # committed the old ones, and is heard again while nobody else can be elected.
            Step(("partition",), "node", "elected", SOON, (2.2, 2.8)),
            Step(
                ("partition",),
                "crown former-leader",
                "elected#2>proposed",
                AT_ONCE,
                (2.4, 3.0),
            ),
        ),
    ),
    Scenario(
        "a new leader among laggards",
        "whoever leads next does not know what is committed, or was elected lacking it",
        (
            Step(("partition", "kill", "pause"), "far-side", "acknowledged", hold_s=(0.9, 1.3)),
            # Neither is heard to die, so that what they were asked waits for their successor.
            Step(("pause", "partition"), "node-side", "acknowledged#9", AT_ONCE, (0.9, 2.0)),
        ),
    ),
    Scenario(
        "chase the leader",
        "every new leader is hit in its first moments; holes and leftovers must be settled",
        (
            Step(DEPOSE, "node", "partly-replicated", AT_ONCE, (0.5, 1.2)),
            Step(DEPOSE, "node", "elected", (0.0, 0.1), (0.5, 1.2)),
            Step(DEPOSE, "node", "elected#2", (0.0, 0.1), (0.5, 1.2)),
            Step(DEPOSE, "node", "elected#3", (0.0, 0.1), (0.5, 1.2)),
        ),
    ),
    Scenario(
        "a minority holds the last entries",
        "a tail that only a minority has survives, or is taken for committed",
        (
            Step(("partition",), "node-side", "partly-replicated", AT_ONCE, (1.2, 2.2)),
            Step(("partition", *CRASH), "node", "first-acknowledgement", (0.0, 0.3), (0.8, 1.5)),
        ),
    ),
    Scenario(
        "a deaf or a mute leader",
        "a leader that is not heard, or hears nobody, neither leads nor lets others lead",
        (
            Step(("partition",), "deaf node", "acknowledged", SOON, (1.0, 2.0)),
            Step(("partition",), "mute node", "elected", (0.0, 0.3), (0.5, 1.5)),
        ),
    ),
    Scenario(
        "an old leader that one node still hears",
        "who took no part in an election accepts from both leaders, and forgets for the older",
        (
            Step(("partition",), "faint node", "acknowledged", hold_s=(0.9, 1.3)),
            Step(("partition",), "deaf node", "vote-sent", hold_s=(0.2, 0.6)),
            Step(("partition",), "held-side", "first-acknowledgement", hold_s=(1.6, 2.4)),
        ),
    ),
    Scenario(
        "a quorum on each side",
        "quorums that need not meet",
        (Step(("partition",), "halves", "acknowledged", SOON, (1.5, 2.8)),),
    ),
    Scenario(
        "a pause across an election",
        "a lease, or a read under way, outlives its leader",
        (
            Step(("pause",), "node", "acknowledged", AT_ONCE, (0.6, 2.2)),
            Step(("pause",), "node", "first-acknowledgement", (0.0, 0.2), (0.6, 1.5)),
        ),
    ),
    Scenario(
        "a pause with a read under way",
        "what confirms one read is taken to confirm others that came later, or after an election",
        (Step(("pause",), "node", "read-asked", (0.0006, 0.0018), (2.0, 2.8)),),
    ),
    Scenario(
        "a leader behind its time",
        "a lease is kept by a clock that steps, or is not bounded by drift",
        (
            Step(("clock",), "behind node", "acknowledged", AT_ONCE, (2.0, 2.8)),
            Step(("partition", "pause"), "node", "acknowledged", (0.0, 0.3), (1.0, 2.0)),
        ),
    ),
    Scenario(
        "clocks that drift apart",
        "leases and time-outs of different nodes are compared as if clocks agreed",
        (
            Step(("clock",), "slow node", "acknowledged", AT_ONCE, (2.0, 2.8)),
            Step(("partition", "pause"), "node", "acknowledged", (0.2, 0.8), (1.0, 2.0)),
        ),
    ),
    Scenario(
        "a disk fails under the leader",
        "what could not be made durable is acknowledged, or forgotten halfway",
        (Step(("disk",), "node", "acknowledged", SOON, (0.3, 1.5)),),
    ),
    Scenario(
        "votes that come after an election",
        "votes of an old term, for a log that was good enough then, elect a leader in a new one",
        (
            Step(DEPOSE, "leader", hold_s=(1.1, 1.5)),
            # Only the votes for it are late. Others elect another while it is cut off.
            Step(("packets",), "stray others", "candidacy", AT_ONCE, (0.01, 0.02)),
            Step(("partition",), "node", "candidacy", (0.012, 0.02), (1.5, 2.0)),
        ),
    ),
    Scenario(
        "echoes of a leader that is gone",
        "doubles of old appends find nobody who could mend what they undo",
        (
            Step(("packets",), "echo node", "acknowledged", AT_ONCE, (1.0, 1.5)),
            Step(CRASH, "node", "acknowledged", (0.15, 0.4), (2.2, 3.0)),
        ),
    ),
    Scenario(
        "an old leader in the new one's majority",
        "a follower vouches for what it has and the leader has not, and is counted for it",
        (
            Step(("partition",), "node", "acknowledged", (0.0, 0.05), (0.6, 0.8)),
            # Whoever is elected has one follower beside the old leader, who comes back to it.
            Step(("partition",), "far-side", "elected", AT_ONCE, (0.9, 1.3)),
            Step(
                ("partition",), "held-side", "elected>first-acknowledgement", (0.0, 0.1), (1.5, 2.2)
            ),
        ),
    ),
    Scenario(
        "an acceptor that two proposers share",
        "who accepts without having promised accepts from an older proposer afterwards",
        (
            # One acceptor still hears the old proposer, promises the new one nothing, and is
            # needed by both; what the new one had chosen with it is then to be found there.
            Step(("packets",), "delay node", "acknowledged", AT_ONCE, (1.0, 1.4)),
            Step(("partition",), "faint node", "acknowledged", AT_ONCE, (1.0, 1.4)),
            Step(("partition",), "bystander", "elected", AT_ONCE, (0.6, 0.9)),
            Step(("partition",), "held-side", "elected>replicated", (0.001, 0.004), (1.8, 2.4)),
        ),
    ),
    *OF_SNAPSHOTS,
    *OF_MEMBERS,
)


def plain(kind: str, when: str = "acknowledged") -> Scenario:
    """A scenario for a kind that no other one has: it hits whoever has just acknowledged."""
    target = FAULTS[kind].targets[0] if kind == "membership" else "node"
    step = Step((kind,), target, when, (0.0, 0.1))
    return Scenario(f"{kind} at a moment ({when})", FAULTS[kind].summary, (step,))
