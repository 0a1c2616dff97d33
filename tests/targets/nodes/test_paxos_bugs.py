"""Each seeded bug in the smallest story that shows its harm, with the bug and without."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from paxos_simulation import Cluster, Pending

from targets.nodes.bug import UnknownBug, find, mutate
from targets.nodes.paxos.base import Role
from targets.nodes.paxos.bugs import BUGS
from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.messages import Accept, Accepted, Prepare
from targets.nodes.paxos.options import Options


def others(cluster: Cluster, *names: str) -> list[str]:
    return [name for name in cluster.names if name not in names]


def add(cluster: Cluster, node: str, value: int) -> Pending:
    session = f"s{len(cluster.pending)}"
    return cluster.ask(node, "set.add", key="x", value=value, session=session, seq=1)


def added(cluster: Cluster, node: str, *values: int) -> None:
    for value in values:
        pending = add(cluster, node, value)
        assert cluster.run_until(lambda p=pending: p.answer is not None, 3.0)  # type: ignore[misc]
        assert pending.ok


def seen(cluster: Cluster, node: str) -> list[int] | None:
    read = cluster.ask_and_wait(node, "set.read", key="x")
    return list(read.value) if read.ok else None


def disagree(cluster: Cluster) -> bool:
    """Whether two nodes have decided differently about a slot."""
    cluster.heal()
    cluster.dropped = lambda source, target, message: False
    for name in others(cluster, *cluster.alive()):
        cluster.start(name)
    cluster.run(3.0)
    cores = [cluster.nodes[name].paxos for name in cluster.names]
    return any(
        one.decided[slot].encoded != other.decided[slot].encoded
        for one in cores
        for other in cores
        for slot in one.decided.keys() & other.decided.keys()
    )


def in_the_way(*kinds: type[Any], source: str = "", target: str = "") -> Callable[..., bool]:
    """Loses messages of these kinds (all, when none is named) on one way."""

    def is_lost(a: str, b: str, message: Any) -> bool:
        return source in ("", a) and target in ("", b) and isinstance(message, kinds or object)

    return is_lost


def promise_not_durable(cluster: Cluster) -> bool:
    """The leader sleeps, cut off; the others choose without it, die, and hear of it first."""
    old = cluster.settled_leader()
    added(cluster, old, 1)
    cluster.pause(old)
    cluster.isolate(old)
    cluster.run(2.0)
    added(cluster, cluster.leader(), 2)
    for name in others(cluster, old):
        cluster.kill(name)
    cluster.heal()
    for name in others(cluster, old):
        cluster.start(name)
    cluster.resume(old)
    add(cluster, old, 3)
    cluster.run(1.0)
    return 2 not in (seen(cluster, cluster.settled_leader()) or [2])


def no_prepare(cluster: Cluster) -> bool:
    """A leader that was cut off comes back, with proposals for slots that were chosen since."""
    old = cluster.settled_leader()
    added(cluster, old, 1)
    cluster.isolate(old)
    add(cluster, old, 2)
    cluster.run(3.0)
    new = max(cluster.leaders(), key=lambda n: cluster.nodes[n].paxos.chosen)
    if new == old:
        return False
    added(cluster, new, 3)
    cluster.run(2.0)
    cluster.heal()
    cluster.run(1.0)
    add(cluster, old, 4)
    cluster.run(1.0)
    return disagree(cluster)


def accept_does_not_promise(cluster: Cluster) -> bool:
    """An acceptor that took no part in phase 1 accepts from the new leader, then from the old."""
    old = cluster.settled_leader()
    added(cluster, old, 1)
    cluster.run(0.2)
    # The old leader's next proposal reaches nobody for now.
    cluster.isolate(old)
    add(cluster, old, 2)
    core = cluster.nodes[old].paxos
    late = Accept(core.ballot, 0, [core.accepted[core.next_slot - 1]])
    # Whoever leads next prepares without ``aside``, and has its proposal chosen with it.
    aside = others(cluster, old)[-1]
    cluster.dropped = in_the_way(Prepare, target=aside)
    cluster.run_until(lambda: any(name not in (old, aside) for name in cluster.leaders()), 5.0)
    new = next((name for name in cluster.leaders() if name not in (old, aside)), None)
    if new is None:
        return False
    near, far = others(cluster, old, aside, new)
    cluster.dropped = lambda s, t, m: (
        (t == aside and isinstance(m, Prepare)) or (t == far and isinstance(m, Accept))
    )
    three = add(cluster, new, 3)
    if not cluster.run_until(lambda: three.ok, 0.1):
        return False
    # Now the old proposal comes through; then those die who hold the one that was chosen.
    cluster.deliver(old, aside, late)
    cluster.kill(new)
    cluster.kill(near)
    cluster.heal()
    cluster.dropped = lambda source, target, message: False
    cluster.run(5.0)
    return 3 not in (seen(cluster, cluster.settled_leader()) or [3])


def own_value(cluster: Cluster) -> bool:
    """The leader dies before it could tell that an add is chosen."""
    old = cluster.settled_leader()
    add_ = add(cluster, old, 7)
    assert cluster.run_until(lambda: add_.ok, 1.0)
    cluster.kill(old)
    return seen(cluster, cluster.settled_leader()) == []


def ballot_without_node(cluster: Cluster) -> bool:
    """The leader dies, and two come to prepare at the same time."""
    cluster.kill(cluster.settled_leader())
    a, b = cluster.alive()[:2]
    for name in cluster.alive():
        cluster.nodes[name].paxos.leader_is_silent = True
    for name in (a, b):
        core = cluster.nodes[name].paxos
        core.leader = None
        cluster.at(0.0, lambda n=name: cluster.elapse(n, "election"))  # type: ignore[misc]
    add(cluster, a, 1)
    add(cluster, b, 2)
    return disagree(cluster)


def small_quorums(cluster: Cluster) -> bool:
    """A cut in halves: both sides go on."""
    leader = cluster.settled_leader()
    ally = others(cluster, leader)[0]
    cluster.isolate(leader, ally)
    cluster.run(3.0)
    for name in cluster.leaders():
        add(cluster, name, int(name[1:]))
    cluster.run(1.0)
    return disagree(cluster)


def counts_across_ballots(cluster: Cluster) -> bool:
    """The old leader has a proposal of its own where others have accepted another one."""
    old = cluster.settled_leader()
    added(cluster, old, 1)
    cluster.isolate(old)
    add(cluster, old, 2)
    cluster.run(0.01)
    cluster.run_until(lambda: any(n != old for n in cluster.leaders()), 5.0)
    new = next(n for n in cluster.leaders() if n != old)
    # The cut heals; of the next proposal the old leader hears only that others accepted it.
    cluster.heal()
    cluster.dropped = lambda s, t, m: t == old and not isinstance(m, Accepted)
    add(cluster, new, 3)
    cluster.run(0.05)
    return disagree(cluster)


def skips_holes(cluster: Cluster) -> bool:
    """A follower misses one proposal and hears the next."""
    leader = cluster.settled_leader()
    follower = others(cluster, leader)[0]
    added(cluster, leader, 1)
    cluster.run(0.2)
    cluster.dropped = in_the_way(Accept, source=leader, target=follower)
    one = add(cluster, leader, 2)
    cluster.dropped = lambda s, t, m: False
    two = add(cluster, leader, 3)
    cluster.run_until(lambda: one.ok and two.ok, 1.0)
    cluster.run(1.0)
    states = [cluster.nodes[name].paxos.machine.sets for name in cluster.alive()]
    return any(state != states[0] for state in states)


def read_ignores_accepts(cluster: Cluster) -> bool:
    """The leader is cut off before it could tell that an add is chosen; reads wait everywhere."""
    old = cluster.settled_leader()
    pending = add(cluster, old, 7)
    assert cluster.run_until(lambda: pending.ok, 1.0)
    cluster.isolate(old)
    cluster.run_until(
        lambda: all(cluster.nodes[n].paxos.leader is None for n in others(cluster, old)), 2.0
    )
    reads = [cluster.ask(name, "set.read", key="x") for name in others(cluster, old)]
    cluster.run(3.0)
    return any(read.ok and read.value == [] for read in reads)


def acceptor_forgets(cluster: Cluster) -> bool:
    """All die and start again."""
    added(cluster, cluster.settled_leader(), 7)
    for name in cluster.names:
        cluster.kill(name)
    for name in cluster.names:
        cluster.start(name)
    return seen(cluster, cluster.settled_leader()) == []


def lease_never_ends(cluster: Cluster) -> bool:
    """The leader is cut off, and asked after another one has taken an add."""
    old = cluster.settled_leader()
    cluster.run(1.0)
    cluster.isolate(old)
    cluster.run(3.0)
    new = max(cluster.leaders(), key=lambda name: cluster.nodes[name].paxos.ballot)
    assert new != old
    added(cluster, new, 7)
    return seen(cluster, old) == []


STORIES: dict[str, Callable[[Cluster], bool]] = {
    "X1": promise_not_durable,
    "X2": no_prepare,
    "X3": accept_does_not_promise,
    "X4": own_value,
    "X5": no_prepare,
    "X6": ballot_without_node,
    "X7": small_quorums,
    "X8": counts_across_ballots,
    "X9": skips_holes,
    "X10": read_ignores_accepts,
    "X11": acceptor_forgets,
    "X12": lease_never_ends,
}
SEEDS = range(12)


def test_every_bug_has_a_story() -> None:
    assert {bug.id for bug in BUGS} == set(STORIES)


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_bug_does_its_harm_and_is_counted_by_the_node(bug_id: str) -> None:
    bug = find(BUGS, bug_id)
    harmed = 0
    for seed in SEEDS:
        options = Options.from_texts(bug.options)
        cluster = Cluster(seed, core=mutate(Paxos, [bug]), check=False, options=options)
        if STORIES[bug_id](cluster):
            harmed += 1
            assert sum(node.reached.get(bug.name, 0) for node in cluster.nodes.values()) > 0
    assert harmed > 0


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_correct_node_shows_nothing_of_it(bug_id: str) -> None:
    for seed in SEEDS:
        cluster = Cluster(seed, options=Options.from_texts(find(BUGS, bug_id).options))
        assert not STORIES[bug_id](cluster)
        assert not any(node.reached for node in cluster.nodes.values())


def test_bugs_are_found_by_id_and_by_name() -> None:
    assert find(BUGS, "x4") is find(BUGS, "paxos.own-value")
    with pytest.raises(UnknownBug, match=r"no seeded bug 'X99'\. There are: X1 paxos.promise-not"):
        find(BUGS, "X99")


def test_several_bugs_can_live_in_one_node() -> None:
    cluster = Cluster(1, core=mutate(Paxos, BUGS), check=False)
    assert cluster.run_until(lambda: bool(cluster.leaders()), 10.0)
    assert cluster.nodes[cluster.leaders()[0]].paxos.role is Role.LEADER
    assert mutate(Paxos, []) is Paxos


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_row_of_the_catalogue_says_all_that_the_harness_needs(bug) -> None:  # type: ignore[no-untyped-def]
    module, _, name = bug.override.partition(":")
    assert issubclass(getattr(importlib.import_module(module), name), Paxos)
    assert bug.name == importlib.import_module(module).NAME
    assert bug.name.startswith("paxos.")
    assert bug.workload in ("register", "set", "counter")
    assert all(target.partition(":")[0] in bug.faults for target in bug.fault_targets)
    Options.from_texts(bug.options)
    assert bug.mutation
    assert bug.seen_as
