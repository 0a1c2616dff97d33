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

from collections.abc import Collection
from dataclasses import dataclass

from nemesis.kinds import FAULTS

Range = tuple[float, float]
_CRASH = ("kill", "power-loss")
_DEPOSE = ("kill", "pause", "power-loss", "partition")
_AT_ONCE: Range = (0.0, 0.0)
_SOON: Range = (0.0, 0.005)
_BRIEFLY: Range = (0.02, 0.25)
_CROWN = ("partition", *_CRASH)
_PAST_AN_ELECTION: Range = (1.0, 2.0)
_SURE = ("", "acknowledged", "replicated")


@dataclass(frozen=True, slots=True)
class Step:
    """One fault of a scenario: any of ``kinds``, at ``target``, ``trigger`` + ``delay_s`` on."""

    kinds: tuple[str, ...]
    target: str
    trigger: str = ""
    delay_s: Range = _AT_ONCE
    hold_s: Range = _PAST_AN_ELECTION

    @property
    def is_sure(self) -> bool:
        """Whether its moment comes in any run in which clients are served."""
        return self.trigger in _SURE


@dataclass(frozen=True, slots=True)
class Scenario:
    """Steps, and which mistake they are meant to bring to light."""

    name: str
    why: str
    steps: tuple[Step, ...]

    @property
    def is_about_snapshots(self) -> bool:
        """Whether it waits in vain where logs are not compacted during a run."""
        return any(step.trigger.startswith("snapshot") for step in self.steps)

    @property
    def length_s(self) -> float:
        """How long it takes at most from its first moment on."""
        return max(step.delay_s[1] + step.hold_s[1] for step in self.steps)

    def is_possible(self, kinds: Collection[str]) -> bool:
        """Whether every step can be made of ``kinds``."""
        return all(any(kind in kinds for kind in step.kinds) for step in self.steps)

    def surely_meets(self, kinds: Collection[str]) -> set[str]:
        """Those of ``kinds`` it can have in a step whose moment comes in any healthy run."""
        steps = [step for step in self.steps if step.is_sure]
        return {kind for step in steps for kind in step.kinds if kind in kinds}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "isolate whoever acknowledges",
        "what was acknowledged without a majority is lost; a leader without one answers reads",
        (Step(("partition",), "node", "acknowledged", _SOON),),
    ),
    Scenario(
        "isolate the new leader",
        "a leader serves before an entry of its own term is committed",
        (
            Step(_DEPOSE, "leader", hold_s=(0.8, 1.6)),
            Step(("partition",), "node", "first-acknowledgement", _SOON),
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
            Step(_DEPOSE, "leader", hold_s=(2.0, 3.0)),
            Step(_CRASH, "node", "vote-sent", hold_s=_BRIEFLY),
            Step(_CRASH, "node", "vote-sent#2", hold_s=_BRIEFLY),
            Step(_CRASH, "node", "vote-sent#3", hold_s=_BRIEFLY),
            Step(("partition",), "node", "elected", _SOON, (1.2, 1.8)),
            Step(_CROWN, "crown node", "elected", (2.3, 2.8), (0.6, 1.0)),
        ),
    ),
    Scenario(
        "a tail that nobody else has",
        "a leader goes on alone, comes back to others who went on, and leads again",
        (
            Step(("partition",), "node", "acknowledged", hold_s=(0.7, 1.5)),
            Step(_CROWN, "crown node", "acknowledged", (1.8, 2.4), (0.6, 1.0)),
        ),
    ),
    Scenario(
        "all but the leader restart, then the leader",
        "terms, votes or entries that restarts take back are given out a second time",
        (
            Step(_CRASH, "others", "acknowledged", hold_s=(0.1, 0.3)),
            Step(_CRASH, "node", "acknowledged", (0.1, 0.25), (0.9, 1.5)),
            Step(_CRASH, "crown node", "acknowledged", (2.2, 2.8), (0.5, 0.9)),
        ),
    ),
    Scenario(
        "a voter that forgets",
        "the same, with one voter and a candidate that is not heard of again",
        (
            Step(_DEPOSE, "leader", hold_s=(0.6, 2.0)),
            Step(_CRASH, "node", "vote-written", hold_s=_BRIEFLY),
            Step(_CRASH, "node", "vote-sent", _SOON, _BRIEFLY),
        ),
    ),
    Scenario(
        "a split vote",
        "a candidate that votes twice in its own term, or counts votes it was not given",
        (
            Step(_DEPOSE, "leader", hold_s=(1.5, 2.5)),
            Step(("partition",), "node-side", "candidacy", _SOON, (0.1, 0.7)),
            Step(("partition",), "node-side", "candidacy#2", _SOON, (0.1, 0.7)),
        ),
    ),
    Scenario(
        "late votes",
        "votes of an old term, stale promises, are counted in a new one",
        (
            Step(_DEPOSE, "leader", hold_s=(1.5, 2.5)),
            Step(("packets",), "late others", "candidacy", _AT_ONCE, (0.6, 1.5)),
        ),
    ),
    Scenario(
        "late words of an old leader",
        "a stale append cuts the log, or is acknowledged for more than it says",
        (
            Step(("packets",), "late node", "acknowledged", _AT_ONCE, (0.8, 2.0)),
            Step(("partition", "kill"), "node", "elected", (0.05, 0.6), (0.8, 2.0)),
        ),
    ),
    Scenario(
        "late acknowledgements",
        "a reply that was overtaken moves what is known of a follower backwards or too far",
        (
            Step(("packets",), "reorder others", "acknowledged", _AT_ONCE, (1.0, 2.5)),
            Step(("partition", *_CRASH), "node", "acknowledged", (0.4, 1.2), (0.8, 2.0)),
        ),
    ),
    Scenario(
        "disorder, then a crash",
        "appends that overtake each other, with gaps and doubles, and then the leader is gone",
        (
            Step(("packets",), "reorder node", "acknowledged", _AT_ONCE, (1.0, 2.5)),
            Step((*_CRASH, "partition"), "node", "acknowledged", (0.3, 1.2), (0.8, 2.0)),
        ),
    ),
    Scenario(
        "gaps",
        "an append that does not follow on what is there is taken",
        (
            Step(("packets",), "loss node", "acknowledged", _AT_ONCE, (1.0, 2.5)),
            Step((*_CRASH, "partition"), "node", "acknowledged", (0.3, 1.2), (0.8, 2.0)),
        ),
    ),
    Scenario(
        "duelling leaders",
        "two proposers that outbid each other find a value chosen, and choose another",
        (
            Step(_DEPOSE, "leader", hold_s=(0.6, 2.0)),
            Step(("packets",), "mixed others", "candidacy", _AT_ONCE, (1.0, 2.0)),
            Step(("partition",), "node", "elected", (0.0, 0.1), (0.2, 0.8)),
            Step(("partition",), "node", "elected#2", (0.0, 0.1), (0.2, 0.8)),
        ),
    ),
    Scenario(
        "power loss of all that hold what was acknowledged",
        "an entry is acknowledged before it is durable on a majority",
        (Step(("power-loss",), "holders", "acknowledged", _AT_ONCE, (0.05, 0.6)),),
    ),
    Scenario(
        "power loss of a majority on its way to an acknowledgement",
        "a follower says that it has stored what is not durable yet",
        (Step(("power-loss",), "holders", "replicated", (0.0, 0.002), (0.05, 0.6)),),
    ),
    Scenario(
        "everybody crashes at once",
        "a node serves before it has replayed its log, or has lost what it agreed to",
        (Step(_CRASH, "all", "acknowledged", (0.0, 0.05), (0.05, 0.5)),),
    ),
    Scenario(
        "crash whoever acknowledges",
        "what is applied and what is recorded of it do not agree; a resend applies twice",
        (
            Step(_CRASH, "node", "acknowledged", _SOON, (0.2, 1.0)),
            Step(_CRASH, "node", "first-acknowledgement", _SOON, (0.2, 1.0)),
        ),
    ),
    Scenario(
        "figure 8",
        "an entry of an earlier term is committed by counting its copies (Ongaro 2014, fig. 8)",
        (
            Step(("partition", "kill"), "node-side", "partly-replicated", _AT_ONCE, (0.9, 1.5)),
            Step(("partition",), "node", "elected", _SOON, (0.9, 1.6)),
            Step(("partition",), "crown former-leader", "elected#2", (0.004, 0.06), (1.2, 1.8)),
        ),
    ),
    Scenario(
        "a new leader among laggards",
        "whoever leads next does not know what is committed, or was elected lacking it",
        (
            Step(("partition", "kill", "pause"), "far-side", "acknowledged", hold_s=(0.5, 0.9)),
            Step(_DEPOSE, "node-side", "acknowledged", (0.45, 0.85), (0.9, 2.0)),
        ),
    ),
    Scenario(
        "chase the leader",
        "every new leader is hit in its first moments; holes and leftovers must be settled",
        (
            Step(_DEPOSE, "node", "partly-replicated", _AT_ONCE, (0.5, 1.2)),
            Step(_DEPOSE, "node", "elected", (0.0, 0.1), (0.5, 1.2)),
            Step(_DEPOSE, "node", "elected#2", (0.0, 0.1), (0.5, 1.2)),
            Step(_DEPOSE, "node", "elected#3", (0.0, 0.1), (0.5, 1.2)),
        ),
    ),
    Scenario(
        "a minority holds the last entries",
        "a tail that only a minority has survives, or is taken for committed",
        (
            Step(("partition",), "node-side", "partly-replicated", _AT_ONCE, (1.2, 2.2)),
            Step(("partition", *_CRASH), "node", "first-acknowledgement", (0.0, 0.3), (0.8, 1.5)),
        ),
    ),
    Scenario(
        "a deaf or a mute leader",
        "a leader that is not heard, or hears nobody, neither leads nor lets others lead",
        (
            Step(("partition",), "deaf node", "acknowledged", _SOON, (1.0, 2.0)),
            Step(("partition",), "mute node", "elected", (0.0, 0.3), (0.5, 1.5)),
        ),
    ),
    Scenario(
        "a quorum on each side",
        "quorums that need not meet",
        (Step(("partition",), "halves", "acknowledged", _SOON, (1.5, 2.8)),),
    ),
    Scenario(
        "a pause across an election",
        "a lease, or a read under way, outlives its leader",
        (
            Step(("pause",), "node", "acknowledged", _AT_ONCE, (0.6, 2.2)),
            Step(("pause",), "node", "first-acknowledgement", (0.0, 0.2), (0.6, 1.5)),
        ),
    ),
    Scenario(
        "a leader behind its time",
        "a lease is kept by a clock that steps, or is not bounded by drift",
        (
            Step(("clock",), "behind node", "acknowledged", _AT_ONCE, (2.0, 2.8)),
            Step(("partition", "pause"), "node", "acknowledged", (0.0, 0.3), (1.0, 2.0)),
        ),
    ),
    Scenario(
        "clocks that drift apart",
        "leases and time-outs of different nodes are compared as if clocks agreed",
        (
            Step(("clock",), "slow node", "acknowledged", _AT_ONCE, (2.0, 2.8)),
            Step(("partition", "pause"), "node", "acknowledged", (0.2, 0.8), (1.0, 2.0)),
        ),
    ),
    Scenario(
        "a crash during a snapshot",
        "a snapshot half installed, or without all that belongs to it, is started from",
        (
            Step(("partition", "kill", "pause"), "one", hold_s=(1.0, 1.8)),
            Step(_CRASH, "peer", "snapshot-sent", (0.0, 0.02), _BRIEFLY),
            Step(_CRASH, "peer", "snapshot-sent#3", (0.0, 0.02), _BRIEFLY),
            Step(_CRASH, "node", "snapshot-written", (0.0, 0.02), _BRIEFLY),
        ),
    ),
    Scenario(
        "a new leader at the snapshot's boundary",
        "the entry before the log's first one is asked for, answered wrongly, or cut",
        (
            Step(("partition", "kill", "pause"), "one", hold_s=(1.0, 1.8)),
            Step(("partition", "kill"), "node", "snapshot-sent", (0.0, 0.05), (0.8, 1.8)),
            Step(("partition", "kill"), "peer", "elected", (0.0, 0.5), (0.5, 1.2)),
        ),
    ),
    Scenario(
        "everybody restarts from a snapshot",
        "what a snapshot leaves out (sessions, members, terms) is missed",
        (
            Step(_CRASH, "all", "snapshot-written", (0.0, 0.1), _BRIEFLY),
            Step(_CRASH, "holders", "acknowledged", (0.5, 1.5), _BRIEFLY),
        ),
    ),
    Scenario(
        "a change of members across an election",
        "a leader changes members before its own term has committed anything (Ongaro 2015)",
        (
            Step(("membership",), "one", hold_s=(0.5, 0.9)),
            Step(("partition",), "node", "configured#2", _AT_ONCE, (1.0, 2.0)),
            Step(("membership",), "former-leader", "elected", _AT_ONCE, (1.5, 2.8)),
            Step(("partition",), "node-side", "configured#3", _SOON, (1.2, 2.2)),
        ),
    ),
    Scenario(
        "a change of members that a crash undoes",
        "members come from a stale place: an old snapshot, a truncated entry, another file",
        (
            Step(("membership",), "fresh", hold_s=(1.5, 2.8)),
            Step((*_CRASH, "partition"), "node-side", "configured", (0.0, 0.3), (0.3, 1.0)),
            Step((*_CRASH, "partition"), "node", "elected", (0.0, 0.5), (0.5, 1.5)),
        ),
    ),
    Scenario(
        "the leader is removed",
        "a leader outside the cluster commits, or a member that was removed disturbs it",
        (
            Step(("membership",), "leader", hold_s=(1.5, 2.8)),
            Step(("partition",), "node", "elected", (0.0, 0.5), (0.5, 1.5)),
        ),
    ),
    Scenario(
        "a disk fails under the leader",
        "what could not be made durable is acknowledged, or forgotten halfway",
        (Step(("disk",), "node", "acknowledged", _SOON, (0.3, 1.5)),),
    ),
)


def plain(kind: str) -> Scenario:
    """A scenario for a kind that no other one has: it hits whoever has just acknowledged."""
    target = FAULTS[kind].targets[0] if kind == "membership" else "node"
    step = Step((kind,), target, "acknowledged", (0.0, 0.1))
    return Scenario(f"{kind} at an acknowledgement", FAULTS[kind].summary, (step,))
