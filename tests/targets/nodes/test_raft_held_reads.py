"""Reads that wait for the next leader: which do, how many, how long, and answered once."""

from __future__ import annotations

from typing import Any

import pytest
from raft_simulation import Cluster
from test_raft_election import raft
from test_raft_requests import follower_of, replies

from targets.nodes.command import refusal
from targets.nodes.effects import Elapsed, Received, Reply, Requested, Send, Synced, Undelivered
from targets.nodes.raft.base import ELECTION, Role
from targets.nodes.raft.core import Raft
from targets.nodes.raft.messages import (
    Answered,
    Append,
    AppendReply,
    Forward,
    PreVoteReply,
    VoteReply,
)
from targets.nodes.raft.options import Options

NO_LEADER = {"ok": False, "error": "no-leader", "definite": True}


def read(origin: Any = "me") -> Requested:
    return Requested(origin, {"f": "read", "key": "x"})


def follower(leader: str = "n2", **options: Any) -> Raft:
    """n1, which has just heard of that leader of term 1."""
    node = raft([1], term=1, options=Options(**options))
    node.step([Received(leader, Append(1, 1, 1, 1, 1))])
    return node


def forwards(effects: list[Any]) -> list[tuple[str, Forward]]:
    """To whom requests are passed on, and which."""
    sends = [effect for effect in effects if isinstance(effect, Send)]
    return [(one.peer, one.message) for one in sends if isinstance(one.message, Forward)]


def test_a_read_that_a_silent_leader_got_is_asked_of_the_next_one() -> None:
    cluster = Cluster(7)
    lead = cluster.settled_leader()
    assert cluster.ask_and_wait(lead, "counter.add", key="x", value=5, session="s", seq=1).ok
    cluster.pause(lead)
    read = cluster.ask_and_wait(follower_of(cluster, lead), "counter.read", key="x")
    assert read.value == 5


def test_a_read_waits_for_one_election_and_no_longer() -> None:
    cluster = Cluster(8)
    lead = cluster.settled_leader()
    alone = follower_of(cluster, lead)
    cluster.isolate(alone)
    cluster.run(1.0)
    read = cluster.ask(alone, "counter.read", key="x")
    assert read.answer is None
    cluster.run(2 * Options().election_s_max + 0.1)
    assert (read.error, read.may_have_happened) == ("no-leader", False)


def test_so_many_reads_are_held_and_one_more_is_refused() -> None:
    node = raft([1], term=1, options=Options(waiting_max=2))
    assert replies(node.step([read(0), read(1)])) == []
    (refused,) = [e for e in node.step([read(2)]) if isinstance(e, Reply)]
    assert (refused.origin, refused.body) == (2, NO_LEADER)
    asked = forwards(node.step([Received("n2", Append(1, 1, 1, 1, 1))]))
    assert [peer for peer, _ in asked] == ["n2", "n2"], "those that were held are asked now"


def test_whoever_holds_a_read_and_leads_next_answers_it_as_a_leader_does() -> None:
    node = raft([1], term=1)
    assert replies(node.step([read()])) == []
    node.step([Elapsed(ELECTION)])
    node.step([Received("n2", PreVoteReply(2, True))])
    assert replies(node.step([Received("n2", VoteReply(2, True))])) == []
    assert node.role is Role.LEADER
    # As any read of a leader: an entry of its own term first, and then a round of its own.
    assert replies(node.step([Synced(2, 2)])) == []
    assert replies(node.step([Received("n2", AppendReply(2, True, 2, node.round))])) == []
    confirmation = Received("n2", AppendReply(2, True, 2, node.round))
    assert replies(node.step([confirmation])) == [{"ok": True, "value": None}]
    assert replies(node.step([confirmation])) == []


@pytest.mark.parametrize("late", ["while it is held", "after the next was asked", "at the end"])
def test_a_silent_leader_that_answers_late_is_not_heard(late: str) -> None:
    """The read is answered once, by the leader that was asked last."""
    node = follower()
    ((_, first),) = forwards(node.step([read()]))
    old = Received("n2", Answered(first.id, {"ok": True, "value": "old"}))
    assert replies(node.step([Elapsed(ELECTION)])) == [], "n2 is silent: the read is held"
    if late == "while it is held":
        assert replies(node.step([old])) == []
    ((peer, second),) = forwards(node.step([Received("n3", Append(2, 1, 1, 1, 1))]))
    assert peer == "n3" and second.id != first.id
    if late == "after the next was asked":
        assert replies(node.step([old])) == []
    new = Received("n3", Answered(second.id, {"ok": True, "value": "new"}))
    assert replies(node.step([new])) == [{"ok": True, "value": "new"}]
    assert replies(node.step([old, new])) == []


def test_a_leader_that_resumes_gives_no_second_answer() -> None:
    cluster = Cluster(7)
    lead = cluster.settled_leader()
    asked = cluster.ask_and_wait(lead, "write", key="x", value=1, session="s", seq=1)
    assert asked.ok
    cluster.pause(lead)
    held = cluster.ask_and_wait(follower_of(cluster, lead), "read", key="x")
    assert held.value == 1
    answered_at = held.answered_at
    cluster.resume(lead)
    cluster.run(2.0)
    assert (held.value, held.answered_at) == (1, answered_at)


def test_what_the_leader_refuses_and_that_it_cannot_be_reached_is_passed_on_at_once() -> None:
    node = follower()
    ((_, sent),) = forwards(node.step([read()]))
    told = refusal("no-leader", definite=True)
    assert replies(node.step([Received("n2", Answered(sent.id, told))])) == [NO_LEADER]
    ((peer, sent),) = forwards(node.step([read()]))
    (refused,) = replies(node.step([Undelivered(peer, sent)]))
    assert (refused["error"], refused["definite"]) == ("no-leader", True)
