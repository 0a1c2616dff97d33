"""The seeded bugs of the lock service. Adding one: a row here, an override in a module.

``reached`` counts, per bug, how often its mutated line ran where the node could tell that it
mattered; each override says in its module what it counts.
"""

from __future__ import annotations

from targets.nodes.bug import Bug

_HERE = "targets.nodes.lock_service.bugs."
_BOTH = ("mutual-exclusion", "fencing")
_KLEPPMANN = "Kleppmann, How to do distributed locking, 2016"

BUGS: tuple[Bug, ...] = (
    Bug(
        id="L1",
        name="lock-service.tokens-not-in-snapshot",
        mutation="a snapshot holds the locks without the count of tokens",
        seen_as="token reused",
        workload="fenced-lock",
        consistency=_BOTH,
        override=_HERE + "tokens_not_in_snapshot:TokensNotInSnapshot",
        source=_KLEPPMANN,
        tier="A",
        faults=("kill",),
        fault_targets=("kill:all",),
        options=("snapshot-entries=100",),
    ),
    Bug(
        id="L2",
        name="lock-service.expires-by-own-clock",
        mutation="each node ends leases by its own clock, without the log",
        seen_as="two holders",
        workload="fenced-lock",
        consistency=_BOTH,
        override=_HERE + "expires_by_own_clock:ExpiresByOwnClock",
        source="etcd, server/lease: only the primary lessor expires, and by a proposal",
        tier="A",
        faults=("kill", "partition"),
        fault_targets=("kill:leader", "partition:leader"),
    ),
    Bug(
        id="L3",
        name="lock-service.anybody-releases",
        mutation="a release frees the lock whatever token it comes with",
        seen_as="two holders",
        workload="fenced-lock",
        consistency=_BOTH,
        override=_HERE + "anybody_releases:AnybodyReleases",
        source="Redis, SET: a lock is deleted only by who set its random value",
        tier="A",
    ),
    Bug(
        id="L4",
        name="lock-service.unfenced-resource",
        mutation="the resource does not look at tokens",
        seen_as="stale token accepted",
        workload="fenced-lock",
        consistency=_BOTH,
        override=_HERE + "unfenced_resource:UnfencedResource",
        source=_KLEPPMANN,
        tier="A",
    ),
    Bug(
        id="L5",
        name="lock-service.renewal-revives",
        mutation="who renews a lease that is over has the lock again, if it is free",
        seen_as="lost lease renewed",
        workload="fenced-lock",
        consistency=_BOTH,
        override=_HERE + "renewal_revives:RenewalRevives",
        source="Burrows, Chubby, 2006, section 2.4",
        tier="A",
    ),
    Bug(
        id="L6",
        name="lock-service.answers-before-commit",
        mutation="the leader answers when a command is in its own log only",
        seen_as="token reused",
        workload="fenced-lock",
        consistency=_BOTH,
        override=_HERE + "answers_before_commit:AnswersBeforeCommit",
        source="Ongaro and Ousterhout, 2014, section 5.3",
        tier="A",
        faults=("partition",),
        fault_targets=("partition:leader",),
    ),
    Bug(
        id="L7",
        name="lock-service.new-leader-ends-leases",
        mutation="a new leader takes the leases that others granted for over",
        seen_as="two holders",
        workload="fenced-lock",
        consistency=_BOTH,
        override=_HERE + "new_leader_ends_leases:NewLeaderEndsLeases",
        source="etcd#15247",
        tier="B",
        faults=("kill", "partition"),
        fault_targets=("kill:leader", "partition:leader"),
    ),
    Bug(
        id="L8",
        name="lock-service.renewal-unheeded",
        mutation="a lease ends when it would have without its renewals",
        seen_as="two holders",
        workload="fenced-lock",
        consistency=_BOTH,
        override=_HERE + "renewal_unheeded:RenewalUnheeded",
        source="etcd, server/lease: a renewal moves the lease in the heap of expiries",
        tier="A",
    ),
)
