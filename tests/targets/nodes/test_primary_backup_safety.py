"""Clusters under random faults: the invariants hold at every step, and clients lose nothing."""

from __future__ import annotations

import pytest
from primary_backup_simulation import Cluster

SEEDS = range(1, 9)


def tormented(cluster: Cluster, seconds: float) -> None:
    """Random kills, losses of power, pauses and cuts, with clients that add elements."""
    cluster.added(cluster.settled(), len(cluster.pending))
    rng, end = cluster.rng, cluster.now + seconds
    while cluster.now < end:
        draw, name = rng.random(), rng.choice(cluster.names)
        node = cluster.nodes[name]
        if draw < 0.2:
            if node.core is not None and node.held is None:
                cluster.kill(name) if rng.random() < 0.5 else cluster.lose_power(name)
        elif draw < 0.5:
            if node.core is None:
                cluster.start(name)
            cluster.resume(name)
        elif draw < 0.6:
            if node.core is not None and node.held is None:
                cluster.pause(name)
        elif draw < 0.75:
            cluster.heal()
            cluster.isolate(*rng.sample(cluster.names, rng.randint(1, 2)))
        elif draw < 0.85:
            a, b = rng.sample(cluster.names, 2)
            cluster.cut.add((a, b))
        else:
            cluster.heal()
        until = cluster.now + rng.uniform(0.05, 0.8)
        while cluster.now < until:
            if cluster.alive():
                cluster.add(rng.choice(cluster.alive()), len(cluster.pending))
            cluster.run(rng.uniform(0.001, 0.05))


def recovered(cluster: Cluster) -> str:
    cluster.heal()
    for name in cluster.names:
        cluster.resume(name)
        if cluster.nodes[name].core is None:
            cluster.start(name)
    return cluster.settled()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_acknowledged_is_lost_and_nothing_refused_is_there(seed: int) -> None:
    cluster = Cluster(seed, double=0.05, loss=0.02, options=["snapshot-entries=60"])
    for _ in range(2):
        tormented(cluster, 8.0)
        there = set(cluster.seen(recovered(cluster)) or [])
        acknowledged = {p.request["value"] for p in cluster.pending if p.ok and "seq" in p.request}
        refused = {
            p.request["value"]
            for p in cluster.pending
            if "seq" in p.request and not p.may_have_happened
        }
        assert acknowledged <= there
        assert not refused & there
    assert len(acknowledged) > 20


@pytest.mark.parametrize("seed", SEEDS)
def test_asynchronous_replication_recovers_whatever_it_loses(seed: int) -> None:
    options = ["replication=async", "snapshot-entries=60"]
    cluster = Cluster(seed, double=0.05, loss=0.02, options=options)
    for _ in range(2):
        tormented(cluster, 8.0)
        primary = recovered(cluster)
        there = set(cluster.seen(primary) or [])
        cluster.run(0.5)
        states = {str(core.machine.dump()) for core in cluster.cores()}
        assert len(states) == 1
        refused = {
            p.request["value"]
            for p in cluster.pending
            if "seq" in p.request and not p.may_have_happened
        }
        assert not refused & there
    assert len(there) > 10


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_disks_that_crash_in_the_middle_of_a_step_break_nothing(seed: int) -> None:
    cluster = Cluster(seed, crash_in_step=0.01, wire=True)
    tormented(cluster, 10.0)
    cluster.crash_in_step = 0.0
    primary = recovered(cluster)
    there = set(cluster.seen(primary) or [])
    acknowledged = {p.request["value"] for p in cluster.pending if p.ok and "seq" in p.request}
    assert acknowledged <= there
