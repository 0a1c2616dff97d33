"""What clients are promised: ReadIndex (2014, 6.4), sessions (6.3), definite refusals."""

from __future__ import annotations

from typing import Any

import pytest
from raft_simulation import Cluster, Pending
from test_raft_election import raft
from test_raft_replication import leader

from targets.nodes.effects import Received, Reply, Requested, Send, Synced, Undelivered
from targets.nodes.raft.messages import Answered, Append, AppendReply, Forward
from targets.nodes.raft.options import Options
from targets.nodes.state_machine import MUTATIONS


def replies(effects: list[Any]) -> list[dict[str, Any]]:
    return [effect.body for effect in effects if isinstance(effect, Reply)]


def add(cluster: Cluster, node: str, seq: int = 1) -> Pending:
    return cluster.ask(node, "counter.add", key="x", value=5, session="s", seq=seq)


def follower_of(cluster: Cluster, leader_name: str) -> str:
    return next(name for name in cluster.names if name != leader_name)


READ = Requested("me", {"f": "read", "key": "x"})


def test_a_leader_answers_no_read_before_an_entry_of_its_own_term_is_committed() -> None:
    node = leader([1], term=1)
    assert replies(node.step([READ])) == []
    # A majority confirms that n1 leads; what earlier leaders committed is still unknown.
    confirmation = Received("n2", AppendReply(2, True, 1, node.round))
    assert replies(node.step([confirmation, Synced(2, 2)])) == []
    # Entry 2, of our own term, is committed: the read may join a round now, sent after it.
    assert replies(node.step([Received("n2", AppendReply(2, True, 2, node.round))])) == []
    effects = node.step([Received("n3", AppendReply(2, True, 1, node.round))])
    assert replies(effects) == [{"ok": True, "value": None}]


def test_a_read_waits_for_a_broadcast_sent_after_it_arrived() -> None:
    node = leader([1], term=1)
    node.step([Synced(2, 2), Received("n2", AppendReply(2, True, 2, 1))])
    node.step([READ])
    assert replies(node.step([Received("n2", AppendReply(2, True, 2, node.round - 1))])) == []
    assert len(replies(node.step([Received("n2", AppendReply(2, True, 2, node.round))]))) == 1


def test_reads_that_arrive_while_a_round_is_out_share_the_next_one() -> None:
    node = leader([1], term=1)
    node.step([Synced(2, 2), Received("n2", AppendReply(2, True, 2, 1))])
    node.step([READ])
    first = node.round
    node.step([READ])
    node.step([READ])
    assert node.round == first
    assert len(replies(node.step([Received("n2", AppendReply(2, True, 2, first))]))) == 1
    assert node.round == first + 1
    assert len(replies(node.step([Received("n2", AppendReply(2, True, 2, first + 1))]))) == 2


def test_a_leader_that_was_deposed_unawares_answers_no_read() -> None:
    cluster = Cluster(1)
    old = cluster.settled_leader()
    cluster.isolate(old)
    read = cluster.ask_and_wait(old, "read", key="x")
    assert (read.error, read.may_have_happened) == ("no-leader", False)


def test_any_node_serves_reads_and_writes_by_way_of_the_leader() -> None:
    cluster = Cluster(2, wire=True)
    cluster.settled_leader()
    for seq, node in enumerate(cluster.names, start=1):
        value = {"nested": [seq, None, "é"]}
        assert cluster.ask_and_wait(node, "write", key=7, value=value, session="s", seq=seq).ok
        assert cluster.ask_and_wait(node, "read", key=7).value == value


def test_a_command_sent_again_is_one_command_wherever_it_is_sent() -> None:
    cluster = Cluster(3)
    lead = cluster.settled_leader()
    sends = [add(cluster, name) for name in (lead, lead, follower_of(cluster, lead))]
    cluster.run(0.5)
    assert all(send.ok for send in sends)
    assert cluster.ask_and_wait(lead, "counter.read", key="x").value == 5


def test_a_command_sent_again_to_the_next_leader_is_one_command() -> None:
    cluster = Cluster(4)
    old = cluster.settled_leader()
    first = add(cluster, old)
    cluster.run(0.02)
    assert first.ok
    cluster.kill(old)
    new = cluster.settled_leader()
    again = add(cluster, new)
    cluster.run(0.5)
    assert again.ok
    assert cluster.ask_and_wait(new, "counter.read", key="x").value == 5


