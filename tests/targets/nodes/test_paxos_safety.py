"""Hundreds of clusters are hurt at random; one decree is chosen for each slot in all of them,
and what clients saw is linearizable as far as sets and counters can show it.
"""

from __future__ import annotations

import random

import pytest
from paxos_simulation import Cluster, Pending

from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.options import Options

SEEDS = 200
SEEDS_A_TEST = 20


class Trouble:
    """A random nemesis: cuts, deaths, pauses, lost power, a bad network; a while each."""

    def __init__(self, cluster: Cluster, rng: random.Random) -> None:
        self.cluster, self.rng = cluster, rng

    def act(self) -> None:
        cluster, rng = self.cluster, self.rng
        ways = ["isolate", "one-way", "heal", "mend", "mend", "kill", "power", "leader", "bad"]
        ways += ["blackout", "pause", "pause-leader", "cut-leader", "duel"]
        action = rng.choice(ways)
        victim = rng.choice(cluster.names)
        if action == "isolate":
            cluster.isolate(*rng.sample(cluster.names, rng.randint(1, len(cluster.names) // 2)))
        elif action == "one-way":
            cluster.cut.add((victim, rng.choice(cluster.names)))
        elif action == "heal":
            cluster.heal()
        elif action == "mend":
            cluster.heal()
            for name in cluster.names:
                cluster.resume(name)
            for name in sorted(set(cluster.names) - set(cluster.alive())):
                cluster.start(name)
        elif action == "blackout":
            for name in cluster.alive():
                cluster.lose_power(name)
        elif action == "bad":
            cluster.loss = rng.choice((0.05, 0.2))
        elif action == "duel":
            # Two halves that share one node, so that each finds a quorum now and then.
            cluster.heal()
            a, b = rng.sample(cluster.names, 2)
            cluster.cut |= {(a, b), (b, a)}
        elif cluster.nodes[victim].core is None:
            cluster.start(victim)
        elif action == "kill":
            cluster.kill(victim)
        elif action == "power":
            cluster.lose_power(victim)
        elif action == "pause":
            if cluster.nodes[victim].held is None:
                cluster.pause(victim)
            else:
                cluster.resume(victim)
        elif cluster.leaders():
            leader = rng.choice(cluster.leaders())
            if action == "cut-leader":
                cluster.isolate(leader)
            elif action == "pause-leader":
                cluster.pause(leader)
            else:
                cluster.kill(leader)


def options_of(seed: int, reads: str = "quorum", learners: str = "leader") -> Options:
    rng = random.Random(f"options {seed}")
    return Options(
        reads=reads,
        learners=learners,
        snapshot_slots=rng.choice((7, 50, 10_000)),
        snapshot_part_chars=rng.choice((100, 1 << 18)),
        message_bytes_max=rng.choice((200, 1 << 20)),
        window_slots=rng.choice((2, 1024)),
    )


def hurt(
    seed: int,
    core: type[Paxos] = Paxos,
    virtual_s: float = 8.0,
    options: Options | None = None,
) -> Cluster:
    rng = random.Random(seed)
    calm_s = rng.choice((0.4, 1.0, 3.0))
    cluster = Cluster(
        seed,
        core=core,
        check=core is Paxos,
        size=rng.choice((3, 5)),
        loss=rng.choice((0.0, 0.02)),
        double=rng.choice((0.0, 0.1)),
        # Up to three heartbeats late, so messages overtake each other and ballots.
        latency_s=rng.choice(((0.0005, 0.004), (0.001, 0.15))),
        crash_in_step=rng.choice((0.0, 0.01)),
        options=options or options_of(seed),
    )
    trouble = Trouble(cluster, rng)
    seqs = dict.fromkeys(range(4), 0)
    open_by: dict[int, Pending] = {}
    next_trouble = 1.0
    while cluster.now < virtual_s:
        cluster.run(rng.uniform(0.005, 0.03))
        if cluster.now > next_trouble:
            trouble.act()
            next_trouble = cluster.now + rng.uniform(0.05, calm_s)
        process = rng.randrange(4)
        last = open_by.get(process)
        node = rng.choice(cluster.names)
        if last is not None and last.answer is None and last.asked_at > cluster.now - 1.0:
            if rng.random() < 0.3 and last.request["f"] in ("set.add", "counter.add"):
                open_by[process] = again = cluster.ask(node, **last.request)
                again.asked_at = last.asked_at
            continue
        f = rng.choice(("set.add", "set.add", "counter.add", "set.read", "counter.read"))
        seqs[process] += 1
        open_by[process] = cluster.ask(
            node,
            f,
            key="k",
            value={"set.add": seqs[process] * 4 + process, "counter.add": 1}.get(f),
            session=f"s{process}",
            seq=seqs[process],
        )
    return cluster


def judge(cluster: Cluster) -> int:
    """Heal, read, and hold what clients saw against what they were promised; acknowledged adds."""
    cluster.heal()
    cluster.double = 0.0
    cluster.crash_in_step = 0.0
    for name in cluster.names:
        cluster.resume(name)
    cluster.run(1.1)
    for name in cluster.names:
        if cluster.nodes[name].core is None:
            cluster.start(name)
    node = cluster.settled_leader()
    final_set = cluster.ask_and_wait(node, "set.read", key="k")
    final_counter = cluster.ask_and_wait(node, "counter.read", key="k")
    assert final_set.ok and final_counter.ok
    cores = [cluster.nodes[name].paxos for name in cluster.names]
    assert cluster.run_until(lambda: len({core.chosen for core in cores}) == 1, 20.0)
    machines = [cluster.nodes[name].paxos.machine for name in cluster.names]
    assert all(m.sets == machines[0].sets for m in machines)
    assert all(m.counters == machines[0].counters for m in machines)
    if cluster.checks:
        for name in cluster.names:
            cluster.invariants.observe_state(cluster.nodes[name].paxos)

    adds = [p for p in cluster.pending if p.request["f"] == "set.add"]
    acknowledged = [p for p in adds if p.ok]
    for read in (p for p in cluster.pending if p.request["f"] == "set.read" and p.ok):
        assert read.answered_at is not None
        seen = set(read.value)
        for add in acknowledged:
            assert add.answered_at is not None
            if add.answered_at < read.asked_at:
                assert add.request["value"] in seen, f"stale read or lost add: {add} {read}"
        possible = {p.request["value"] for p in adds if p.asked_at <= read.answered_at}
        assert seen <= possible
    # Resends share a sequence number: one increment, however often it was sent.
    increments = [p for p in cluster.pending if p.request["f"] == "counter.add"]
    sure = {(p.request["session"], p.request["seq"]) for p in increments if p.ok}
    perhaps = {(p.request["session"], p.request["seq"]) for p in increments if p.may_have_happened}
    assert len(sure) <= final_counter.value <= len(perhaps | sure)
    return len(acknowledged)


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_A_TEST))
def test_a_hurt_cluster_agrees_on_every_slot_and_keeps_its_promises_to_clients(first: int) -> None:
    acknowledged = [judge(hurt(seed)) for seed in range(first, first + SEEDS_A_TEST)]
    # Not vacuous: most of these clusters did real work between their troubles.
    assert sum(count >= 10 for count in acknowledged) > SEEDS_A_TEST // 2


@pytest.mark.parametrize("reads", ["quorum", "lease"])
@pytest.mark.parametrize("learners", ["leader", "all"])
def test_so_it_does_with_every_option(reads: str, learners: str) -> None:
    for seed in range(1000, 1000 + SEEDS_A_TEST):
        judge(hurt(seed, options=options_of(seed, reads, learners)))


@pytest.mark.parametrize("size", [1, 2, 4])
def test_a_cluster_of_any_size_serves(size: int) -> None:
    cluster = Cluster(1, size)
    leader = cluster.settled_leader()
    assert cluster.ask_and_wait(leader, "write", key="x", value=1, session="a", seq=1).ok
    assert cluster.ask_and_wait(leader, "read", key="x").value == 1


def test_the_same_seed_gives_the_same_history() -> None:
    one, two = hurt(7), hurt(7)
    assert one.invariants.chosen == two.invariants.chosen
    assert one.invariants.chosen
    assert [p.answer for p in one.pending] == [p.answer for p in two.pending]


def test_a_cluster_serves_again_soon_after_the_worst_is_over() -> None:
    for seed in range(40):
        cluster = hurt(seed)
        cluster.heal()
        cluster.double = cluster.crash_in_step = 0.0
        for name in cluster.names:
            cluster.resume(name)
            if cluster.nodes[name].core is None:
                cluster.start(name)
        cluster.run(1.1)
        for name in sorted(set(cluster.names) - set(cluster.alive())):
            cluster.start(name)
        began = cluster.now
        reads = [cluster.ask(cluster.names[0], "set.read", key="k")]
        while not reads[-1].ok:
            cluster.run(0.1)
            if reads[-1].answer is not None and not reads[-1].ok:
                reads.append(cluster.ask(cluster.names[0], "set.read", key="k"))
            assert cluster.now - began < 8.0, f"seed {seed} serves nobody"
