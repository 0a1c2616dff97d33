"""Hundreds of clusters are hurt at random; the properties of figure 3 hold in each of them,
and what clients saw is linearizable as far as sets and counters can show it.
"""

from __future__ import annotations

import random

import pytest
from raft_simulation import Cluster, Pending

from targets.nodes.bug import Bug, mutate
from targets.nodes.raft.bugs import BUGS
from targets.nodes.raft.core import Raft
from targets.nodes.raft.options import Options

SEEDS = 200
SEEDS_A_TEST = 20


PLAIN = ["isolate", "one-way", "heal", "mend", "mend", "kill", "power", "leader", "bad", "blackout"]
ALL = [*PLAIN, "pause", "pause", "resume", "admin", "admin", "admin"]


class Trouble:
    """A random nemesis: cuts, deaths, lost power, a bad network; at most a while each."""

    def __init__(self, cluster: Cluster, rng: random.Random, ways: list[str]) -> None:
        self.cluster, self.rng, self.ways = cluster, rng, ways

    def act(self) -> None:
        cluster, rng = self.cluster, self.rng
        action = rng.choice(self.ways)
        victim = rng.choice(cluster.names)
        if action == "isolate":
            cluster.isolate(*rng.sample(cluster.names, rng.randint(1, len(cluster.names) // 2)))
        elif action == "one-way":
            cluster.cut.add((victim, rng.choice(cluster.names)))
        elif action == "heal":
            cluster.heal()
        elif action == "mend":
            cluster.heal()
            for name in sorted(set(cluster.names) - set(cluster.alive())):
                cluster.start(name)
        elif action == "blackout":
            for name in cluster.alive():
                cluster.lose_power(name)
        elif action == "pause":
            cluster.pause(rng.choice(cluster.leaders() or [victim]))
        elif action == "resume":
            for name in cluster.names:
                cluster.resume(name)
        elif action == "admin":
            asked = rng.choice(cluster.leaders() or cluster.alive() or cluster.names)
            core = cluster.nodes[asked].core
            outside = sorted(set(cluster.names) - set(core.members)) if core is not None else []
            f = rng.choice(("admin.add", "admin.add", "admin.remove", "admin.transfer"))
            who = rng.choice(outside) if f == "admin.add" and outside else victim
            cluster.ask(asked, f, value=who)
        elif action == "bad":
            cluster.loss = rng.choice((0.05, 0.2))
        elif cluster.nodes[victim].core is None:
            cluster.start(victim)
        elif action == "kill":
            cluster.kill(victim)
        elif action == "power":
            cluster.lose_power(victim)
        elif cluster.leaders():
            cluster.kill(rng.choice(cluster.leaders()))


def hurt(
    seed: int,
    core: type[Raft] = Raft,
    virtual_s: float = 8.0,
    *,
    ways: list[str] = PLAIN,
    options: Options | None = None,
    clock_drift: float = 0.0,
) -> Cluster:
    rng = random.Random(seed)
    calm_s = rng.choice((0.4, 1.0, 3.0))
    cluster = Cluster(
        seed,
        core=core,
        check=core is Raft,
        size=rng.choice((3, 5)),
        loss=rng.choice((0.0, 0.02)),
        double=rng.choice((0.0, 0.1)),
        # Up to three heartbeats late, so messages overtake each other and terms.
        latency_s=rng.choice(((0.0005, 0.004), (0.001, 0.15))),
        crash_in_step=rng.choice((0.0, 0.01)),
        clock_drift=clock_drift,
        options=options,
    )
    trouble = Trouble(cluster, rng, ways)
    seqs = dict.fromkeys(range(4), 0)
    since = 0
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
            if rng.random() < 0.3 and "seq" in last.request:
                open_by[process] = again = cluster.ask(node, **last.request)
                again.asked_at = last.asked_at
            continue
        if last is not None and last.answer is not None:
            since = max(since, last.answer.get("since", 0))
        f = rng.choice(("set.add", "set.add", "counter.add", "set.read", "counter.read"))
        seqs[process] += 1
        open_by[process] = cluster.ask(
            node,
            f,
            key="k",
            value={"set.add": seqs[process] * 4 + process, "counter.add": 1}.get(f),
            session=f"s{process}",
            seq=seqs[process],
            since=since,
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
    members = [cluster.nodes[name].raft for name in cluster.nodes[node].raft.members]
    # A snapshot that comes in many chunks over a slow network takes its time.
    last = cluster.nodes[node].raft.commit_index
    assert cluster.run_until(lambda: all(m.applied_index >= last for m in members), 20.0)
    if cluster.checks:
        cluster.check_logs_match()
    machines = [member.machine for member in members]
    assert all(m.sets == machines[0].sets for m in machines)
    assert all(m.counters == machines[0].counters for m in machines)

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
def test_a_hurt_cluster_keeps_the_promises_of_figure_3_and_those_to_its_clients(first: int) -> None:
    acknowledged = [judge(hurt(seed)) for seed in range(first, first + SEEDS_A_TEST)]
    # Not vacuous: most of these clusters did real work between their troubles.
    assert sum(count >= 10 for count in acknowledged) > SEEDS_A_TEST // 2


@pytest.mark.parametrize("first", range(0, SEEDS, 2 * SEEDS_A_TEST))
def test_so_does_one_that_compacts_drops_sessions_changes_members_and_reads_by_lease(
    first: int,
) -> None:
    """Snapshots every few entries, room for three of four sessions, clocks that drift apart."""
    acknowledged = []
    notes: list[str] = []
    for seed in range(first, first + 2 * SEEDS_A_TEST):
        options = Options(
            snapshot_entries=3 + seed % 10,
            snapshot_trailing=seed % 3,
            snapshot_chunk_bytes=100 * (1 + seed % 4),
            sessions=3,
            reads="lease",
            members=("n1", "n2", "n3") if seed % 2 else None,
        )
        cluster = hurt(seed, ways=ALL, options=options, clock_drift=0.04)
        acknowledged.append(judge(cluster))
        notes += cluster.notes
    # Nor is it vacuous: everything happened that was to be put to the test.
    for what in ("takes over a snapshot", "changes the members", "to catch up", "to take over"):
        assert any(what in note for note in notes), what
    assert sum(count >= 10 for count in acknowledged) > SEEDS_A_TEST


def test_the_same_seed_gives_the_same_history() -> None:
    one, two = hurt(7), hurt(7)
    assert one.invariants.committed == two.invariants.committed
    assert one.invariants.committed
    assert [p.answer for p in one.pending] == [p.answer for p in two.pending]


@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.tier == "A"], ids=lambda bug: bug.name)
def test_the_same_trouble_exposes_the_seeded_bugs_that_are_easy_to_find(bug: Bug) -> None:
    """The checks above can fail: with a mutated core some seed soon does, and a node knows."""
    core, options = mutate(Raft, [bug]), Options.from_texts(bug.options)
    for seed in range(SEEDS):
        cluster = hurt(seed, core, options=options)
        try:
            judge(cluster)
        except AssertionError:
            if any(node.reached.get(bug.name, 0) for node in cluster.nodes.values()):
                return
    pytest.fail(f"{bug.name} survived {SEEDS} seeds")
