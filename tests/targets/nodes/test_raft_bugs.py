"""Each seeded bug in the smallest story that shows it to a client, with the bug and without."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest
from raft_simulation import Cluster

from targets.nodes.bug import UnknownBug, find, mutate
from targets.nodes.raft.bugs import BUGS
from targets.nodes.raft.core import Raft


def others(cluster: Cluster, *names: str) -> list[str]:
    return [name for name in cluster.names if name not in names]


def stale_leader_read(cluster: Cluster) -> bool:
    """The old leader, cut off, is asked after the new one has taken a write."""
    old = cluster.settled_leader()
    assert cluster.ask_and_wait(old, "write", key="x", value=1, session="a", seq=1).ok
    cluster.isolate(old)
    cluster.run(2.0)
    new = max(cluster.leaders(), key=lambda name: cluster.nodes[name].raft.term)
    assert new != old
    assert cluster.ask_and_wait(new, "write", key="x", value=2, session="b", seq=1).ok
    read = cluster.ask_and_wait(old, "read", key="x")
    assert read.ok or read.error == "no-leader"
    return read.ok and read.value == 1


def stale_follower_read(cluster: Cluster) -> bool:
    """A follower that is cut off is asked after a write."""
    leader = cluster.settled_leader()
    follower = others(cluster, leader)[0]
    cluster.isolate(follower)
    assert cluster.ask_and_wait(leader, "write", key="x", value=1, session="a", seq=1).ok
    read = cluster.ask_and_wait(follower, "read", key="x")
    return read.ok and read.value is None


def vote_ignores_log(cluster: Cluster) -> bool:
    """One node misses a write; then the leader dies and only nodes that need its vote are left."""
    leader = cluster.settled_leader()
    behind = others(cluster, leader)[0]
    cluster.isolate(behind)
    assert cluster.ask_and_wait(leader, "set.add", key="x", value=7, session="a", seq=1).ok
    cluster.kill(leader)
    cluster.heal()
    # The living vote; whom chance calls first is up to the seed.
    new = cluster.settled_leader()
    read = cluster.ask_and_wait(new, "set.read", key="x")
    assert read.ok
    return new == behind and read.value == []


def reply_before_commit(cluster: Cluster) -> bool:
    """The leader is cut off and asked to add before it notices."""
    leader = cluster.settled_leader()
    cluster.isolate(leader)
    add = cluster.ask_and_wait(leader, "set.add", key="x", value=7, session="a", seq=1)
    cluster.run(1.5)
    cluster.heal()
    cluster.run(1.0)
    read = cluster.ask_and_wait(cluster.settled_leader(), "set.read", key="x")
    assert read.ok
    return add.ok and read.value == []


def ack_before_fsync(cluster: Cluster) -> bool:
    """Everybody loses power right after an acknowledged add."""
    leader = cluster.settled_leader()
    cluster.run(1.0)
    add = cluster.ask_and_wait(leader, "set.add", key="x", value=7, session="a", seq=1)
    assert add.ok
    for name in cluster.names:
        cluster.kill(name)
        disk = cluster.nodes[name].disk
        del disk.records[disk.synced :]
        cluster.start(name)
    read = cluster.ask_and_wait(cluster.settled_leader(), "set.read", key="x")
    assert read.ok
    return bool(read.value == [])


def no_session_table(cluster: Cluster) -> bool:
    """An increment is sent again, by way of another node, though its answer had come."""
    leader = cluster.settled_leader()
    for node in (leader, others(cluster, leader)[0]):
        assert cluster.ask_and_wait(node, "counter.add", key="x", value=5, session="a", seq=1).ok
    return bool(cluster.ask_and_wait(leader, "counter.read", key="x").value == 10)


STORIES: dict[str, Callable[[Cluster], bool]] = {
    "R4": stale_leader_read,
    "R8": stale_follower_read,
    "R18": vote_ignores_log,
    "R19": reply_before_commit,
    "R20": ack_before_fsync,
    "R21": no_session_table,
}
SEEDS = range(12)


def test_every_bug_has_a_story() -> None:
    assert {bug.id for bug in BUGS} == set(STORIES)


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_bug_is_seen_by_clients_and_counted_by_the_node(bug_id: str) -> None:
    bug = find(BUGS, bug_id)
    seen = 0
    for seed in SEEDS:
        cluster = Cluster(seed, core=mutate(Raft, [bug]), check=False)
        if STORIES[bug_id](cluster):
            seen += 1
            assert sum(node.reached.get(bug.name, 0) for node in cluster.nodes.values()) > 0
    assert seen > 0


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_correct_node_shows_nothing_of_it(bug_id: str) -> None:
    for seed in SEEDS:
        cluster = Cluster(seed)
        assert not STORIES[bug_id](cluster)
        assert not any(node.reached for node in cluster.nodes.values())


def test_bugs_are_found_by_id_and_by_name() -> None:
    assert find(BUGS, "r4") is find(BUGS, "raft.stale-leader-read")
    with pytest.raises(UnknownBug, match=r"no seeded bug 'R99'\. There are: R4 raft.stale-leader"):
        find(BUGS, "R99")


def test_several_bugs_can_live_in_one_node() -> None:
    core = mutate(Raft, BUGS)
    cluster = Cluster(1, core=core, check=False)
    leader = cluster.settled_leader()
    assert cluster.ask_and_wait(leader, "write", key="x", value=1, session="a", seq=1).ok
    assert mutate(Raft, []) is Raft


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_row_of_the_catalogue_says_all_that_the_harness_needs(bug) -> None:  # type: ignore[no-untyped-def]
    module, _, name = bug.override.partition(":")
    assert issubclass(getattr(importlib.import_module(module), name), Raft)
    assert bug.name == importlib.import_module(module).NAME
    assert bug.name.startswith("raft.")
    assert bug.workload in ("register", "set", "counter")
    assert all(target.partition(":")[0] in bug.faults for target in bug.fault_targets)
    assert bug.mutation
    assert bug.seen_as
