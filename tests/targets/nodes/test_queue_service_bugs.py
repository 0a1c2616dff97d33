"""Each seeded bug in the smallest story that shows it to a client, with the bug and without."""

from __future__ import annotations

import importlib

import pytest
from queue_service_stories import STORIES, cluster

from nemesis.kinds import targets_of
from targets.nodes.bug import Bug, find, mutate
from targets.nodes.queue_service.bugs import BUGS
from targets.nodes.queue_service.core import QueueService
from targets.nodes.queue_service.options import Options

SEEDS = range(4)


def options_of(bug: Bug) -> tuple[str, ...]:
    # The stories tell by how long an element is kept; so few entries make few snapshots.
    told = [one for one in bug.options if not one.startswith("visibility-ms=200")]
    return tuple(told)


def test_every_bug_has_a_story() -> None:
    assert {bug.id for bug in BUGS} == set(STORIES)


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_bug_is_seen_by_clients_and_counted_by_the_node(bug_id: str) -> None:
    bug = find(BUGS, bug_id)
    seen = 0
    for seed in SEEDS:
        mutated = cluster(seed, *options_of(bug), core=mutate(QueueService, [bug]), check=False)
        if STORIES[bug_id](mutated):
            seen += 1
            assert sum(node.reached.get(bug.name, 0) for node in mutated.nodes.values()) > 0
    assert seen > 0


@pytest.mark.parametrize("bug_id", STORIES)
def test_the_correct_node_shows_nothing_of_it(bug_id: str) -> None:
    bug = find(BUGS, bug_id)
    for seed in SEEDS:
        correct = cluster(seed, *options_of(bug))
        assert not STORIES[bug_id](correct)
        assert not any(node.reached for node in correct.nodes.values())


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_row_of_the_catalogue_says_all_that_the_harness_needs(bug: Bug) -> None:
    module, _, name = bug.override.partition(":")
    assert issubclass(getattr(importlib.import_module(module), name), QueueService)
    assert bug.name == importlib.import_module(module).NAME
    assert bug.name.startswith("queue-service.")
    assert bug.workload == "queue"
    assert bug.consistency == ("at-least-once", "exactly-once")
    targets_of(bug.faults, bug.fault_targets, 5)
    Options.from_texts(bug.options)
    assert bug.mutation and bug.seen_as
