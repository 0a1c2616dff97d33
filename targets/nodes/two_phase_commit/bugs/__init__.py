"""The seeded bugs of the node of two-phase commit. Adding one: a row here, an override apart.

``reached`` counts, per bug, how often its mutated line ran where the node could tell that
it mattered; each override says in its module what it counts. ``seen_as`` are Adya's names
(Adya, "Weak Consistency", 1999; those that he has not are Elle's: Kingsbury and Alvaro, 2020)
where there is one. Of what T1, T2 and T4 leave half done the client was told that it committed,
or nothing: who reads the half of it sees a G-single, and no G1a.
"""

from __future__ import annotations

from targets.nodes.bug import Bug

_HERE = "targets.nodes.two_phase_commit.bugs."
_BHG = "Bernstein, Hadzilacos and Goodman, 1987, section "
_RSTAR = "Mohan, Lindsay and Obermarck (R*), 1986, section "
_BUSY = 300.0
"""Operations a second at which transactions meet each other on a few lists."""
_CROWDED = 1000.0
"""At which two that write two lists each meet on both."""

BUGS: tuple[Bug, ...] = (
    Bug(
        id="T1",
        name="two-phase-commit.no-redo",
        mutation="a coordinator that starts again does not finish what it had decided",
        seen_as="G-single, lost write",
        workload="list-append",
        override=_HERE + "no_redo:NoRedo",
        source=_BHG + "7.4",
        tier="A",
        faults=("kill", "partition"),
        fault_targets=("kill:all", "kill:majority", "partition:one", "partition:halves"),
        overlap=True,
        interval=(2.0, 3.0),
        rate=_BUSY,
    ),
    Bug(
        id="T2",
        name="two-phase-commit.no-decision-log",
        mutation="a decision to commit is told and answered, and not written down",
        seen_as="G-single, lost write",
        workload="list-append",
        override=_HERE + "no_decision_log:NoDecisionLog",
        source=_RSTAR + "3.1",
        tier="A",
        faults=("kill", "partition"),
        fault_targets=("kill:all", "kill:majority", "partition:one", "partition:halves"),
        overlap=True,
        interval=(2.0, 3.0),
        rate=_BUSY,
    ),
    Bug(
        id="T3",
        name="two-phase-commit.aborts-in-doubt",
        mutation="a participant that has voted yes and hears nothing aborts by itself",
        seen_as="G-single (fractured read)",
        workload="list-append",
        override=_HERE + "aborts_in_doubt:AbortsInDoubt",
        source=_BHG + "7.4",
        tier="A",
        faults=("pause", "partition"),
        fault_targets=("pause:one", "pause:minority", "partition:one"),
        interval=(1.0, 1.0),
        rate=_BUSY,
    ),
    Bug(
        id="T4",
        name="two-phase-commit.vote-not-durable",
        mutation="a yes leaves before what it is for is durable",
        seen_as="G-single, lost write",
        workload="list-append",
        override=_HERE + "vote_not_durable:VoteNotDurable",
        source=_RSTAR + "2",
        tier="B",
        faults=("power-loss",),
        fault_targets=("power-loss:one", "power-loss:minority"),
        interval=(1.0, 1.0),
        rate=_BUSY,
    ),
    Bug(
        id="T5",
        name="two-phase-commit.reads-undecided",
        mutation="what a participant has voted yes on can be read before it is decided",
        seen_as="G1a",
        workload="list-append",
        override=_HERE + "reads_undecided:ReadsUndecided",
        source=_BHG + "1.2",
        tier="A",
        options=("refuse=0.2",),
        rate=_BUSY,
    ),
    Bug(
        id="T6",
        name="two-phase-commit.writes-one-by-one",
        mutation="the writes of a committed transaction are put in place one by one, unlocked",
        seen_as="G1b",
        workload="list-append",
        override=_HERE + "writes_one_by_one:WritesOneByOne",
        source="Adya, Weak Consistency, 1999, section 3.2.2",
        tier="A",
        rate=_BUSY,
    ),
    Bug(
        id="T7",
        name="two-phase-commit.no-write-locks",
        mutation="writes take no locks",
        seen_as="G0",
        workload="list-append",
        override=_HERE + "no_write_locks:NoWriteLocks",
        source=_BHG + "3.2",
        tier="A",
        rate=_CROWDED,
    ),
    Bug(
        id="T8",
        name="two-phase-commit.no-read-locks",
        mutation="reads take no locks",
        seen_as="G2-item (write skew)",
        workload="list-append",
        override=_HERE + "no_read_locks:NoReadLocks",
        source=_BHG + "3.2",
        tier="A",
        rate=_BUSY,
    ),
    Bug(
        id="T9",
        name="two-phase-commit.blind-retry",
        mutation="a transaction that is started again keeps what it had read before",
        seen_as="G-single, lost-update",
        workload="list-append",
        override=_HERE + "blind_retry:BlindRetry",
        source="Jepsen: TiDB 2.1.7, 2019 (automatic transaction retries)",
        tier="A",
        rate=_BUSY,
    ),
    Bug(
        id="T10",
        name="two-phase-commit.unlocks-with-vote",
        mutation="locks are given up with the vote: participants become visible one by one",
        seen_as="G-single, G0, G1c",
        workload="list-append",
        override=_HERE + "unlocks_with_vote:UnlocksWithVote",
        source=_BHG + "3.2",
        tier="A",
        faults=("packets",),
        fault_targets=("packets:all", "packets:one"),
        rate=_BUSY,
    ),
    Bug(
        id="T11",
        name="two-phase-commit.wall-clock-order",
        mutation="a transaction's place in the order is what its coordinator's clock says",
        seen_as="G-single-process, G-single-realtime",
        workload="list-append",
        override=_HERE + "wall_clock_order:WallClockOrder",
        source=_BHG + "5.2",
        tier="B",
        faults=("clock",),
        fault_targets=("clock:one", "clock:minority"),
        note=(
            "Needs clocks that disagree: the simulated host has them, and machines of one's own "
            "may; all nodes of a sandbox or of docker share one clock."
        ),
    ),
    Bug(
        id="T12",
        name="two-phase-commit.commit-resubmitted",
        mutation="a transaction that is asked for again runs again, though it has committed",
        seen_as="duplicate-elements, G1a",
        workload="list-append",
        override=_HERE + "commit_resubmitted:CommitResubmitted",
        source="Jepsen: MongoDB 4.2.6, 2020 (duplicate effects of retried transactions)",
        tier="A",
        faults=("kill", "pause"),
        fault_targets=("kill:one", "kill:minority", "pause:one"),
        resend=True,
        interval=(1.0, 1.0),
        rate=_BUSY,
    ),
)
