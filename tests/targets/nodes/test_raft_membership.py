"""Changes of membership, one server at a time: Ongaro 2014, chapter 4."""

from __future__ import annotations

from typing import Any

import pytest
from raft_simulation import Cluster
from test_raft_election import raft, sent
from test_raft_replication import leader
from test_raft_requests import replies

from targets.nodes.effects import Elapsed, Received, Requested, Synced
from targets.nodes.raft.base import ELECTION, QUORUM, Role
from targets.nodes.raft.core import Raft
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import Append, AppendReply, TimeoutNow, Vote, VoteReply
from targets.nodes.raft.options import Options

FOUR = ("n1", "n2", "n3", "n4")
FIVE = (*FOUR, "n5")
THREE_OF_FIVE = Options(members=("n1", "n2", "n3"))


def control(f: str, value: Any) -> Requested:
    return Requested("admin", {"f": f"admin.{f}", "value": value})


def settled(addresses: tuple[str, ...] = FIVE, options: Options | None = None) -> Raft:
    """n1 leads term 2, and entry 2, of its own term, is committed."""
    node = leader([1], term=1, addresses=addresses, options=options or THREE_OF_FIVE)
    voters = node.peers[: node.majority - 1]
    node.step([Synced(2, 2), *(Received(peer, AppendReply(2, True, 2, 1)) for peer in voters)])
    assert node.commit_index == 2
    return node


def acknowledge(node: Raft, peer: str) -> list[dict[str, Any]]:
    """``peer`` holds all that the leader does."""
    reply = AppendReply(node.term, True, node.log.last_index, node.round)
    return replies(node.step([Received(peer, reply)]))


def test_a_new_leader_changes_nothing_before_an_entry_of_its_own_term_is_committed() -> None:
    """Ongaro's correction of 2015 (raft-dev): a change of an earlier leader may be in some log."""
    node = leader([1], term=1)
    (refused,) = replies(node.step([control("remove", "n3")]))
    assert (refused["error"], refused["definite"]) == ("busy", True)
    assert refused["detail"] == "nothing of this leader's term is committed yet"
    node.step([Synced(2, 2), Received("n2", AppendReply(2, True, 2, 1))])
    assert replies(node.step([control("remove", "n3")])) == []
    assert node.members == ("n1", "n2")


def test_there_is_one_change_at_a_time() -> None:
    """Section 4.1: majorities of configurations two changes apart need not share a server."""
    node = settled(options=Options())
    node.step([control("remove", "n5")])
    (refused,) = replies(node.step([control("remove", "n4")]))
    assert refused["detail"] == "the change of membership before is not committed yet"
    assert node.members == ("n1", "n2", "n3", "n4")


def test_a_configuration_counts_from_when_it_is_appended() -> None:
    """Of four members three must hold the entry that makes them three; of three, two."""
    node = settled(FOUR, Options())
    assert replies(node.step([control("remove", "n4")])) == []
    node.step([Synced(3, 2)])
    assert node.commit_index == 2
    assert acknowledge(node, "n4") == [], "n4 is no member any more"
    assert acknowledge(node, "n2") == [{"ok": True, "value": ["n1", "n2", "n3"]}]


def test_a_configuration_that_is_overwritten_is_undone() -> None:
    """Section 4.1: a server may have to fall back to the configuration before."""
    node = raft([1], term=1)
    joined = Entry(2, 1, None, ("n1", "n2", "n3", "n4"))
    node.step([Received("n2", Append(1, 1, 1, 0, 1, [joined]))])
    assert (node.members, node.majority) == (FOUR, 3)
    node.step([Received("n3", Append(2, 1, 1, 0, 1, [Entry(2, 2, None)]))])
    assert (node.members, node.majority) == (("n1", "n2", "n3"), 2)