def test_a_leader_that_loses_its_term_does_not_know_what_becomes_of_its_entries() -> None:
    cluster = Cluster(5)
    old = cluster.settled_leader()
    cluster.isolate(old)
    lost = add(cluster, old)
    cluster.run(1.5)
    assert lost.answer == {"ok": False, "error": "lost-leadership", "definite": False}


def test_without_a_leader_a_command_is_refused_for_good() -> None:
    cluster = Cluster(6)
    lead = cluster.settled_leader()
    cluster.isolate(lead)
    cluster.run(2.0)
    refused = add(cluster, lead)
    assert (refused.error, refused.may_have_happened) == ("no-leader", False)
    cluster.heal()
    assert cluster.ask_and_wait(cluster.settled_leader(), "counter.read", key="x").value == 0


def test_a_forward_that_never_left_is_refused_for_good_and_one_that_did_is_not_judged() -> None:
    cluster = Cluster(7)
    lead = cluster.settled_leader()
    name = follower_of(cluster, lead)
    node = cluster.nodes[name].raft
    request = {"f": "counter.add", "key": "x", "value": 1, "session": "s", "seq": 1}
    effects = node.step([Requested("me", request)])
    (send,) = [e for e in effects if isinstance(e, Send) and isinstance(e.message, Forward)]
    assert replies(effects) == []
    (refused,) = replies(node.step([Undelivered(lead, send.message)]))
    assert (refused["error"], refused["definite"]) == ("no-leader", True)

    cluster.isolate(name)
    on_its_way = add(cluster, name)
    cluster.run(5.0)
    assert (on_its_way.error, on_its_way.may_have_happened) == ("lost-leadership", True)
    # Answered when the leader fell silent, not when the client's patience was over.
    assert on_its_way.answered_at is not None and on_its_way.answered_at < on_its_way.asked_at + 1


def test_a_forward_that_was_refused_is_not_taken_when_it_comes_a_second_time() -> None:
    """Found by the scorecard in 1 of 300 runs: a network that delivers twice, and an election."""
    cluster = Cluster(9)
    lead = cluster.settled_leader()
    asker, *others = (name for name in cluster.names if name != lead)
    request = {"f": "counter.add", "key": "x", "value": 5, "session": "s", "seq": 1}
    forward = Forward(1 << 32, request)
    for name in others:
        cluster.deliver(asker, name, forward)
    cluster.isolate(lead, asker)
    cluster.run(3.0)
    (successor,) = (name for name in cluster.leaders() if name != lead)
    # To the asker it was refused for good. The next request is a new one.
    cluster.deliver(asker, successor, forward)
    cluster.deliver(asker, successor, Forward(forward.id + 1, {**request, "value": 2, "seq": 2}))
    cluster.run(1.0)
    assert cluster.ask_and_wait(successor, "counter.read", key="x").value == 2


def test_a_forward_that_was_appended_is_not_refused_when_it_comes_a_second_time() -> None:
    """The copy's refusal might be heard first: what may yet take effect would be told as failed."""
    node = leader([1], term=1)
    request = {"f": "counter.add", "key": "x", "value": 5, "session": "s", "seq": 1}
    forward = Received("n3", Forward(1 << 32, request))

    def told(effects: list[Any]) -> list[tuple[str, bool]]:
        answers = [e.message for e in effects if isinstance(e, Send) and e.peer == "n3"]
        return [(a.body["error"], a.body["definite"]) for a in answers if isinstance(a, Answered)]

    assert told(node.step([forward])) == []
    deposed = node.step([Received("n2", Append(node.term + 1, 0, 0, 0, 1))])
    assert told(deposed) == [("lost-leadership", False)]
    assert told(node.step([forward])) == []


def test_an_answer_to_a_former_life_of_a_node_is_not_taken_for_ours() -> None:
    cluster = Cluster(8, latency_s=(0.05, 0.05))
    lead = cluster.settled_leader()
    name = follower_of(cluster, lead)
    cluster.ask(name, "write", key="x", value=1, session="old", seq=1)
    cluster.run(0.06)
    cluster.kill(name)
    cluster.start(name)
    cluster.run_until(lambda: cluster.nodes[name].raft.leader == lead, 1.0)
    read = cluster.ask(name, "read", key="x")
    cluster.run(1.0)
    assert read.ok
    assert read.value == 1


