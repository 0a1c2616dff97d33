"""Elections: section 5.2 and 5.4.1 of the paper, PreVote (2014, 9.6), CheckQuorum (6.2)."""

from __future__ import annotations

import random

from raft_simulation import Cluster

from targets.nodes.effects import Effect, Elapsed, Fsync, Received, Send, Started, Write
from targets.nodes.raft.base import ELECTION, Recovered, Role
from targets.nodes.raft.core import Raft
from targets.nodes.raft.log import Entry, Log
from targets.nodes.raft.messages import Append, PreVote, PreVoteReply, Vote, VoteReply
from targets.nodes.raft.options import Options


def raft(
    terms: list[int],
    *,
    term: int,
    voted_for: str | None = None,
    name: str = "n1",
    addresses: tuple[str, ...] = ("n1", "n2", "n3"),
    options: Options | None = None,
) -> Raft:
    """One of three nodes, whose log holds no-ops of ``terms``; its clock stands at 0."""
    log = Log([Entry(index, t, None) for index, t in enumerate(terms, start=1)])
    core = Raft(
        name,
        addresses,
        recovered=Recovered(term, voted_for, log),
        rng=random.Random(0),
        incarnation=1,
        options=options or Options(),
    )
    core.clock = lambda: 0.0
    return core


def sent(effects: list[Effect]) -> list[object]:
    return [effect.message for effect in effects if isinstance(effect, Send)]


def kinds(effects: list[Effect]) -> list[type]:
    return [type(e) for e in effects if isinstance(e, Write | Fsync | Send)]


def test_a_cluster_elects_one_leader_and_everybody_follows_it() -> None:
    cluster = Cluster(1)
    leader = cluster.settled_leader()
    assert {cluster.nodes[name].raft.leader for name in cluster.names} == {leader}


def test_a_cluster_of_one_leads_itself() -> None:
    cluster = Cluster(1, size=1)
    leader = cluster.settled_leader()
    assert cluster.ask_and_wait(leader, "write", key="x", value=1, session="s", seq=1).ok
    assert cluster.ask_and_wait(leader, "read", key="x").value == 1


def test_a_dead_leader_is_replaced_within_two_time_outs() -> None:
    for seed in range(10):
        cluster = Cluster(seed)
        old = cluster.settled_leader()
        cluster.kill(old)
        before = cluster.now
        cluster.leader()
        assert cluster.now - before < 2 * Options().election_s_max, f"seed {seed}"


def test_a_minority_elects_nobody_and_does_not_raise_its_term() -> None:
    cluster = Cluster(2)
    cluster.settled_leader()
    term = max(cluster.nodes[name].raft.term for name in cluster.names)
    cluster.isolate("n1", "n2")
    cluster.run(10.0)
    # PreVote: had they raised their terms, they would depose the leader when they return.
    assert cluster.nodes["n1"].raft.term <= term + 1
    assert all(name not in ("n1", "n2") for name in cluster.leaders())


def test_a_node_that_returns_from_a_cut_does_not_disturb_the_leader() -> None:
    """Ongaro 2014, section 9.6."""
    for seed in range(10):
        cluster = Cluster(seed)
        leader = cluster.settled_leader()
        term = cluster.nodes[leader].raft.term
        cut_off = next(name for name in cluster.names if name != leader)
        cluster.isolate(cut_off)
        cluster.run(5.0)
        cluster.heal()
        cluster.run(2.0)
        assert cluster.leaders() == [leader]
        assert cluster.nodes[cut_off].raft.term == term


def test_a_leader_that_hears_no_majority_steps_down_within_two_time_outs() -> None:
    cluster = Cluster(3)
    leader = cluster.settled_leader()
    cluster.isolate(leader)
    cluster.run(2 * Options().election_s_min + 0.01)
    assert cluster.nodes[leader].raft.role is not Role.LEADER


def test_a_leader_keeps_leading_while_it_hears_a_bare_majority() -> None:
    cluster = Cluster(3)
    leader = cluster.settled_leader()
    lost = [name for name in cluster.names if name != leader][:2]
    cluster.isolate(*lost)
    cluster.run(5.0)
    assert cluster.leaders() == [leader]


