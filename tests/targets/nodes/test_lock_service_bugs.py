"""Each seeded bug in the smallest story that shows it to a client, with the bug and without."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from lock_stories import Client, service
from raft_simulation import Cluster

from targets.nodes.bug import UnknownBug, find, mutate
from targets.nodes.lock_service.bugs import BUGS
from targets.nodes.lock_service.core import LockService
from targets.nodes.lock_service.make import make_core
from targets.nodes.raft.options import Options

Story = Callable[[Cluster], bool]
"""Whether a client saw what it may not see."""


def token_once_more(cluster: Cluster) -> bool:
    client = Client(cluster)
    tokens = []
    for _ in range(8):
        tokens.append(client.acquire())
        client.do("lock.release", tokens[-1])
    for name in cluster.names:
        cluster.kill(name)
    for name in cluster.names:
        cluster.start(name)
    # A release that was not in the snapshot comes with a token that it knows nothing of.
    cluster.settled_leader()
    cluster.run(2.0)
    return client.do("lock.acquire", 1000).value in tokens


def two_locks_of_one_token(cluster: Cluster) -> bool:
    """The lease is over on the leader a little before its followers have applied the grant."""
    one, two = Client(cluster), Client(cluster)
    for _ in range(6):
        one.acquire(100)
        cluster.run(0.1)
        granted = None
        while granted is None:
            asked = two.do("lock.acquire", 5000)
            granted = asked.value if asked.ok else None
        cluster.run(0.2)
        leader = cluster.settled_leader()
        cluster.kill(leader)
        again = Client(cluster).do("lock.acquire", 100)
        if again.ok and again.value <= granted:
            return True
        cluster.start(leader)
        two.do("lock.release", granted)
    return False


def lock_of_somebody_else_released(cluster: Cluster) -> bool:
    one, two = Client(cluster), Client(cluster)
    stale = one.acquire(100)
    cluster.run(0.3)
    two.acquire(5000)
    one.do("lock.release", stale)
    return Client(cluster).do("lock.acquire", 1000).ok


def stale_write(cluster: Cluster) -> bool:
    one, two = Client(cluster), Client(cluster)
    stale = one.acquire(100)
    cluster.run(0.3)
    two.do("resource.write", [two.acquire(), "new"])
    return one.do("resource.write", [stale, "old"]).ok


def lost_lease_renewed(cluster: Cluster) -> bool:
    one, two = Client(cluster), Client(cluster)
    stale = one.acquire(100)
    cluster.run(0.3)
    two.do("lock.release", two.acquire())
    return one.do("lock.renew", stale).ok


def granted_by_two_leaders(cluster: Cluster) -> bool:
    old = cluster.settled_leader()
    cluster.isolate(old)
    one = Client(cluster).do("lock.acquire", 5000, node=old)
    cluster.run(3.0)
    new = next(name for name in cluster.leaders() if name != old)
    two = Client(cluster).do("lock.acquire", 5000, node=new)
    return one.ok and two.ok


def lease_cut_short_by_a_new_leader(cluster: Cluster) -> bool:
    Client(cluster).acquire(5000)
    cluster.run(0.2)
    cluster.kill(cluster.settled_leader())
    cluster.settled_leader()
    cluster.run(0.1)
    return Client(cluster).do("lock.acquire", 1000).ok


def renewal_in_vain(cluster: Cluster) -> bool:
    one = Client(cluster)
    token = one.acquire(1000)
    cluster.run(0.9)
    assert one.do("lock.renew", token).ok
    cluster.run(0.5)
    return Client(cluster).do("lock.acquire", 1000).ok


STORIES: dict[str, Story] = {
    "L1": token_once_more,
    "L2": two_locks_of_one_token,
    "L3": lock_of_somebody_else_released,
    "L4": stale_write,
    "L5": lost_lease_renewed,
    "L6": granted_by_two_leaders,
    "L7": lease_cut_short_by_a_new_leader,
    "L8": renewal_in_vain,
}
OPTIONS = {"L1": ("snapshot-entries=5",)}
SEEDS = range(4)


def test_every_bug_has_a_story() -> None:
    assert {bug.id for bug in BUGS} == set(STORIES)


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_bug_is_seen_by_clients_and_counted_by_the_node(bug_id: str) -> None:
    bug = find(BUGS, bug_id)
    seen = 0
    for seed in SEEDS:
        core = mutate(LockService, [bug])
        cluster = service(seed, core=core, options=OPTIONS.get(bug_id, ()))
        if STORIES[bug_id](cluster):
            seen += 1
            cluster.heal()
            cluster.run(2.0)
            assert sum(node.reached.get(bug.name, 0) for node in cluster.nodes.values()) > 0
    assert seen > 0


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_correct_node_shows_nothing_of_it(bug_id: str) -> None:
    for seed in SEEDS:
        cluster = service(seed, options=OPTIONS.get(bug_id, ()))
        assert not STORIES[bug_id](cluster)
        assert not any(node.reached for node in cluster.nodes.values())


def test_bugs_are_found_by_id_or_name_and_their_overrides_come_first() -> None:
    core = make_core(
        "n1",
        ["n1"],
        [],
        rng=random.Random(1),
        incarnation=1,
        options=Options(),
        bugs=["L3", "lock-service.renewal-unheeded"],
    )
    assert core.bugs == ("lock-service.anybody-releases", "lock-service.renewal-unheeded")  # type: ignore[attr-defined]
    with pytest.raises(UnknownBug, match=r"L1 lock-service\.tokens-not-in-snapshot"):
        make_core(
            *("n1", ["n1"], []),
            rng=random.Random(1),
            incarnation=1,
            options=Options(),
            bugs=["L99"],
        )