def test_a_server_that_joins_has_no_vote_until_it_has_caught_up() -> None:
    """Section 4.2.1: else a cluster of four could stand still for a server with an empty log."""
    node = settled()
    assert replies(node.step([control("add", "n4")])) == []
    assert (node.members, list(node.progress)) == (("n1", "n2", "n3"), ["n2", "n3", "n4"])
    node.step([Received("n4", AppendReply(2, False, 2, node.round, hint_index=1))])
    assert node.members == ("n1", "n2", "n3")
    assert acknowledge(node, "n4") == []
    assert node.members == FOUR
    assert node.progress["n4"].match == 2
    node.step([Synced(3, 2)])
    acknowledge(node, "n4")
    assert acknowledge(node, "n2") == [{"ok": True, "value": list(FOUR)}]


def test_a_server_catches_up_in_rounds_until_one_is_short() -> None:
    node = settled()
    now = 0.0
    node.clock = lambda: now
    node.step([control("add", "n4")])
    write = {"f": "write", "key": "x", "session": "s"}
    for seq in range(1, 10):
        node.step([Requested("me", {**write, "value": seq, "seq": seq})])
        now += 1.0
        acknowledge(node, "n4")
        assert node.members == ("n1", "n2", "n3"), "a second is longer than a time-out"
    now += 1.0
    (refused,) = acknowledge(node, "n4")
    assert (refused["error"], refused["definite"]) == ("not-caught-up", True)
    assert refused["detail"] == "n4 is too slow to catch up in 10 rounds"
    assert list(node.progress) == ["n2", "n3"]


def test_a_server_that_does_not_answer_is_not_waited_for_for_ever() -> None:
    node = settled()
    node.step([control("add", "n4")])
    answers: list[dict[str, Any]] = []
    while not answers:
        answers = acknowledge(node, "n2") + replies(node.step([Elapsed(QUORUM)]))
    assert (answers[0]["error"], answers[0]["detail"]) == ("not-caught-up", "n4 does not answer")
    assert replies(node.step([control("remove", "n3")])) == [], "the next change may begin"


def test_a_leader_that_is_removed_commits_that_without_counting_itself_and_steps_down() -> None:
    """Section 4.2.2."""
    node = settled(FOUR, Options())
    node.step([control("remove", "n1"), Synced(3, 2)])
    assert acknowledge(node, "n2") == [], "n1's own copy does not count: one of three"
    assert node.role is Role.LEADER
    effects = node.step([Received("n3", AppendReply(2, True, 3, node.round))])
    assert replies(effects) == [{"ok": True, "value": ["n2", "n3", "n4"]}]
    assert node.role is Role.FOLLOWER
    assert TimeoutNow(2) in sent(effects)
    # Nor does it ask for votes again.
    node.step([Elapsed(ELECTION)])
    node.step([Elapsed(ELECTION)])
    assert node.role is Role.FOLLOWER


def test_a_server_whose_removal_is_not_committed_may_still_be_needed_and_stands() -> None:
    """Section 4.2.2, figure 4.6; its own vote does not count."""
    node = raft([1], term=1)
    removed = Entry(2, 1, None, ("n2", "n3"))
    node.step([Received("n2", Append(1, 1, 1, 1, 1, [removed]))])
    node.step([Elapsed(ELECTION)])
    node.step([Elapsed(ELECTION)])
    assert node.role is Role.PRE_CANDIDATE
    assert not node._won()
    node.step([Received("n2", Append(1, 2, 1, 2, 1))])
    node.step([Elapsed(ELECTION)])
    node.step([Elapsed(ELECTION)])
    assert node.role is Role.FOLLOWER


def test_a_server_that_was_never_a_member_does_not_stand_and_does_not_disturb() -> None:
    cluster = Cluster(1, options=THREE_OF_FIVE)
    cluster.isolate("n4", "n5")
    cluster.run(5.0)
    assert {cluster.nodes[name].raft.term for name in ("n4", "n5")} == {0}
    cluster.heal()
    assert cluster.settled_leader() in ("n1", "n2", "n3")


