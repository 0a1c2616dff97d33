"""Scenarios of nodes that start from a snapshot, take one, or are handed one."""

from __future__ import annotations

from nemesis.scenario import AT_ONCE, BRIEFLY, CRASH, Scenario, Step

OF_SNAPSHOTS: tuple[Scenario, ...] = (
    Scenario(
        "a crash during a snapshot",
        "a snapshot half installed, or without all that belongs to it, is started from",
        (
            Step(("partition", "kill", "pause"), "one", hold_s=(1.0, 1.8)),
            Step(CRASH, "peer", "snapshot-sent", (0.0, 0.02), BRIEFLY),
            Step(CRASH, "peer", "snapshot-sent#3", (0.0, 0.02), BRIEFLY),
            Step(CRASH, "node", "snapshot-written", (0.0, 0.02), BRIEFLY),
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
            Step(CRASH, "all", "snapshot-written", (0.0, 0.1), BRIEFLY),
            Step(CRASH, "holders", "acknowledged", (0.5, 1.5), BRIEFLY),
        ),
    ),
    Scenario(
        "a snapshot for a voter that is cut off from its leader",
        "what a voter knew before it was handed a snapshot is forgotten: a term, and its vote",
        (
            # It misses what all the others compact, and is needed to elect the next leader.
            Step(CRASH, "one", hold_s=(0.8, 1.0)),
            Step(("partition",), "held-side", "snapshot-written#4", AT_ONCE, (1.2, 1.7)),
            Step(CRASH, "leader", "snapshot-written#4", AT_ONCE, BRIEFLY),
            # It has the snapshot, and must not get the entries behind that any more.
            Step(
                ("partition",),
                "deaf node",
                "elected>snapshot-sent>snapshot-written",
                AT_ONCE,
                (0.02, 0.05),
            ),
            Step(
                ("partition",), "held-side", "elected>partly-replicated", (0.006, 0.012), (1.6, 2.2)
            ),
            Step(
                ("partition",),
                "crown former-leader",
                "elected>partly-replicated",
                (2.6, 3.0),
                (1.6, 2.4),
            ),
        ),
    ),
)
