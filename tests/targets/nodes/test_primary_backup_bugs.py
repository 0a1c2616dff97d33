"""Each seeded bug in the smallest story that shows its harm, with the bug and without."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from primary_backup_simulation import Cluster

from checker.consistency import PROMISES
from targets.nodes.bug import Bug, find, mutate
from targets.nodes.primary_backup.bugs import BUGS
from targets.nodes.primary_backup.core import PrimaryBackup
from targets.nodes.primary_backup.messages import Append, AppendReply
from targets.nodes.primary_backup.options import Options


def promoted(cluster: Cluster, *but: str) -> str:
    """Who serves as primary, once it is none of these."""

    def serves() -> list[str]:
        return [n for n in cluster.primaries() if n not in but and cluster.core(n)._serves()]

    assert cluster.run_until(lambda: bool(serves()), 20.0), "nobody else takes over"
    return serves()[0]


def back(cluster: Cluster) -> None:
    cluster.dropped = lambda source, target, message: False
    cluster.heal()
    for name in cluster.names:
        cluster.resume(name)
        if cluster.nodes[name].core is None:
            cluster.start(name)


def lacks(cluster: Cluster, node: str, *values: int) -> bool:
    seen = cluster.seen(node)
    return seen is not None and not set(values) <= set(seen)


def early_acknowledgement(cluster: Cluster) -> bool:
    """The primary is cut off, asked to add, and somebody takes over."""
    old = cluster.settled()
    cluster.isolate(old)
    told = cluster.add(old, 1).ok
    return lacks(cluster, promoted(cluster, old), 1) and told


def no_fencing(cluster: Cluster) -> bool:
    """Two go on as primary, and neither hears of the other's writes."""
    old = cluster.settled()
    cluster.isolate(old)
    new = promoted(cluster, old)
    cluster.added(new, 1)
    cluster.run(1.0)
    own = cluster.add(old, 2)
    cluster.run(0.5)
    return own.ok and lacks(cluster, new, 2)


def backup_reads(cluster: Cluster) -> bool:
    """A backup that hears nothing is asked."""
    primary = cluster.settled()
    backup = cluster.others(primary)[0]
    cluster.added(primary, 1)
    cluster.run(0.2)
    cluster.isolate(backup)
    write = cluster.add(primary, 2)
    assert cluster.run_until(lambda: write.ok, 2.0)
    return lacks(cluster, backup, 2)


def dirty_read(cluster: Cluster) -> bool:
    """A write that nobody else has is read, and then somebody else takes over."""
    old = cluster.settled()
    cluster.isolate(old)
    cluster.add(old, 1)
    read = cluster.ask(old, "set.read", key="x")
    return read.value == [1] and lacks(cluster, promoted(cluster, old), 1)


def session_left_behind(cluster: Cluster) -> bool:
    """A session writes by way of a backup that then hears of it too late."""
    primary = cluster.settled()
    backup = cluster.others(primary)[0]
    write = cluster.add(backup, 1)
    cluster.dropped = lambda a, b, m: b == backup and isinstance(m, Append) and not m.entries
    assert cluster.run_until(lambda: write.ok, 2.0)
    assert write.answer is not None
    read = cluster.ask(backup, "set.read", key="x", seen=write.answer["index"])
    return read.value == []


def applies_as_it_comes(cluster: Cluster) -> bool:
    """Of two writes the first is lost on its way to the backups, and sent again; one is asked."""
    old = cluster.settled()

    def is_lost(source: str, target: str, message: Any) -> bool:
        return source == old and isinstance(message, Append) and bool(message.entries)

    cluster.dropped = is_lost
    cluster.ask(old, "write", key="r", value=1, session="a", seq=1)
    cluster.dropped = lambda source, target, message: False
    second = cluster.ask(old, "write", key="r", value=2, session="b", seq=1)
    assert cluster.run_until(lambda: second.ok, 2.0)
    assert second.answer is not None
    seen = second.answer["index"]
    return cluster.ask_and_wait(cluster.others(old)[0], "read", key="r", seen=seen).value == 1


