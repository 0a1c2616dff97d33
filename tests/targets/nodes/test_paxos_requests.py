"""What clients are promised: reads by a quorum or a lease, sessions, definite refusals."""

from __future__ import annotations

from typing import Any

import pytest
from paxos_simulation import Cluster, Pending
from test_paxos_acceptor import candidate, sent, synced, tell

from targets.nodes.effects import Elapsed, Reply, Requested, Send, Undelivered
from targets.nodes.paxos.ballot import NO_OP, Ballot, PValue
from targets.nodes.paxos.core import Paxos
from targets.nodes.paxos.messages import (
    Accept,
    Accepted,
    Answered,
    Confirm,
    Forward,
    Preempted,
    Prepare,
    Promise,
)
from targets.nodes.paxos.options import Options
from targets.nodes.state_machine import MUTATIONS


def replies(effects: list[Any]) -> list[dict[str, Any]]:
    return [effect.body for effect in effects if isinstance(effect, Reply)]


def add(cluster: Cluster, node: str, seq: int = 1, session: str = "s") -> Pending:
    return cluster.ask(node, "counter.add", key="x", value=5, session=session, seq=seq)


def follower_of(cluster: Cluster, leader: str) -> str:
    return next(name for name in cluster.names if name != leader)


def leader(slots: int = 0, **options: Any) -> Paxos:
    """A leader that has found ``slots`` slots to propose anew, none of them chosen yet."""
    node = candidate(**options)
    found = [PValue(slot, Ballot(0, "n4"), NO_OP) for slot in range(1, slots + 1)]
    tell(node, "n2", Promise(node.ballot, 0, None, found))
    synced(node, tell(node, "n3", Promise(node.ballot, 0)))
    return node


READ = Requested("me", {"f": "read", "key": "x"})


def confirmed(node: Paxos, number: int, *peers: str) -> list[dict[str, Any]]:
    return [
        body for peer in peers for body in replies(tell(node, peer, Confirm(node.ballot, number)))
    ]


def test_a_leader_reads_nothing_before_what_it_found_is_chosen() -> None:
    node = leader(slots=1)
    node.step([READ])
    # A quorum confirms that n1 leads; what an earlier leader had chosen is not applied yet.
    assert confirmed(node, node.round, "n2", "n3") == []
    tell(node, "n2", Accepted(node.ballot, [1]))
    assert replies(tell(node, "n3", Accepted(node.ballot, [1]))) == []
    assert confirmed(node, node.round, "n2", "n3") == [{"ok": True, "value": None}]


def test_a_read_waits_for_a_heartbeat_sent_after_it_arrived() -> None:
    node = leader()
    before = node.round
    node.step([READ])
    assert confirmed(node, before, "n2", "n3") == []
    assert confirmed(node, node.round, "n2") == []
    assert len(confirmed(node, node.round, "n3")) == 1


def test_reads_that_arrive_while_a_round_is_out_share_the_next_one() -> None:
    node = leader()
    node.step([READ])
    first = node.round
    node.step([READ])
    node.step([READ])
    assert node.round == first
    assert len(confirmed(node, first, "n2", "n3")) == 1
    assert node.round == first + 1
    assert len(confirmed(node, first + 1, "n2", "n3")) == 2


def test_a_confirmation_of_another_ballot_confirms_nothing() -> None:
    node = leader()
    node.step([READ])
    old = Ballot(node.ballot.round - 1, "n1")
    for peer in ("n2", "n3", "n4"):
        assert replies(tell(node, peer, Confirm(old, node.round))) == []


def test_a_leader_that_was_outbid_unawares_answers_no_read() -> None:
    cluster = Cluster(1)
    old = cluster.settled_leader()
    cluster.isolate(old)
    read = cluster.ask_and_wait(old, "read", key="x")
    assert (read.error, read.may_have_happened) == ("no-leader", False)


