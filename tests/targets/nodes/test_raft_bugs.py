"""Each seeded bug in the smallest story that shows it to a client, with the bug and without."""

from __future__ import annotations

import importlib

import pytest
import raft_stories_elections
import raft_stories_reads
import raft_stories_replication
import raft_stories_snapshots
from raft_simulation import Cluster
from raft_stories import Story

from nemesis.kinds import targets_of
from targets.nodes.bug import Bug, UnknownBug, find, mutate
from targets.nodes.raft.bugs import BUGS
from targets.nodes.raft.core import Raft
from targets.nodes.raft.options import Options

STORIES: dict[str, Story] = {
    **raft_stories_elections.STORIES,
    **raft_stories_reads.STORIES,
    **raft_stories_replication.STORIES,
    **raft_stories_snapshots.STORIES,
}
SEEDS = range(12)


def test_every_bug_has_a_story() -> None:
    assert {bug.id for bug in BUGS} == set(STORIES)


def cluster_of(bug: Bug, story: Story, seed: int, *, mutated: bool) -> Cluster:
    options = Options.from_texts((*bug.options, *story.options))
    core = mutate(Raft, [bug]) if mutated else Raft
    return Cluster(seed, story.size, core=core, check=not mutated, options=options)


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_bug_is_seen_by_clients_and_counted_by_the_node(bug_id: str) -> None:
    bug, story = find(BUGS, bug_id), STORIES[bug_id]
    seen = 0
    for seed in SEEDS:
        cluster = cluster_of(bug, story, seed, mutated=True)
        if story.tell(cluster):
            seen += 1
            assert sum(node.reached.get(bug.name, 0) for node in cluster.nodes.values()) > 0
    assert seen > 0


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_correct_node_shows_nothing_of_it(bug_id: str) -> None:
    bug, story = find(BUGS, bug_id), STORIES[bug_id]
    for seed in SEEDS:
        cluster = cluster_of(bug, story, seed, mutated=False)
        assert not story.tell(cluster)
        assert not any(node.reached for node in cluster.nodes.values())


def test_bugs_are_found_by_id_and_by_name() -> None:
    assert find(BUGS, "r4") is find(BUGS, "raft.stale-leader-read")
    with pytest.raises(UnknownBug, match=r"no seeded bug 'R99'\. There are: R1 raft.vote-not"):
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
    targets_of(bug.faults, bug.fault_targets, 5)
    Options.from_texts(bug.options)
    assert bug.mutation
    assert bug.seen_as
