"""A cluster of the queue service: what comes back when, and that all nodes agree."""

from __future__ import annotations

import json
import random

import pytest
from queue_service_stories import VISIBILITY_S, Queue, cluster, others, successor

from targets.nodes.queue_service.make import make_core
from targets.nodes.queue_service.options import Options
from targets.nodes.queue_service.queues import ACKNOWLEDGE, DEQUEUE, ENQUEUE, RECEIVE

A_LITTLE_S = 0.05


def test_what_nobody_acknowledges_comes_out_again_when_its_time_is_over() -> None:
    queues = cluster(1)
    leader, queue = queues.settled_leader(), Queue(queues)
    queue.enqueue(leader, 7)
    first = queue.do(leader, RECEIVE)
    assert first.value == {"element": 7, "receipt": 1, "invisible_ms": 900}
    while queue.got(leader) is None:
        queues.run(0.01)
    assert VISIBILITY_S <= queues.now - first.asked_at < VISIBILITY_S + 3 * A_LITTLE_S


def test_what_is_acknowledged_never_does() -> None:
    queues = cluster(2)
    leader, queue = queues.settled_leader(), Queue(queues)
    queue.enqueue(leader, 7)
    received = queue.receive(leader)
    assert received is not None and queue.acknowledged(leader, received[1])
    queues.run(3 * VISIBILITY_S)
    assert queue.drained(leader) and queue.got(leader) is None


def test_a_new_leader_measures_the_whole_time_anew() -> None:
    queues = cluster(3)
    leader, queue = queues.settled_leader(), Queue(queues)
    queue.enqueue(leader, 7)
    assert queue.got(leader) == 7
    queues.run(A_LITTLE_S)
    new = successor(queues, leader)
    leads_at = queues.now
    assert queue.got(new) is None
    while queue.got(new) is None:
        queues.run(0.01)
    assert queues.now - leads_at > VISIBILITY_S - 2 * A_LITTLE_S


def test_a_leader_that_was_cut_off_puts_nothing_back() -> None:
    queues = cluster(4)
    leader, queue = queues.settled_leader(), Queue(queues)
    queue.enqueue(leader, 7)
    received = queue.receive(leader)
    assert received is not None
    queues.run(A_LITTLE_S)
    new = successor(queues, leader)
    assert queue.acknowledged(new, received[1])
    queues.run(VISIBILITY_S)
    queues.heal()
    queues.run(VISIBILITY_S)
    leader = queues.settled_leader()
    assert queue.drained(leader) and queue.got(leader) is None


def test_any_node_is_asked_and_passes_it_on() -> None:
    queues = cluster(5)
    leader, queue = queues.settled_leader(), Queue(queues)
    one, other = others(queues, leader)[:2]
    queue.enqueue(one, 7)
    received = queue.receive(other)
    assert received is not None and queue.acknowledged(one, received[1])
    assert queue.drained(other)


@pytest.mark.parametrize("seed", [6, pytest.param(7, marks=pytest.mark.thorough)])
def test_nodes_agree_whatever_fails_and_whoever_starts_from_a_snapshot(seed: int) -> None:
    # The properties of Raft, and that snapshots are alike, are asserted at every step.
    queues = cluster(seed, "snapshot-entries=20", "visibility-ms=300")
    queues.loss, queues.double, queues.crash_in_step = 0.02, 0.02, 0.002
    rng, queue = random.Random(seed), Queue(queues)
    for number in range(250):
        node = rng.choice(queues.names)
        f = rng.choice((ENQUEUE, RECEIVE, RECEIVE, ACKNOWLEDGE, DEQUEUE))
        queue.ask(node, f, number if f == ENQUEUE else rng.randint(1, 1 + number // 3))
        queues.run(0.01)
    queues.heal()
    queues.crash_in_step = 0.0
    queues.run(1.0)
    queues.settled_leader()
    queues.run(0.5)
    dumps = {json.dumps(queues.nodes[name].raft.machine.dump()) for name in queues.alive()}
    assert len(dumps) == 1 and len(queues.alive()) == 5
    assert any(node.raft.snapshot is not None for node in queues.nodes.values())


def test_options_are_those_of_raft_and_the_time() -> None:
    options = Options.from_texts(["visibility-ms=2000", "clock-drift=0.2", "snapshot-entries=5"])
    assert (options.visibility_s, options.invisible_ms, options.snapshot_entries) == (2.0, 1600, 5)
    with pytest.raises(ValueError, match=r"visibility-ms=0: expected whole milliseconds"):
        Options.from_texts(["visibility-ms=0"])
    with pytest.raises(ValueError, match=r"none of this system's options .*visibility-ms"):
        Options.from_texts(["leases=1"])


def test_a_core_is_made_as_its_log_left_it() -> None:
    core = make_core(
        "n1",
        ["n1", "n2"],
        [],
        rng=random.Random(1),
        incarnation=1,
        options=Options(),
        bugs=("Q6",),
    )
    assert core.machine.dump()["queues"] == []