def test_under_a_lease_a_read_needs_no_message_and_ends_with_it() -> None:
    cluster = Cluster(2, options=Options(reads="lease"))
    lead = cluster.settled_leader()
    cluster.run(1.0)
    cluster.isolate(lead)
    assert cluster.ask(lead, "read", key="x").ok
    cluster.run(0.3)
    late = cluster.ask(lead, "read", key="x")
    assert late.answer is None
    cluster.run(2.0)
    assert late.error == "no-leader"


def test_nobody_leads_while_another_lease_may_hold_whatever_the_clocks_make_of_it() -> None:
    """Clocks that drift apart by less than ``clock-drift`` in all."""
    for seed in range(20):
        cluster = Cluster(seed, options=Options(reads="lease", election_s_min=0.1))
        lead = cluster.settled_leader()
        for name in cluster.names:
            cluster.kill(name)
            cluster.nodes[name].clock_rate = 0.96 if name == lead else 1.04
            cluster.start(name)
        cluster.run(2.0)
        lead = cluster.settled_leader()
        cluster.run(1.0)
        cluster.isolate(lead)

        def another(lead: str = lead, cluster: Cluster = cluster) -> bool:
            assert all(
                not cluster.nodes[lead].paxos._lease_holds()
                for name in cluster.leaders()
                if name != lead
            )
            return any(name != lead for name in cluster.leaders())

        assert cluster.run_until(another, 5.0)


def test_a_lease_that_was_granted_before_a_crash_is_kept_after_it() -> None:
    cluster = Cluster(3, options=Options(reads="lease", lease_s=2.0))
    lead = cluster.settled_leader()
    cluster.run(1.0)
    cluster.isolate(lead)
    began = cluster.now
    for name in cluster.names:
        if name != lead:
            cluster.kill(name)
            cluster.start(name)
    cluster.run_until(lambda: any(name != lead for name in cluster.leaders()), 10.0)
    assert cluster.now - began >= 2.0


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
    assert cluster.ask_and_wait(old, "counter.add", key="x", value=5, session="s", seq=1).ok
    cluster.kill(old)
    new = cluster.settled_leader()
    again = add(cluster, new)
    cluster.run(0.5)
    assert again.ok
    assert cluster.ask_and_wait(new, "counter.read", key="x").value == 5


def test_a_leader_that_hears_no_quorum_does_not_know_what_becomes_of_its_proposals() -> None:
    cluster = Cluster(5)
    old = cluster.settled_leader()
    cluster.isolate(old)
    lost = add(cluster, old)
    cluster.run(1.5)
    assert lost.answer == {"ok": False, "error": "lost-leadership", "definite": False}


def test_a_request_waits_for_a_leader_a_while_and_is_then_refused_for_good() -> None:
    cluster = Cluster(6)
    lead = cluster.settled_leader()
    waits = follower_of(cluster, lead)
    cluster.kill(lead)
    cluster.run_until(lambda: cluster.nodes[waits].paxos.leader is None, 2.0)
    parked = add(cluster, waits, session="parked")
    assert parked.answer is None
    cluster.run(2.0)
    assert parked.ok

    cluster.isolate(waits)
    cluster.run(2.0)
    refused = add(cluster, waits, session="refused")
    cluster.run(3.0)
    assert (refused.error, refused.may_have_happened) == ("no-leader", False)


def test_a_forward_that_never_left_is_refused_for_good_and_one_that_did_is_not_judged() -> None:
    cluster = Cluster(7)
    lead = cluster.settled_leader()
    name = follower_of(cluster, lead)
    node = cluster.nodes[name].paxos
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


def test_a_read_that_a_dead_leader_got_is_asked_of_the_next_one() -> None:
    cluster = Cluster(13)
    lead = cluster.settled_leader()
    assert cluster.ask_and_wait(lead, "counter.add", key="x", value=5, session="s", seq=1).ok
    cluster.kill(lead)
    read = cluster.ask_and_wait(follower_of(cluster, lead), "counter.read", key="x")
    assert read.value == 5