def test_a_vote_is_durable_before_it_is_sent() -> None:
    effects = raft([1], term=1).step([Received("n2", Vote(2, 1, 1))])
    assert kinds(effects) == [Write, Fsync, Send]
    assert sent(effects) == [VoteReply(2, True)]


def test_a_candidate_votes_for_itself_durably_before_it_asks_others() -> None:
    node = raft([1], term=1)
    node.step([Started()])
    assert sent(node.step([Elapsed(ELECTION)])) == [PreVote(2, 1, 1), PreVote(2, 1, 1)]
    effects = node.step([Received("n2", PreVoteReply(2, True))])
    assert kinds(effects) == [Write, Fsync, Send, Send]
    assert sent(effects) == [Vote(2, 1, 1), Vote(2, 1, 1)]


def test_a_node_votes_once_a_term_and_again_for_the_same_candidate() -> None:
    node = raft([1], term=2, voted_for="n2")
    assert sent(node.step([Received("n3", Vote(2, 1, 1))])) == [VoteReply(2, False)]
    assert sent(node.step([Received("n2", Vote(2, 1, 1))])) == [VoteReply(2, True)]


def test_a_candidate_with_an_older_log_gets_neither_vote_nor_pre_vote() -> None:
    """Section 5.4.1: the later last term wins, then the longer log."""
    older, shorter, equal, newer = (9, 2), (2, 3), (3, 3), (1, 4)
    for (index, term), is_granted in (
        (older, False),
        (shorter, False),
        (equal, True),
        (newer, True),
    ):
        answers = sent(raft([1, 2, 3], term=3).step([Received("n2", Vote(4, index, term))]))
        assert answers == [VoteReply(4, is_granted)]
        answers = sent(raft([1, 2, 3], term=3).step([Received("n2", PreVote(4, index, term))]))
        assert answers == [PreVoteReply(4 if is_granted else 3, is_granted)]


def test_whoever_hears_a_leader_refuses_pre_votes() -> None:
    node = raft([1], term=1)
    node.step([Received("n3", Append(1, 1, 1, 0, 1))])
    assert sent(node.step([Received("n2", PreVote(2, 9, 1))])) == [PreVoteReply(1, False)]
    node.step([Elapsed(ELECTION)])
    assert sent(node.step([Received("n2", PreVote(2, 9, 1))])) == [PreVoteReply(2, True)]


def test_whoever_hears_a_leader_ignores_a_candidate_and_its_term() -> None:
    """Ongaro 2014, section 4.2.3: unless the leader itself asked it to stand (3.10)."""
    node = raft([1], term=1)
    node.step([Received("n3", Append(1, 1, 1, 0, 1))])
    assert sent(node.step([Received("n2", Vote(7, 9, 1))])) == [VoteReply(1, False)]
    assert (node.term, node.leader) == (1, "n3")
    assert sent(node.step([Received("n2", Vote(7, 9, 1, transfer=True))])) == [VoteReply(7, True)]


def test_a_pre_vote_promises_nothing_and_is_not_written_down() -> None:
    effects = raft([1], term=1).step([Received("n2", PreVote(2, 1, 1))])
    assert kinds(effects) == [Send]


def test_a_refused_pre_vote_tells_the_term_so_that_a_late_node_catches_up() -> None:
    node = raft([1], term=1)
    node.step([Elapsed(ELECTION)])
    node.step([Received("n2", PreVoteReply(7, False))])
    assert (node.term, node.role) == (7, Role.FOLLOWER)


def test_votes_of_an_old_term_do_not_count() -> None:
    node = raft([1], term=1)
    for expected_term in (2, 3):
        node.step([Elapsed(ELECTION)])
        node.step([Received("n2", PreVoteReply(expected_term, True))])
    assert node.role is Role.CANDIDATE
    node.step([Received("n2", VoteReply(2, True))])
    assert node.role is Role.CANDIDATE
    node.step([Received("n2", VoteReply(3, True))])
    assert node.role is Role.LEADER


def test_a_deposed_leader_follows_the_higher_term_it_hears_of() -> None:
    cluster = Cluster(4)
    old = cluster.settled_leader()
    cluster.isolate(old)
    cluster.run(0.3)
    cluster.heal()
    cluster.run(3.0)
    assert len(cluster.leaders()) == 1
    assert len({cluster.nodes[name].raft.term for name in cluster.names}) == 1
