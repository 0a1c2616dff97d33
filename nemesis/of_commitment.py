"""Scenarios of atomic commitment: crashes and cuts between a vote and what it leads to.

There is no leader to aim at. Each node coordinates, and what matters are the moments of one
transaction: asked, prepared, voted, decided, told (``nemesis.moments``).
"""

from __future__ import annotations

from nemesis.scenario import AT_ONCE, BRIEFLY, CRASH, Scenario, Step

_SILENCE = ("partition", "pause")
_LIKE_AN_ABSENCE = (0.6, 1.6)

OF_COMMITMENT: tuple[Scenario, ...] = (
    Scenario(
        "a coordinator that is not heard any more",
        "who has voted yes must wait for the decision, however long that takes",
        (Step(_SILENCE, "node", "decision-sent", AT_ONCE, (1.2, 2.2)),),
    ),
    Scenario(
        "a coordinator that stops between the votes and the decision",
        "the same, with the decision yet to come",
        (Step(_SILENCE, "peer", "voted", (0.0, 0.001), (1.2, 2.2)),),
    ),
    Scenario(
        "a coordinator that decides, is cut off and crashes",
        "what was decided and told to nobody, or to few, is finished after the crash",
        (
            # What has just left is still under way, and does not arrive any more.
            Step(("partition",), "node", "decision-sent", AT_ONCE, (0.5, 1.2)),
            Step(CRASH, "node", "decision-sent", (0.02, 0.3), (0.3, 1.0)),
        ),
    ),
    Scenario(
        "a coordinator that crashes with its decision",
        "a decision is durable before it is told, and found again after a crash",
        (
            Step(CRASH, "node", "decision-sent", (0.0, 0.002), (0.1, 0.8)),
            Step(CRASH, "node", "decided#9", AT_ONCE, (0.1, 0.8)),
        ),
    ),
    Scenario(
        "a participant away while its coordinator crashes",
        "a decision that one participant has not heard is told again after the crash",
        (
            Step((*CRASH, "partition", "pause"), "node", "voted", AT_ONCE, (0.6, 1.2)),
            Step(CRASH, "peer", "voted", (0.005, 0.2), (0.1, 0.4)),
        ),
    ),
    Scenario(
        "a participant that crashes with its vote",
        "a yes, and what it was for, is on the disk before it is told",
        (
            Step(CRASH, "node", "voted", AT_ONCE, BRIEFLY),
            Step(CRASH, "node", "voted#9", (0.0, 0.001), BRIEFLY),
        ),
    ),
    Scenario(
        "participants that lose power before they hear the decision",
        "the same, at the moment in which the decision leaves",
        (
            Step(("power-loss",), "peer", "decision-sent", AT_ONCE, BRIEFLY),
            Step(("power-loss",), "others", "decided#9", AT_ONCE, BRIEFLY),
        ),
    ),
    Scenario(
        "everybody crashes in the middle of a commit",
        "each finds in its own log what it owes the others",
        (Step(CRASH, "all", "decision-sent", (0.0, 0.001), (0.1, 0.6)),),
    ),
    Scenario(
        "a participant that crashes while others have prepared",
        "what has been prepared is not seen before it is decided, and may be aborted yet",
        (
            Step((*CRASH, "pause"), "node", "prepared", AT_ONCE, _LIKE_AN_ABSENCE),
            Step((*CRASH, "pause"), "peer", "prepare-asked#9", AT_ONCE, _LIKE_AN_ABSENCE),
        ),
    ),
    Scenario(
        "decisions that take their time",
        "a commit is seen everywhere or nowhere, though it does not come everywhere at once",
        (Step(("packets",), "delay others", "decided", AT_ONCE, (1.5, 2.5)),),
    ),
    Scenario(
        "words that come twice and out of order",
        "an old request, heard once more, does not begin anew what is over",
        (Step(("packets",), "mixed others", "decided", AT_ONCE, (1.5, 2.5)),),
    ),
    Scenario(
        "a coordinator behind its time",
        "clocks decide about nothing but patience",
        (Step(("clock",), "behind node", "decision-sent", AT_ONCE, (1.5, 2.5)),),
    ),
)
