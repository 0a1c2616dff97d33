"""Dozens of clusters are hurt at random: no two nodes ever decide a transaction differently,
and what clients saw has an order in which it could have happened.
"""

from __future__ import annotations

import random

import pytest
from two_phase_commit_histories import history_of
from two_phase_commit_simulation import Cluster, Pending

from checker import MODELS, Verdict, linearizable
from targets.nodes.two_phase_commit.core import TwoPhaseCommit
from targets.nodes.two_phase_commit.options import Options

SEEDS = 60
SEEDS_A_TEST = 20
NAMES = ("a", "b", "c")


class Trouble:
    """A random nemesis: cuts, deaths, pauses, lost power, a bad network; a while each."""

    def __init__(self, cluster: Cluster, rng: random.Random) -> None:
        self.cluster, self.rng = cluster, rng

    def act(self) -> None:
        cluster, rng = self.cluster, self.rng
        ways = ["isolate", "one-way", "heal", "mend", "mend", "kill", "power", "blackout", "bad"]
        action = rng.choice([*ways, "pause", "pause"])
        victim = rng.choice(cluster.names)
        if action == "isolate":
            cluster.isolate(victim)
        elif action == "one-way":
            cluster.cut.add((victim, rng.choice(cluster.names)))
        elif action == "heal":
            cluster.heal()
        elif action == "mend":
            mend(cluster)
        elif action == "blackout":
            for name in cluster.alive():
                cluster.lose_power(name, torn=True)
        elif action == "bad":
            cluster.loss = rng.choice((0.05, 0.2))
        elif cluster.nodes[victim].core is None:
            cluster.start(victim)
        elif action == "kill":
            cluster.kill(victim)
        elif action == "power":
            cluster.lose_power(victim, torn=True)
        elif cluster.nodes[victim].held is None:
            cluster.pause(victim)
        else:
            cluster.resume(victim)


def mend(cluster: Cluster) -> None:
    cluster.heal()
    for name in cluster.names:
        cluster.resume(name)
        if cluster.nodes[name].core is None:
            cluster.start(name)


def hurt(seed: int, core: type[TwoPhaseCommit] = TwoPhaseCommit, virtual_s: float = 6.0) -> Cluster:
    """Transactions of six clients on three lists, while everything goes wrong."""
    rng = random.Random(seed)
    calm_s = rng.choice((0.1, 0.3, 1.0))
    cluster = Cluster(
        seed,
        size=rng.choice((2, 3, 5)),
        core=core,
        check=core is TwoPhaseCommit,
        loss=rng.choice((0.0, 0.02)),
        double=rng.choice((0.0, 0.2)),
        # Late enough for messages to overtake each other, and to outlive their transaction.
        latency_s=rng.choice(((0.0005, 0.004), (0.001, 0.15))),
        crash_in_step=rng.choice((0.0, 0.01)),
        options=Options(
            checkpoint_records=rng.choice((3, 50, 20_000)), refuse=rng.choice((0.0, 0.2))
        ),
    )
    trouble = Trouble(cluster, rng)
    homes = [rng.choice(cluster.names) for _ in range(6)]
    open_by: dict[int, Pending] = {}
    sessions = list(range(6))
    fresh = 0
    next_trouble = 0.5
    while cluster.now < virtual_s:
        cluster.run(rng.uniform(0.005, 0.03))
        if cluster.now > next_trouble:
            trouble.act()
            next_trouble = cluster.now + rng.uniform(0.02, calm_s)
        client = rng.randrange(6)
        last = open_by.get(client)
        if last is not None and last.answer is None:
            if last.asked_at < cluster.now - 1.5:
                # Given up: nobody knows what will become of it. Another session goes on.
                del open_by[client]
                sessions[client] += 6
            elif rng.random() < 0.2:
                again = cluster.ask(homes[client], *map(tuple, last.request["value"]), **said(last))
                again.asked_at = last.asked_at
                open_by[client] = again
            continue
        steps: list[tuple[str, str, int | None]] = []
        for _ in range(rng.randint(1, 4)):
            if rng.random() < 0.5:
                steps.append(("r", rng.choice(NAMES), None))
            else:
                fresh += 1
                steps.append(("append", rng.choice(NAMES), fresh))
        told = {"session": f"s{sessions[client]}", "seq": len(cluster.pending) + 1}
        open_by[client] = cluster.ask(homes[client], *steps, **told)
    return cluster


def said(pending: Pending) -> dict[str, object]:
    return {name: pending.request[name] for name in ("session", "seq")}


def settled(cluster: Cluster) -> Cluster:
    """The same cluster, mended, with nothing left in doubt and its lists read."""
    cluster.double = cluster.crash_in_step = 0.0
    mend(cluster)
    cluster.run(1.1)
    mend(cluster)
    cluster.run(3.0)
    for name in cluster.names:
        core = cluster.nodes[name].alive
        assert not (core.work or core.running or core.decided), f"{name} is not done"
        assert core.locks.items() == []
    cluster.read(*NAMES)
    return cluster


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_A_TEST))
def test_hurt_clusters_decide_alike_and_serialise_strictly(first: int) -> None:
    committed = 0
    for seed in range(first, first + SEEDS_A_TEST):
        cluster = settled(hurt(seed))
        committed += sum(pending.ok for pending in cluster.pending)
        result = linearizable(history_of(cluster), MODELS["list-append"])
        assert result.verdict is Verdict.VALID, f"seed {seed}: {result}"
    # Not vacuous: most of these clusters did real work between their troubles.
    assert committed > 20 * SEEDS_A_TEST


def test_the_same_seed_gives_the_same_history() -> None:
    one, two = hurt(7), hurt(7)
    assert [p.answer for p in one.pending] == [p.answer for p in two.pending]
    assert one.invariants.decided == two.invariants.decided
    assert one.invariants.decided