def keeps_tail(cluster: Cluster) -> bool:
    """The old primary comes back with a tail of its own, and everybody else dies."""
    old = cluster.settled()
    cluster.isolate(old)
    for value in (1, 2, 3):
        cluster.add(old, value)
    new = promoted(cluster, old)
    cluster.added(new, 4)
    back(cluster)
    cluster.run(2.0)
    return 4 not in set(cluster.core(old).machine.sets.get("x", {4}))


def acknowledges_unsynced(cluster: Cluster) -> bool:
    """The primary dies; the others lose power, and go on without it."""
    old = cluster.settled()
    cluster.added(old, 1)
    cluster.kill(old)
    for name in cluster.others(old):
        cluster.lose_power(name, torn=False)
    for name in cluster.others(old):
        cluster.start(name)
    return lacks(cluster, promoted(cluster, old), 1)


def promotes_anybody(cluster: Cluster) -> bool:
    """One after the other is cut off for a while; then the primary dies."""
    old = cluster.settled()
    for away in cluster.others(old)[:2]:
        cluster.isolate(away)
        cluster.run(1.0)
        cluster.heal()
        cluster.run(0.5)
    cluster.added(cluster.primary(), 1)
    cluster.kill(old)
    return lacks(cluster, promoted(cluster, old), 1)


def mistold_outcome(cluster: Cluster) -> bool:
    """Two writes wait at a primary that is cut off, and then is deposed."""
    old = cluster.settled()
    cluster.dropped = lambda a, b, m: b == old and isinstance(m, AppendReply)
    writes = [cluster.add(old, 1), cluster.add(old, 2)]
    cluster.run(0.05)
    cluster.isolate(old)
    new = promoted(cluster, old)
    back(cluster)
    assert cluster.run_until(lambda: all(w.answer is not None for w in writes), 3.0)
    there = cluster.seen(new) or []
    return any(
        write.ok != (write.request["value"] in there) and write.error != "lost-leadership"
        for write in writes
    )


STORIES = {
    "B1": early_acknowledgement,
    "B2": no_fencing,
    "B3": backup_reads,
    "B4": dirty_read,
    "B5": session_left_behind,
    "B6": applies_as_it_comes,
    "B7": keeps_tail,
    "B8": acknowledges_unsynced,
    "B9": promotes_anybody,
    "B10": mistold_outcome,
}
SEEDS = range(4)


def test_every_bug_has_a_story() -> None:
    assert {bug.id for bug in BUGS} == set(STORIES)


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_bug_does_its_harm_and_is_counted_by_the_node(bug_id: str) -> None:
    bug = find(BUGS, bug_id)
    harmed = 0
    for seed in SEEDS:
        core = mutate(PrimaryBackup, [bug])
        cluster = Cluster(seed, core=core, check=False, options=bug.options)
        if STORIES[bug_id](cluster):
            harmed += 1
            assert sum(node.reached.get(bug.name, 0) for node in cluster.nodes.values()) > 0
    assert 2 * harmed >= len(SEEDS)


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_correct_node_shows_nothing_of_it(bug_id: str) -> None:
    for seed in SEEDS:
        cluster = Cluster(seed, options=find(BUGS, bug_id).options)
        assert not STORIES[bug_id](cluster)
        assert not any(node.reached for node in cluster.nodes.values())


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_row_of_the_catalogue_says_all_that_the_harness_needs(bug: Bug) -> None:
    module, _, name = bug.override.partition(":")
    assert issubclass(getattr(importlib.import_module(module), name), PrimaryBackup)
    assert bug.name == importlib.import_module(module).NAME
    assert bug.name.startswith("primary-backup.")
    assert bug.workload in ("register", "set", "counter")
    assert all(target.partition(":")[0] in bug.faults for target in bug.fault_targets)
    assert set(bug.consistency) <= set(PROMISES)
    Options.from_texts(bug.options)
    assert bug.mutation
    assert bug.seen_as
    assert bug.source


def test_all_bugs_together_still_make_a_node() -> None:
    cluster = Cluster(1, core=mutate(PrimaryBackup, BUGS), check=False)
    cluster.run(3.0)
    assert cluster.primaries()
