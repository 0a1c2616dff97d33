"""Scenarios of members that leave and join, with faults that undo it or come between."""

from __future__ import annotations

from nemesis.scenario import AT_ONCE, CRASH, SOON, Scenario, Step

OF_MEMBERS: tuple[Scenario, ...] = (
    Scenario(
        "a candidate cut off while an old leader comes back",
        "half the members have the longer logs and half the higher term, and neither gives way",
        (
            Step(("membership",), "one", hold_s=(2.6, 3.0)),
            Step(("pause",), "node", "configured>acknowledged", (0.0, 0.3), (0.6, 0.9)),
            Step(("partition",), "fresh-side", "configured>candidacy", AT_ONCE, (1.5, 2.2)),
        ),
    ),
    Scenario(
        "a change of members that a crash undoes",
        "members come from a stale place: an old snapshot, a truncated entry, another file",
        (
            Step(("membership",), "fresh", hold_s=(1.5, 2.8)),
            Step((*CRASH, "partition"), "fresh-side", "configured", (0.0, 0.3), (0.3, 1.0)),
            Step((*CRASH, "partition"), "node", "elected", (0.0, 0.5), (0.5, 1.5)),
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
        "two changes of members that do not know of each other",
        "a change comes before the leader's own term has committed anything (Ongaro 2015)",
        (
            # Who went joins again, which only it and the leader hear of; then the next leader
            # removes that one with a single follower, and the others complete the first change.
            Step(("membership",), "one", hold_s=(0.1, 0.3)),
            Step(("partition",), "node-side", "configured#2", AT_ONCE, (1.0, 1.5)),
            Step(("partition",), "fresh-side", "configured#2>elected", AT_ONCE, (2.4, 3.0)),
            Step(("membership",), "former-leader", "configured#2>elected", hold_s=(2.6, 3.0)),
        ),
    ),
    Scenario(
        "a restart among those who have left",
        "members come from a stale place, and who has left makes a majority with them",
        (
            # Three are left, and two of them go on while the third restarts. The fifth snapshot
            # is of the second round: the change is in it, and the leader's comes first.
            Step(("membership",), "one", hold_s=(2.8, 3.0)),
            Step(("membership",), "one", "configured>acknowledged", hold_s=(2.8, 3.0)),
            Step(CRASH, "node", "configured#2>snapshot-written#5", SOON, (0.05, 0.2)),
            Step(("partition",), "outside", "configured#2>snapshot-written#5", SOON, (1.8, 2.4)),
        ),
    ),
)