def test_a_leader_with_too_much_to_do_says_busy_and_means_it() -> None:
    cluster = Cluster(9, options=Options(waiting_max=3))
    lead = cluster.settled_leader()
    asked = [
        cluster.ask(lead, "counter.add", key="x", value=1, session=f"s{i}", seq=1) for i in range(5)
    ]
    cluster.run(0.5)
    assert [pending.error for pending in asked] == [None, None, None, "busy", "busy"]
    assert not asked[-1].may_have_happened
    assert cluster.ask_and_wait(lead, "counter.read", key="x").value == 3


def test_a_leader_without_a_majority_holds_so_many_reads_and_refuses_the_others() -> None:
    node = leader([1], term=1, options=Options(waiting_max=2))
    assert replies(node.step([READ, READ])) == []
    (refused,) = replies(node.step([READ]))
    assert (refused["error"], refused["definite"]) == ("busy", True)
    node.step([Synced(2, 2), Received("n2", AppendReply(2, True, 2, node.round))])
    assert len(replies(node.step([Received("n3", AppendReply(2, True, 2, node.round))]))) == 2
    assert replies(node.step([READ])) == []


@pytest.mark.parametrize(
    ("f", "error", "is_definite"),
    [("read", "no-leader", True), ("write", "lost-leadership", False)],
)
def test_a_follower_passes_on_so_many_requests_and_gives_up_the_oldest_for_another(
    f: str, error: str, is_definite: bool
) -> None:
    node = raft([1], term=1, options=Options(waiting_max=2))
    node.step([Received("n2", Append(1, 1, 1, 1, 1))])
    more = {} if f == "read" else {"value": 1, "session": "s", "seq": 1}
    asked = [Requested(i, {"f": f, "key": "x"} | more) for i in range(3)]
    assert replies(node.step(asked[:2])) == []
    effects = node.step(asked[2:])
    (given_up,) = [e for e in effects if isinstance(e, Reply)]
    assert (given_up.origin, given_up.body["error"]) == (0, error)
    assert given_up.body["definite"] is is_definite


def test_of_more_sessions_than_there_is_room_for_the_oldest_is_refused_and_begins_anew() -> None:
    cluster = Cluster(13, options=Options(sessions=2))
    lead = cluster.settled_leader()
    asked = {"key": "x", "value": 1}
    for session in ("a", "b", "c"):
        first = cluster.ask_and_wait(lead, "counter.add", session=session, seq=1, **asked)
        assert first.ok
    refused = cluster.ask_and_wait(lead, "counter.add", session="a", seq=1, **asked)
    assert (refused.error, refused.may_have_happened) == ("session-expired", False)
    assert refused.answer is not None
    since = refused.answer["since"]
    again = cluster.ask_and_wait(lead, "counter.add", session="a", seq=2, since=since, **asked)
    assert again.ok
    cluster.run(0.2)
    counts = {cluster.nodes[name].raft.machine.counters["x"] for name in cluster.names}
    assert counts == {4}


def test_a_command_beyond_the_size_limit_is_refused_before_it_enters_a_log() -> None:
    cluster = Cluster(10, options=Options(command_bytes_max=1000))
    lead = cluster.settled_leader()
    huge = cluster.ask_and_wait(lead, "write", key="x", value="v" * 1000, session="s", seq=1)
    assert huge.error == "bad-request"
    assert "at most 1000 are taken" in huge.answer["detail"] if huge.answer else False


@pytest.mark.parametrize("by_way_of_follower", [False, True])
def test_nonsense_is_refused_by_whoever_gets_it(by_way_of_follower: bool) -> None:
    cluster = Cluster(11)
    lead = cluster.settled_leader()
    node = follower_of(cluster, lead) if by_way_of_follower else lead
    for f in sorted(MUTATIONS):
        refused = cluster.ask_and_wait(node, f, key="x", value=1)
        assert (refused.error, refused.may_have_happened) == ("bad-request", False)


def test_the_status_answer_is_the_pinned_one() -> None:
    cluster = Cluster(12)
    lead = cluster.settled_leader()
    assert cluster.ask_and_wait(lead, "status").value == {
        "node": lead,
        "role": "leader",
        "term": cluster.nodes[lead].raft.term,
        "leader": lead,
        "commit_index": 1,
        "applied_index": 1,
        "last_index": 1,
        "snapshot_index": 0,
        "members": cluster.names,
        "bugs": {},
    }
    follower = follower_of(cluster, lead)
    assert cluster.ask_and_wait(follower, "status").value["role"] == "follower"
