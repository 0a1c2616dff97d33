"""Seeded bugs of the log: how it is replicated, made durable, committed and applied."""

from __future__ import annotations

from targets.nodes.bug import Bug
from targets.nodes.raft.bugs.words import HERE, NO_OVERWRITE, NO_REWIND

REPLICATION: tuple[Bug, ...] = (
    Bug(
        id="R3",
        name="raft.counts-old-entries",
        mutation="an entry of an earlier term is committed by counting its copies",
        seen_as="lost write",
        workload="register",
        override=HERE + "counts_old_entries:CountsOldEntries",
        source="logcabin#44",
        tier="C",
        faults=("partition",),
        fault_targets=("partition:leader",),
        interval=(1.5, 0.5),
        also_removes=("the entry that a new leader appends before anything else", NO_REWIND),
    ),
    Bug(
        id="R9",
        name="raft.stale-append-truncates",
        mutation="an append cuts the log behind its entries, late ones too",
        seen_as="lost write",
        workload="set",
        override=HERE + "stale_append_truncates:StaleAppendTruncates",
        source="hashicorp/raft#113",
        tier="B",
        faults=("packets", "kill"),
        fault_targets=("packets:leader", "kill:leader"),
        overlap=True,
        interval=(3.0, 1.0),
        also_removes=(NO_REWIND,),
    ),
    Bug(
        id="R10",
        name="raft.acknowledges-own-end",
        mutation="a follower acknowledges its log to the end, whatever the append said",
        seen_as="lost write",
        workload="counter",
        override=HERE + "acknowledges_own_end:AcknowledgesOwnEnd",
        source="CCF#6016",
        tier="C",
        faults=("partition", "packets"),
        fault_targets=("partition:leader", "partition:halves", "partition:bridge", "packets:all"),
        overlap=True,
        interval=(1.5, 0.5),
        also_removes=(NO_REWIND,),
        note=(
            "Followers do claim too much, about once a fault, but nearly always of entries that "
            "a majority holds by then. A claim reaches no further than the tail of the old "
            "leader, at most one command of each waiting client; it counts once, for the next "
            "append does not fit; and no empty append is sent before the new leader has "
            "committed an entry. So it must come within a few commands of an election, while "
            "two of the others are behind, and both holders of the entry must then be cut off."
        ),
    ),
    Bug(
        id="R11",
        name="raft.commits-unverified",
        mutation="a follower commits entries that it has not compared with the leader's",
        seen_as="divergence",
        workload="counter",
        override=HERE + "commits_unverified:CommitsUnverified",
        source="scylla#9965",
        tier="B",
        faults=("partition", "kill"),
        fault_targets=("partition:leader", "kill:leader"),
        overlap=True,
        interval=(1.5, 1.0),
        also_removes=(NO_OVERWRITE,),
    ),
    Bug(
        id="R12",
        name="raft.keeps-conflicts",
        mutation="a follower keeps entries that conflict with the leader's",
        seen_as="divergence",
        workload="set",
        override=HERE + "keeps_conflicts:KeepsConflicts",
        source="",
        tier="B",
        faults=("partition",),
        fault_targets=("partition:leader",),
        interval=(2.0, 2.0),
    ),
    Bug(
        id="R13",
        name="raft.accepts-gap",
        mutation="a follower takes an append that leaves a gap in its log",
        seen_as="lost write",
        workload="set",
        override=HERE + "accepts_gap:AcceptsGap",
        source="",
        tier="B",
        faults=("partition",),
        fault_targets=("partition:one", "partition:leader"),
        interval=(2.0, 2.0),
    ),
    Bug(
        id="R14",
        name="raft.late-reply-counts",
        mutation="a late reply, of an earlier term too, sets the match index",
        seen_as="lost write",
        workload="set",
        override=HERE + "late_reply_counts:LateReplyCounts",
        source="PySyncObj#167",
        tier="C",
        faults=("packets", "partition"),
        fault_targets=("packets:all", "partition:leader"),
        overlap=True,
        interval=(1.5, 1.0),
        also_removes=(NO_REWIND,),
        note=(
            "A late reply does harm only where the follower has lost what it speaks of and the "
            "leader has other entries there that are not committed. That takes a leader whose "
            "tail one follower stored, a successor that replaces it on both and goes no further "
            "than the tail did (a command or so of each client), the first one leading again at "
            "once, and the reply, late by two elections, then: clients that go on in between "
            "carry the log past what the reply can say."
        ),
    ),
    Bug(
        id="R19",
        name="raft.reply-before-commit",
        mutation="the leader acknowledges a command once it is in its own log",
        seen_as="lost write",
        workload="set",
        override=HERE + "reply_before_commit:ReplyBeforeCommit",
        source="",
        tier="A",
        faults=("partition",),
        fault_targets=("partition:leader",),
    ),
    Bug(
        id="R20",
        name="raft.ack-before-fsync",
        mutation="entries are acknowledged before they are synced to the disk",
        seen_as="lost write",
        workload="set",
        override=HERE + "ack_before_fsync:AckBeforeFsync",
        source="etcd#14370",
        tier="A",
        faults=("power-loss",),
        fault_targets=("power-loss:majority", "power-loss:all"),
        also_removes=(NO_REWIND,),
    ),
    Bug(
        id="R21",
        name="raft.no-session-table",
        mutation="no session table: a command that is sent again is applied again",
        seen_as="duplicate",
        workload="counter",
        override=HERE + "no_session_table:NoSessionTable",
        source="",
        tier="A",
        faults=("kill", "pause"),
        fault_targets=("kill:leader", "pause:leader"),
        resend=True,
    ),
)
