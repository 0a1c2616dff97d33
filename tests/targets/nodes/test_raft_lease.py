"""Reads by lease: Ongaro 2014, section 6.4.1."""

from __future__ import annotations

from functools import partial

import pytest
from raft_simulation import Cluster
from test_raft_election import raft, sent
from test_raft_membership import control, settled
from test_raft_replication import leader
from test_raft_requests import READ, replies

from targets.nodes.effects import Elapsed, Received, Started
from targets.nodes.raft.base import ELECTION, HEARTBEAT, TRANSFER
from targets.nodes.raft.core import Raft
from targets.nodes.raft.messages import AppendReply, PreVote, PreVoteReply, TimeoutNow
from targets.nodes.raft.options import Options

LEASE = Options(reads="lease", clock_drift_max=0.1)
LEASE_S = 0.4 * 0.9
ANSWER = [{"ok": True, "value": None}]


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def leasing() -> tuple[Raft, Clock]:
    """A leader whose heartbeat, sent at 100.0 s, has just been answered, at 100.2 s."""
    node, clock = settled(("n1", "n2", "n3"), LEASE), Clock()
    node.clock = clock
    node.step([Elapsed(HEARTBEAT)])
    clock.now_s = 100.2
    node.step([Received("n2", AppendReply(2, True, 2, node.round))])
    return node, clock


def test_a_read_under_a_lease_is_answered_at_once_and_without_a_message() -> None:
    node, _ = leasing()
    effects = node.step([READ])
    assert (replies(effects), sent(effects)) == (ANSWER, [])


def test_a_lease_lasts_from_when_the_heartbeat_was_sent_and_less_than_a_time_out() -> None:
    """Not from when it was answered: a follower may have heard it as it was sent."""
    node, clock = leasing()
    clock.now_s = 100.0 + LEASE_S - 0.001
    assert replies(node.step([READ])) == ANSWER
    clock.now_s = 100.0 + LEASE_S
    assert replies(node.step([READ])) == []
    # Without a lease it is ReadIndex that serves the read.
    assert replies(node.step([Received("n3", AppendReply(2, True, 2, node.round))])) == ANSWER


def test_an_answer_of_a_minority_gives_no_lease() -> None:
    node, clock = settled(("n1", "n2", "n3", "n4", "n5"), LEASE), Clock()
    node.clock = clock
    node.step([Elapsed(HEARTBEAT)])
    node.step([Received("n2", AppendReply(2, True, 2, node.round))])
    assert replies(node.step([READ])) == []
    node.step([Received("n3", AppendReply(2, True, 2, node.round))])
    assert replies(node.step([READ])) == ANSWER


def test_a_new_leader_has_no_lease_on_what_its_predecessors_committed() -> None:
    node = leader([1], term=1, options=LEASE)
    node.step([Received("n2", AppendReply(2, True, 1, node.round))])
    assert node._lease_until_s > 0
    assert replies(node.step([READ])) == []


def test_a_node_that_restarts_counts_as_one_that_has_just_heard_a_leader() -> None:
    node = raft([1], term=1, options=LEASE)
    node.step([Started()])
    assert sent(node.step([Received("n2", PreVote(2, 9, 1))])) == [PreVoteReply(1, False)]
    node.step([Elapsed(ELECTION)])
    assert sent(node.step([Received("n2", PreVote(2, 9, 1))])) == [PreVoteReply(2, True)]


def test_whoever_asks_another_to_take_over_has_no_lease_any_more() -> None:
    """Section 3.10: even if it comes to nothing, for the request may still be on its way."""
    node, _ = leasing()
    assert sent(node.step([control("transfer", "n2")])) == [TimeoutNow(2)]
    assert replies(node.step([READ])) == []
    node.step([Elapsed(TRANSFER), Elapsed(HEARTBEAT)])
    node.step([Received("n2", AppendReply(2, True, 2, node.round))])
    assert not node._holds_lease()


def test_by_default_no_clock_decides_what_a_read_may_see() -> None:
    node = settled(("n1", "n2", "n3"), Options())
    effects = node.step([READ])
    assert replies(effects) == []
    assert len(sent(effects)) == 2


def another_leads(cluster: Cluster, old: str) -> bool:
    return bool(set(cluster.leaders()) - {old})


@pytest.mark.parametrize("trouble", ["cut off", "paused", "restarted voters"])
def test_a_leader_that_was_replaced_unawares_answers_no_read_from_the_past(trouble: str) -> None:
    """Clocks drift apart by as much as is allowed for."""
    for seed in range(20):
        cluster = Cluster(seed, size=3, options=LEASE, clock_drift=0.045)
        old = cluster.settled_leader()
        others = [name for name in cluster.names if name != old]
        assert cluster.ask_and_wait(old, "write", key="x", value=1, session="a", seq=1).ok
        if trouble == "paused":
            cluster.pause(old)
        else:
            cluster.isolate(old)
        if trouble == "restarted voters":
            for name in others:
                cluster.kill(name)
                cluster.start(name)
        cluster.run_until(partial(another_leads, cluster, old), 5.0)
        (new,) = set(cluster.leaders()) - {old}
        assert cluster.ask_and_wait(new, "write", key="x", value=2, session="b", seq=1).ok
        read = cluster.ask(old, "read", key="x")
        cluster.resume(old)
        cluster.run(2.0)
        assert read.error == "no-leader" or read.value == 2, f"seed {seed}: {read}"
