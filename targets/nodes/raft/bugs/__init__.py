"""The seeded bugs of the Raft node. Adding one: a row here and an override in a module.

``reached`` counts, per bug, how often its mutated line ran where the node could tell that
it mattered; each override says in its module what it counts.
"""

from __future__ import annotations

from targets.nodes.bug import Bug

_HERE = "targets.nodes.raft.bugs."
_NO_REWIND = "a node refuses to overwrite what it knows to be committed"

BUGS: tuple[Bug, ...] = (
    Bug(
        id="R4",
        name="raft.stale-leader-read",
        mutation="the leader answers reads without checking that a majority still follows it",
        seen_as="stale read",
        workload="register",
        override=_HERE + "stale_leader_read:StaleLeaderRead",
        source="etcd#741",
        tier="A",
        faults=("partition",),
        fault_targets=("partition:leader",),
        also_removes=("CheckQuorum: a leader that hears no majority steps down",),
    ),
    Bug(
        id="R8",
        name="raft.stale-follower-read",
        mutation="followers answer reads from their own state",
        seen_as="stale read",
        workload="register",
        override=_HERE + "stale_follower_read:StaleFollowerRead",
        source="hraftd#22",
        tier="A",
    ),
    Bug(
        id="R18",
        name="raft.vote-ignores-log",
        mutation="votes are granted without comparing the candidate's log with the voter's",
        seen_as="lost write",
        workload="set",
        override=_HERE + "vote_ignores_log:VoteIgnoresLog",
        source="databend#16175",
        tier="B",
        faults=("partition", "kill"),
        fault_targets=("partition:halves", "kill:majority"),
        overlap=True,
        also_removes=("the same check of pre-votes", _NO_REWIND),
    ),
    Bug(
        id="R19",
        name="raft.reply-before-commit",
        mutation="the leader acknowledges a command once it is in its own log",
        seen_as="lost write",
        workload="set",
        override=_HERE + "reply_before_commit:ReplyBeforeCommit",
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
        override=_HERE + "ack_before_fsync:AckBeforeFsync",
        source="etcd#14370",
        tier="A",
        faults=("power-loss",),
        fault_targets=("power-loss:majority", "power-loss:all"),
        also_removes=(_NO_REWIND,),
    ),
    Bug(
        id="R21",
        name="raft.no-session-table",
        mutation="no session table: a command that is sent again is applied again",
        seen_as="duplicate",
        workload="counter",
        override=_HERE + "no_session_table:NoSessionTable",
        source="",
        tier="A",
        faults=("kill", "pause"),
        fault_targets=("kill:leader", "pause:leader"),
        resend=True,
    ),
)
