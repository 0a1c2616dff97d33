"""Stories of entries that are lost, doubled or exchanged on their way through the log."""

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
)

from targets.nodes.effects import Received
from targets.nodes.raft.messages import Append, AppendReply


def counts_old_entries(cluster: Cluster) -> bool:
    """Figure 8 of the paper, with its servers."""
    s1 = cluster.settled_leader()
    s2, s3, s4, s5 = others(cluster, s1)
    cluster.run(0.2)
    connect(cluster, (s1, s2), (s3, s4, s5))
    add(cluster, s1, 7)
    cluster.run(A_LITTLE_S)
    crash(cluster, s1)
    cluster.run(0.41)
    if not elected(cluster, s5):
        return False
    connect(cluster)
    add(cluster, s5, 9)
    cluster.kill(s5)
    cluster.run(0.45)
    connect(cluster, (s1, s2, s3, s4))
    if not elected(cluster, s1):
        return False
    connect(cluster, (s1, s2, s3))
    was_read = elements(cluster, s1) == [7]
    cluster.kill(s1)
    cluster.start(s5)
    connect(cluster, (s2, s3, s4, s5))
    cluster.run(0.41)
    return was_read and elected(cluster, s5) and 7 not in elements(cluster, s5)


def stale_append_truncates(cluster: Cluster) -> bool:
    """An append arrives once more after its successor, at three of five; the leader dies."""
    leader = cluster.settled_leader()
    one, *rest, apart = others(cluster, leader)
    assert added(cluster, leader, 7)
    log = raft(cluster, leader).log
    entry = log.entry(log.last_index)
    term_before = log.term_at(entry.index - 1)
    assert term_before is not None
    late = Append(entry.term, entry.index - 1, term_before, 0, 0, [entry])
    assert added(cluster, leader, 8)
    for follower in (one, *rest):
        cluster._step(follower, [Received(leader, late)])
    cluster.kill(leader)
    cluster.isolate(apart)
    cluster.run(0.41)
    return elected(cluster, one) and 8 not in elements(cluster, one)


def _old_leader_with_a_tail(cluster: Cluster) -> tuple[str, str, list[str]]:
    """A leader that was cut off with two entries of its own; its successor; the three others."""
    old = cluster.settled_leader()
    cluster.run(0.2)
    cluster.isolate(old)
    add(cluster, old, 1)
    add(cluster, old, 2)
    cluster.run(0.45)
    new, *rest = others(cluster, old)
    elected(cluster, new)
    return old, new, rest


def _empty_append(cluster: Cluster, new: str, prev_index: int) -> Append:
    """What a leader sends for a read while it waits for the answer to a probe."""
    leader = raft(cluster, new)
    prev_term = leader.log.term_at(prev_index)
    assert prev_term is not None
    return Append(leader.term, prev_index, prev_term, leader.commit_index, leader.round, [])


def acknowledges_own_end(cluster: Cluster) -> bool:
    """The new leader has one follower; the old one seems to be another."""
    old, new, (one, *rest) = _old_leader_with_a_tail(cluster)
    if not cluster.leaders():
        return False
    shared = raft(cluster, old).log.last_index - 2
    connect(cluster, (new, one), tuple(rest))
    cluster.cut.discard((old, new))
    write = add(cluster, new, 8)
    cluster.run(A_LITTLE_S)
    cluster._step(old, [Received(new, _empty_append(cluster, new, shared))])
    cluster.run(A_LITTLE_S)
    if not write.ok:
        return False
    cluster.kill(new)
    cluster.kill(one)
    cluster.heal()
    return 8 not in elements(cluster, cluster.settled_leader())


def commits_unverified(cluster: Cluster) -> bool:
    """The old leader hears how much is committed before it hears what."""
    old, new, _ = _old_leader_with_a_tail(cluster)
    shared = raft(cluster, old).log.last_index - 2
    if not cluster.leaders() or not added(cluster, new, 8):
        return False
    cluster._step(old, [Received(new, _empty_append(cluster, new, shared))])
    cluster.heal()
    cluster.run(1.0)
    return hand_over(cluster, old) and 8 not in elements(cluster, old)


def keeps_conflicts(cluster: Cluster) -> bool:
    """The old leader comes back, goes on with its own entries, and leads again."""
    old, new, _ = _old_leader_with_a_tail(cluster)
    if not cluster.leaders() or not added(cluster, new, 8):
        return False
    assert added(cluster, new, 9)
    cluster.heal()
    cluster.run(1.0)
    return hand_over(cluster, old) and 8 not in elements(cluster, old)


def accepts_gap(cluster: Cluster) -> bool:
    """A follower misses a write and then leads."""
    leader = cluster.settled_leader()
    behind = others(cluster, leader)[0]
    cluster.isolate(behind)
    assert added(cluster, leader, 7)
    cluster.heal()
    cluster.run(1.0)
    return hand_over(cluster, behind) and elements(cluster, behind) == []


def late_reply_counts(cluster: Cluster) -> bool:
    """What a follower said two terms ago arrives when its leader leads again."""
    leader = cluster.settled_leader()
    one, follower, *rest = others(cluster, leader)
    connect(cluster, (leader, follower), (one, *rest))
    for value in (1, 2, 3, 4):
        add(cluster, leader, value)
    cluster.run(A_LITTLE_S)
    old = raft(cluster, leader)
    late = AppendReply(old.term, True, old.log.last_index, old.round)
    cluster.run(1.5)
    cluster.heal()
    cluster.run(1.0)
    if not hand_over(cluster, leader):
        return False
    connect(cluster, (leader, one), (follower, *rest))
    write = add(cluster, leader, 8)
    cluster.run(A_LITTLE_S)
    cluster._step(leader, [Received(follower, late)])
    cluster.run(A_LITTLE_S)
    if not write.ok:
        return False
    cluster.kill(leader)
    cluster.kill(one)
    cluster.heal()
    return 8 not in elements(cluster, cluster.settled_leader())


def reply_before_commit(cluster: Cluster) -> bool:
    """The leader is cut off and asked to add before it notices."""
    leader = cluster.settled_leader()
    cluster.isolate(leader)
    was_added = added(cluster, leader, 7)
    cluster.run(1.5)
    cluster.heal()
    cluster.run(1.0)
    return was_added and elements(cluster, cluster.settled_leader()) == []


def ack_before_fsync(cluster: Cluster) -> bool:
    """Everybody loses power right after an acknowledged add."""
    leader = cluster.settled_leader()
    cluster.run(1.5)
    assert added(cluster, leader, 7)
    for name in cluster.names:
        cluster.kill(name)
        disk = cluster.nodes[name].disk
        del disk.records[disk.synced :]
        cluster.start(name)
    return elements(cluster, cluster.settled_leader()) == []


def no_session_table(cluster: Cluster) -> bool:
    """An increment is sent again, by way of another node, though its answer had come."""
    leader = cluster.settled_leader()
    for node in (leader, others(cluster, leader)[0]):
        assert cluster.ask_and_wait(node, "counter.add", key="x", value=5, session="a", seq=1).ok
    return bool(cluster.ask_and_wait(leader, "counter.read", key="x").value == 10)


STORIES = {
    "R3": Story(counts_old_entries),
    "R9": Story(stale_append_truncates),
    "R10": Story(acknowledges_own_end),
    "R11": Story(commits_unverified),
    "R12": Story(keeps_conflicts),
    "R13": Story(accepts_gap),
    "R14": Story(late_reply_counts),
    "R19": Story(reply_before_commit),
    "R20": Story(ack_before_fsync),
    "R21": Story(no_session_table),
}
