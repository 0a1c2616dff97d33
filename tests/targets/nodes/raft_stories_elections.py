"""Stories of two leaders in one term, of wrong leaders, and of none."""

from __future__ import annotations

from raft_simulation import Cluster
from raft_stories import (
    A_LITTLE_S,
    Story,
    add,
    added,
    connect,
    crash,
    elected,
    elements,
    hand_over,
    others,
    raft,
    stand,
)

from targets.nodes.effects import Received
from targets.nodes.raft.base import Role
from targets.nodes.raft.messages import VoteReply


def vote_not_durable(cluster: Cluster) -> bool:
    """A voter between two sides votes, crashes, and is asked by the other side."""
    first = cluster.settled_leader()
    one, voter, other, last = others(cluster, first)
    crash(cluster, first)
    connect(cluster)
    cluster.run(0.45)
    connect(cluster, (one, first, voter), (other, last, voter))
    if not elected(cluster, one):
        return False
    crash(cluster, voter)
    connect(cluster, (one, first), (other, last, voter))
    add(cluster, one, 7)
    cluster.run(A_LITTLE_S)
    if not elected(cluster, other) or not added(cluster, other, 8):
        return False
    cluster.heal()
    cluster.run(1.0)
    return hand_over(cluster, one) and 8 not in elements(cluster, one)


def term_not_persisted(cluster: Cluster) -> bool:
    """A leader keeps entries to itself, all restart, and another one leads its term again."""
    old = cluster.settled_leader()
    cluster.isolate(old)
    add(cluster, old, 6)
    add(cluster, old, 7)
    for name in cluster.names:
        cluster.kill(name)
    for name in others(cluster, old):
        cluster.start(name)
    new = cluster.settled_leader()
    assert added(cluster, new, 8)
    cluster.start(old)
    cluster.heal()
    cluster.run(1.0)
    return hand_over(cluster, old) and 8 not in elements(cluster, old)


def old_votes_count(cluster: Cluster) -> bool:
    """The votes for a candidate come when it stands for the second time, cut off."""
    dead = cluster.settled_leader()
    one, two, three, four = others(cluster, dead)
    cluster.kill(dead)
    cluster.run(0.41)
    connect(cluster, (one, two, three))
    stand(cluster, one)
    if not cluster.run_until(lambda: raft(cluster, one).role is Role.CANDIDATE, A_LITTLE_S):
        return False
    term = raft(cluster, one).term
    # It is heard, and hears nobody: both votes are on their way for a long time.
    cluster.cut |= {(two, one), (three, one)}
    cluster.run(A_LITTLE_S)
    if not raft(cluster, two).voted_for == raft(cluster, three).voted_for == one:
        return False
    connect(cluster, (two, three, four))

    def stands_again() -> bool:
        candidate = raft(cluster, one)
        return candidate.role is not Role.FOLLOWER and candidate.term > term

    cluster.run_until(stands_again, 2.0)
    for voter in (two, three):
        cluster._step(one, [Received(voter, VoteReply(term, True))])
    add(cluster, one, 7)
    cluster.run(2.0)
    new = max(set(cluster.leaders()) - {one}, key=lambda name: raft(cluster, name).term)
    assert added(cluster, new, 8)
    cluster.heal()
    cluster.run(1.0)
    return hand_over(cluster, one) and 8 not in elements(cluster, one)


def own_vote_forgotten(cluster: Cluster) -> bool:
    """Two stand at the same time, and each has voters of its own besides the other one."""
    first = cluster.settled_leader()
    one, two, three, four = others(cluster, first)
    cluster.kill(first)
    cluster.run(0.41)
    stand(cluster, one)
    stand(cluster, two)

    def both_lead() -> bool:
        return raft(cluster, one).role is raft(cluster, two).role is Role.LEADER

    if not cluster.run_until(both_lead, A_LITTLE_S):
        return False
    connect(cluster, (one, three, first), (two, four))
    cluster.start(first)
    add(cluster, two, 7)
    if not added(cluster, one, 8):
        return False
    cluster.heal()
    cluster.run(1.0)
    return hand_over(cluster, two) and 8 not in elements(cluster, two)


def quorum_too_small(cluster: Cluster) -> bool:
    """A leader and one follower are cut off from the three others, and all go on."""
    old = cluster.settled_leader()
    companion, *rest = others(cluster, old)
    connect(cluster, (old, companion), tuple(rest))
    cluster.run(2.0)
    new = max(set(cluster.leaders()) & set(rest), key=lambda name: raft(cluster, name).term)
    on_both_sides = added(cluster, old, 7), added(cluster, new, 8)
    cluster.heal()
    cluster.run(2.0)
    found = elements(cluster, cluster.settled_leader())
    return on_both_sides == (True, True) and set(found) != {7, 8}


def vote_ignores_log(cluster: Cluster) -> bool:
    """One node misses a write; then the leader dies and only nodes that need its vote are left."""
    leader = cluster.settled_leader()
    behind = others(cluster, leader)[0]
    cluster.isolate(behind)
    assert added(cluster, leader, 7)
    cluster.kill(leader)
    cluster.heal()
    # The living vote; whom chance calls first is up to the seed.
    new = cluster.settled_leader()
    return new == behind and elements(cluster, new) == []


def change_before_commit(cluster: Cluster) -> bool:
    """A change that few have heard of competes with one that was made in too much haste."""
    first = cluster.settled_leader()
    second, third, fourth = (name for name in raft(cluster, first).members if name != first)
    cluster.run(0.2)
    joining = others(cluster, first, second, third, fourth)[0]
    cluster.ask(first, "admin.add", value=joining)
    if not cluster.run_until(lambda: joining in raft(cluster, first).members, 1.0):
        return False
    connect(cluster, (first, joining), (second, third, fourth))
    cluster.run(0.45)
    if not elected(cluster, second):
        return False
    cluster.ask(second, "admin.remove", value=first)
    connect(cluster, (first, joining, fourth), (second, third))
    if not added(cluster, second, 8):
        return False
    cluster.run(0.5)
    stand(cluster, first)
    cluster.run_until(lambda: raft(cluster, first).role is Role.LEADER, 3.0)
    return raft(cluster, first).role is Role.LEADER and 8 not in elements(cluster, first)


def pre_vote_hides_term(cluster: Cluster) -> bool:
    """Two know a later term, two have a longer log, and all of them are needed."""
    old = cluster.settled_leader()
    companion, candidate, voter = others(cluster, old)
    cluster.run(0.2)
    cluster.pause(old)
    cluster.run(0.41)
    stand(cluster, candidate)
    if not cluster.run_until(lambda: raft(cluster, candidate).role is Role.CANDIDATE, A_LITTLE_S):
        return False
    connect(cluster, (old, companion), (candidate, voter))
    add(cluster, old, 7)
    # Of what was sent to it while it was paused nothing has come through.
    paused = cluster.nodes[old]
    paused.backlog = [e for e in paused.backlog or [] if not isinstance(e, Received)]
    cluster.resume(old)
    cluster.run(1.0)
    cluster.heal()
    return not cluster.run_until(lambda: bool(cluster.leaders()), 20.0)


STORIES = {
    "R1": Story(vote_not_durable),
    "R2": Story(term_not_persisted),
    "R15": Story(old_votes_count),
    # Two stand when the story says so, and nobody else.
    "R16": Story(own_vote_forgotten, options=("election-ms=400,800",)),
    "R17": Story(quorum_too_small),
    "R18": Story(vote_ignores_log),
    "R23": Story(change_before_commit, options=("members=n1,n2,n3,n4",)),
    "R30": Story(pre_vote_hides_term, size=4),
}
