"""Leadership transfer: Ongaro 2014, section 3.10."""

from __future__ import annotations

import pytest
from raft_simulation import Cluster
from test_raft_election import raft, sent
from test_raft_membership import acknowledge, control, settled
from test_raft_replication import write
from test_raft_requests import replies

from targets.nodes.effects import Elapsed, Received, Synced
from targets.nodes.raft.base import TRANSFER, Role
from targets.nodes.raft.messages import Append, AppendReply, TimeoutNow, Vote
from targets.nodes.raft.options import Options

THREE = ("n1", "n2", "n3")


def test_the_server_that_was_named_leads_within_a_few_messages() -> None:
    for seed in range(10):
        cluster = Cluster(seed)
        old = cluster.settled_leader()
        new = next(name for name in cluster.names if name != old)
        began = cluster.now
        assert cluster.ask_and_wait(old, "admin.transfer", value=new).value == new
        assert cluster.settled_leader() == new
        assert cluster.now - began < Options().election_s_min, f"seed {seed}"


def test_without_a_name_the_one_that_is_furthest_takes_over() -> None:
    node = settled(THREE, Options())
    effects = node.step([control("transfer", None)])
    assert sent(effects) == [TimeoutNow(2)]
    assert node._transfer is not None
    assert node._transfer.target == "n2"


def test_a_successor_is_first_brought_up_to_date_and_meanwhile_nothing_is_taken() -> None:
    node = settled(THREE, Options())
    assert sent(node.step([control("transfer", "n3")])) == []
    (refused,) = replies(node.step([write(1)]))
    assert (refused["error"], refused["definite"]) == ("busy", True)
    assert refused["detail"] == "leadership is being handed to n3"
    effects = node.step([Received("n3", AppendReply(2, True, 2, node.round))])
    assert sent(effects) == [TimeoutNow(2)]
    # It stands at once, without asking for pre-votes, and is not refused for hearing a leader.
    successor = raft([1, 2], term=2, name="n3")
    successor.step([Received("n1", Append(2, 2, 2, 2, 1))])
    asked = sent(successor.step([Received("n1", TimeoutNow(2))]))
    assert asked == [Vote(3, 2, 2, transfer=True)] * 2
    (answer,) = replies(node.step([Received("n3", Vote(3, 2, 2, transfer=True))]))
    assert answer == {"ok": True, "value": "n3"}
    assert node.role is Role.FOLLOWER


def test_if_nothing_comes_of_it_the_leader_goes_on() -> None:
    node = settled(THREE, Options())
    node.step([control("transfer", "n3")])
    (answer,) = replies(node.step([Elapsed(TRANSFER)]))
    assert (answer["error"], answer["definite"]) == ("not-transferred", False)
    assert replies(node.step([write(1), Synced(3, 2)])) == []
    assert acknowledge(node, "n2") == [{"ok": True, "value": None}]


def test_a_late_request_to_take_over_from_a_former_leader_is_ignored() -> None:
    node = raft([1], term=3, name="n3")
    assert sent(node.step([Received("n1", TimeoutNow(2))])) == []
    assert (node.role, node.term) == (Role.FOLLOWER, 3)


def test_a_change_of_members_and_a_transfer_wait_for_each_other() -> None:
    node = settled(THREE, Options())
    node.step([control("transfer", "n3")])
    (refused,) = replies(node.step([control("remove", "n3")]))
    assert refused["detail"] == "leadership is being handed to n3"


@pytest.mark.parametrize("target", ["n4", "n9"])
def test_leadership_goes_to_members_only(target: str) -> None:
    node = settled(("n1", "n2", "n3", "n4"), Options(members=THREE))
    (refused,) = replies(node.step([control("transfer", target)]))
    assert (refused["error"], refused["definite"]) == ("bad-request", True)
    assert replies(node.step([control("transfer", "n1")])) == [{"ok": True, "value": "n1"}]