def test_a_server_that_does_not_know_that_it_was_removed_disturbs_nobody() -> None:
    """Section 4.2.3."""
    cluster = Cluster(2)
    lead = cluster.settled_leader()
    gone = next(name for name in cluster.names if name != lead)
    cluster.isolate(gone)
    assert cluster.ask_and_wait(lead, "admin.remove", value=gone).ok
    cluster.heal()
    term = cluster.nodes[lead].raft.term
    cluster.run(10.0)
    assert cluster.nodes[gone].raft.role is Role.PRE_CANDIDATE
    assert (cluster.leaders(), cluster.nodes[lead].raft.term) == ([lead], term)


def test_a_vote_that_comes_late_from_a_removed_server_deposes_nobody() -> None:
    node = settled(FOUR, Options())
    assert sent(node.step([Received("n4", Vote(9, 9, 2))])) == [VoteReply(2, False)]
    assert (node.role, node.term) == (Role.LEADER, 2)


def test_a_cluster_grows_and_shrinks_server_by_server_while_it_serves() -> None:
    cluster = Cluster(3, options=Options(members=("n1",), snapshot_entries=10), wire=True)
    seq = 0

    def write() -> None:
        nonlocal seq
        seq += 1
        lead = cluster.settled_leader()
        assert cluster.ask_and_wait(lead, "set.add", key="x", value=seq, session="s", seq=seq).ok

    def change(f: str, server: str) -> None:
        write()
        answer = cluster.ask_and_wait(cluster.settled_leader(), f"admin.{f}", value=server)
        assert answer.ok, answer
        write()

    for server in ("n2", "n3", "n4", "n5"):
        change("add", server)
    assert cluster.nodes[cluster.settled_leader()].raft.members == tuple(cluster.names)
    # The leader each time: it has to lead until its own removal is committed.
    for _ in range(4):
        change("remove", cluster.settled_leader())
    (last,) = cluster.nodes[cluster.settled_leader()].raft.members
    read = cluster.ask_and_wait(last, "set.read", key="x")
    assert read.value == list(range(1, seq + 1))
    refused = cluster.ask_and_wait(last, "admin.remove", value=last)
    assert refused.answer is not None
    assert refused.answer["detail"] == f"{last} is the last member"


def test_members_survive_a_restart_with_and_without_a_snapshot() -> None:
    for every in (1, 10_000):
        cluster = Cluster(4, options=Options(snapshot_entries=every))
        lead = cluster.settled_leader()
        gone = next(name for name in cluster.names if name != lead)
        assert cluster.ask_and_wait(lead, "admin.remove", value=gone).ok
        cluster.run(0.2)
        left = tuple(name for name in cluster.names if name != gone)
        for name in left:
            cluster.kill(name)
            cluster.start(name)
            assert cluster.nodes[name].raft.members == left


def test_what_is_already_so_is_answered_at_once_and_by_way_of_any_server() -> None:
    cluster = Cluster(5)
    lead = cluster.settled_leader()
    other = next(name for name in cluster.names if name != lead)
    answer = cluster.ask_and_wait(other, "admin.add", value=other)
    assert answer.answer == {"ok": True, "value": cluster.names}
    assert cluster.ask_and_wait(other, "status").value["members"] == cluster.names


@pytest.mark.parametrize("value", [None, "n9", 4, ["n1"]])
def test_a_server_without_an_address_cannot_be_added(value: Any) -> None:
    node = settled()
    (refused,) = replies(node.step([control("add", value)]))
    assert (refused["error"], refused["definite"]) == ("bad-request", True)
    assert refused["detail"] == f"admin.add takes one of n1, n2, n3, n4, n5, not {value!r}"


def test_a_leader_that_is_deposed_leaves_the_joining_server_for_the_next_to_add() -> None:
    node = settled()
    node.step([control("add", "n4")])
    (refused,) = replies(node.step([Received("n3", AppendReply(3, False, 2, 1))]))
    assert (refused["error"], refused["definite"]) == ("no-leader", True)
