"""Stories of snapshots that leave something out, or are taken for more or for less."""

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
from targets.nodes.raft.base import Role
from targets.nodes.raft.messages import Append


def count(cluster: Cluster, node: str, value: int, session: str, seq: int) -> bool:
    return cluster.ask_and_wait(
        node, "counter.add", key="x", value=value, session=session, seq=seq
    ).ok


def counted(cluster: Cluster, node: str) -> int:
    read = cluster.ask_and_wait(node, "counter.read", key="x")
    assert read.ok
    return int(read.value)


def sessions_not_in_snapshot(cluster: Cluster) -> bool:
    """An increment is sent again after everybody has restarted from a snapshot."""
    leader = cluster.settled_leader()
    assert count(cluster, leader, 5, "a", 1)
    for seq in range(1, 12):
        assert count(cluster, leader, 0, "b", seq)
    cluster.run(0.2)
    crash(cluster, *cluster.names)
    leader = cluster.settled_leader()
    assert count(cluster, leader, 5, "a", 1)
    return counted(cluster, leader) == 10


def stale_members_in_snapshot(cluster: Cluster) -> bool:
    """Two members have left; one of the others restarts, and asks them for their votes."""
    leader = cluster.settled_leader()
    one, two, *leaving = others(cluster, leader)
    for name in leaving:
        assert cluster.ask_and_wait(leader, "admin.remove", value=name).ok
    for value in range(100, 130):
        assert added(cluster, leader, value)
    cluster.run(0.2)
    crash(cluster, one)
    connect(cluster, (one, *leaving), (leader, two))
    cluster.run(2.0)
    there = next((n for n in cluster.leaders() if n in (leader, two)), None)
    here = one if raft(cluster, one).role is Role.LEADER else None
    if there is None or here is None:
        return False
    on_both_sides = added(cluster, there, 7), added(cluster, here, 8)
    cluster.heal()
    cluster.run(2.0)
    missing = {7, 8} - set(elements(cluster, cluster.leader()))
    return on_both_sides == (True, True) and bool(missing)


def empty_append_at_boundary(cluster: Cluster) -> bool:
    """A new leader that has compacted all its log meets the old one and one follower more."""
    old = cluster.settled_leader()
    cluster.run(0.3)
    cluster.isolate(old)
    add(cluster, old, 1)
    add(cluster, old, 2)
    cluster.run(0.45)
    new, one, *rest = others(cluster, old)
    if not elected(cluster, new):
        return False
    connect(cluster, (old, new), (new, one))
    write = add(cluster, new, 8)
    cluster.run(0.2)
    if not write.ok:
        return False
    cluster.kill(new)
    cluster.kill(one)
    connect(cluster, (old, *rest))
    return 8 not in elements(cluster, cluster.settled_leader())


def term_of_snapshot(cluster: Cluster) -> bool:
    """A voter that is far behind votes, gets a snapshot, and is asked by another candidate."""
    first = cluster.settled_leader()
    one, voter, other, last = others(cluster, first)
    cluster.isolate(voter)
    for value in range(100, 130):
        assert added(cluster, first, value)
    cluster.run(0.2)
    crash(cluster, first)
    connect(cluster)
    cluster.run(0.45)
    connect(cluster, (one, first, voter))
    if not elected(cluster, one):
        return False
    if not cluster.run_until(lambda: raft(cluster, voter).snapshot is not None, 0.3):
        return False
    connect(cluster, (one, first), (other, last, voter))
    add(cluster, one, 7)
    cluster.run(0.5)
    if not elected(cluster, other) or not added(cluster, other, 8):
        return False
    cluster.heal()
    cluster.run(1.0)
    return hand_over(cluster, one) and 8 not in elements(cluster, one)


def purged_is_conflict(cluster: Cluster) -> bool:
    """The first append of all arrives once more, at three of five; the leader dies."""
    leader = cluster.settled_leader()
    one, *rest, apart = others(cluster, leader)

    def has_more_than_snapshots() -> bool:
        logs = [raft(cluster, name).log for name in (one, *rest)]
        return all(0 < log.base_index < log.last_index for log in logs)

    value = 100
    while value < 110 or not has_more_than_snapshots():
        assert added(cluster, leader, value)
        cluster.run(0.1)
        value += 1
    late = Append(raft(cluster, leader).term, 0, 0, 0, 0, [])
    for follower in (one, *rest):
        cluster._step(follower, [Received(leader, late)])
    cluster.kill(leader)
    cluster.isolate(apart)
    cluster.run(0.41)
    return elected(cluster, one) and set(elements(cluster, one)) < set(range(100, value))


def applied_index_apart(cluster: Cluster) -> bool:
    """Everybody restarts from a snapshot that was taken under load."""
    leader = cluster.settled_leader()
    pending = []
    for seq in range(1, 20):
        for session in "abcdefg":
            request = {"key": "x", "value": 1, "session": session, "seq": seq}
            pending.append(cluster.ask(leader, "counter.add", **request))
            cluster.run(0.0005)
        cluster.run(A_LITTLE_S)
    assert all(p.ok for p in pending)
    cluster.run(0.2)
    crash(cluster, *cluster.names)
    return counted(cluster, cluster.settled_leader()) < len(pending)


STORIES = {
    "R22": Story(sessions_not_in_snapshot),
    "R24": Story(stale_members_in_snapshot),
    "R25": Story(empty_append_at_boundary),
    "R26": Story(term_of_snapshot, options=("snapshot-entries=20",)),
    "R27": Story(purged_is_conflict),
    "R28": Story(applied_index_apart),
}