def test_a_command_whose_slot_went_to_another_is_proposed_for_a_later_one() -> None:
    node = leader()
    request = {"f": "counter.add", "key": "x", "value": 1, "session": "s", "seq": 1}
    synced(node, node.step([Requested("me", request)]))
    # Outbid by n5, who has had something else accepted for that slot; nobody leads yet.
    node._has_settled = True
    node._prepare(Ballot(7, "n1"))
    other = PValue(1, Ballot(5, "n5"), NO_OP)
    tell(node, "n5", Promise(node.ballot, 0, None, [other]))
    synced(node, tell(node, "n4", Promise(node.ballot, 0)))
    tell(node, "n5", Accepted(node.ballot, [1]))
    effects = tell(node, "n4", Accepted(node.ballot, [1]))
    (accept,) = sent(effects, "n4")
    assert isinstance(accept, Accept)
    assert [p.slot for p in accept.pvalues] == [2]
    synced(node, effects)
    tell(node, "n5", Accepted(node.ballot, [2]))
    assert replies(tell(node, "n4", Accepted(node.ballot, [2]))) == [{"ok": True, "value": None}]


def test_what_does_not_fit_the_window_waits_and_is_proposed_in_its_turn() -> None:
    cluster = Cluster(8, options=Options(window_slots=2))
    lead = cluster.settled_leader()
    asked = [add(cluster, lead, session=f"s{i}") for i in range(9)]
    assert len(cluster.nodes[lead].paxos.in_flight) == 2
    cluster.run(0.5)
    assert all(pending.ok for pending in asked)
    assert cluster.ask_and_wait(lead, "counter.read", key="x").value == 45


def test_a_leader_with_too_much_to_do_says_busy_and_means_it() -> None:
    cluster = Cluster(9, options=Options(waiting_max=3))
    lead = cluster.settled_leader()
    asked = [add(cluster, lead, session=f"s{i}") for i in range(5)]
    reads = [cluster.ask(lead, "counter.read", key="y") for _ in range(5)]
    cluster.run(0.5)
    assert [pending.error for pending in asked] == [None, None, None, "busy", "busy"]
    assert not asked[-1].may_have_happened
    # The first read began a round and no longer waits for one.
    assert [read.error for read in reads] == [None, None, None, None, "busy"]
    assert cluster.ask_and_wait(lead, "counter.read", key="x").value == 15


def test_a_command_beyond_the_size_limit_is_refused_before_it_is_proposed() -> None:
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
    add(cluster, lead)
    cluster.run(0.2)
    assert cluster.ask_and_wait(lead, "status").value == {
        "node": lead,
        "role": "leader",
        "ballot": list(cluster.nodes[lead].paxos.ballot),
        "leader": lead,
        "commit_index": 1,
        "applied_index": 1,
        "last_index": 1,
        "bugs": {},
    }
    follower = follower_of(cluster, lead)
    status = cluster.ask_and_wait(follower, "status").value
    assert (status["role"], status["leader"], status["ballot"][1]) == ("follower", lead, lead)


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


def test_a_forward_that_was_proposed_is_not_refused_when_it_comes_a_second_time() -> None:
    """The copy's refusal might be heard first: what may yet take effect would be told as failed."""
    node = leader()
    request = {"f": "counter.add", "key": "x", "value": 5, "session": "s", "seq": 1}
    forward = Forward(1 << 32, request)

    def told(effects: list[Any]) -> list[tuple[str, bool]]:
        answers = [message for message in sent(effects, "n3") if isinstance(message, Answered)]
        return [(answer.body["error"], answer.body["definite"]) for answer in answers]

    assert told(tell(node, "n3", forward)) == []
    deposed = tell(node, "n2", Prepare(Ballot(9, "n2"), 1))
    deposed += tell(node, "n2", Preempted(node.ballot, Ballot(9, "n2"), "n2"))
    assert told(deposed) == [("lost-leadership", False)]
    waited = tell(node, "n3", forward)
    for _ in range(9):
        waited += node.step([Elapsed("parked"), Elapsed("election")])
    assert told(waited) == []
