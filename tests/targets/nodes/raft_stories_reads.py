"""Stories of stale reads."""

from __future__ import annotations

from raft_simulation import Cluster, Pending
from raft_stories import A_LITTLE_S, Story, elected, others, raft


def write(cluster: Cluster, node: str, value: int) -> bool:
    return cluster.ask_and_wait(node, "write", key="x", value=value, session=f"w{value}", seq=1).ok


def is_stale(cluster: Cluster, read: Pending) -> bool:
    """Whether a read that came after the write of 2 found something older."""
    cluster.run_until(lambda: read.answer is not None, 3.0)
    assert read.ok or read.error in ("no-leader", "lost-leadership")
    return read.ok and read.value != 2


def stale_leader_read(cluster: Cluster) -> bool:
    """The old leader, cut off, is asked after the new one has taken a write."""
    old = cluster.settled_leader()
    assert write(cluster, old, 1)
    cluster.isolate(old)
    cluster.run(2.0)
    new = max(cluster.leaders(), key=lambda name: raft(cluster, name).term)
    assert new != old
    assert write(cluster, new, 2)
    return is_stale(cluster, cluster.ask(old, "read", key="x"))


def read_index_too_early(cluster: Cluster) -> bool:
    """A leader answers a write and dies; of its successor's voters, most never heard of it."""
    leader = cluster.settled_leader()
    assert write(cluster, leader, 1)
    cluster.run(0.1)
    heir, _, *behind = others(cluster, leader)
    cluster.isolate(*behind)
    assert write(cluster, leader, 2)
    cluster.kill(leader)
    cluster.run(0.41)
    cluster.heal()
    if not elected(cluster, heir):
        return False
    return is_stale(cluster, cluster.ask(heir, "read", key="x"))


def lease_unchecked(cluster: Cluster) -> bool:
    """The old leader is paused while another takes a write, and is asked as it wakes up."""
    old = cluster.settled_leader()
    assert write(cluster, old, 1)
    assert cluster.ask_and_wait(old, "read", key="x").value == 1
    cluster.isolate(old)
    cluster.pause(old)
    cluster.run(2.0)
    new = max(set(cluster.leaders()) - {old}, key=lambda name: raft(cluster, name).term)
    assert write(cluster, new, 2)
    read = cluster.ask(old, "read", key="x")
    cluster.resume(old)
    return is_stale(cluster, read)


def reused_round(cluster: Cluster) -> bool:
    """A leader is paused with a round out; the answers come, then a cut, then a new leader."""
    old = cluster.settled_leader()
    assert write(cluster, old, 1)
    cluster.ask(old, "read", key="x")
    cluster.pause(old)
    cluster.run(A_LITTLE_S)
    cluster.isolate(old)
    cluster.run(2.0)
    new = max(set(cluster.leaders()) - {old}, key=lambda name: raft(cluster, name).term)
    assert write(cluster, new, 2)
    read = cluster.ask(old, "read", key="x")
    # What waits in different sockets is taken in any order: here the client's first.
    backlog = cluster.nodes[old].backlog
    assert backlog is not None
    backlog.insert(0, backlog.pop())
    cluster.resume(old)
    return is_stale(cluster, read)


def stale_follower_read(cluster: Cluster) -> bool:
    """A follower that is cut off, and has noticed, is asked after a write."""
    leader = cluster.settled_leader()
    follower = others(cluster, leader)[0]
    cluster.isolate(follower)
    assert write(cluster, leader, 2)
    cluster.run(0.5)
    return is_stale(cluster, cluster.ask(follower, "read", key="x"))


def serves_before_replay(cluster: Cluster) -> bool:
    """Everybody restarts after a write, and the first leader is asked at once."""
    assert write(cluster, cluster.settled_leader(), 2)
    for name in cluster.names:
        cluster.kill(name)
    for name in cluster.names:
        cluster.start(name)
    return is_stale(cluster, cluster.ask(cluster.leader(), "read", key="x"))


STORIES = {
    "R4": Story(stale_leader_read),
    "R5": Story(read_index_too_early),
    "R6": Story(lease_unchecked),
    "R7": Story(reused_round),
    "R8": Story(stale_follower_read),
    "R29": Story(serves_before_replay),
}
