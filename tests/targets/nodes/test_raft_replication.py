"""Log replication and commitment: sections 5.3 and 5.4.2 of the paper."""

from __future__ import annotations

import pytest
from raft_simulation import Cluster
from test_raft_election import kinds, raft, sent

from targets.nodes.effects import Elapsed, Fsync, Received, Requested, Send, Synced, Write
from targets.nodes.raft.base import ELECTION, Role
from targets.nodes.raft.core import Raft
from targets.nodes.raft.log import Entry, Log
from targets.nodes.raft.messages import Append, AppendReply, PreVoteReply, VoteReply
from targets.nodes.raft.options import Options


def entries(first: int, *terms: int) -> list[Entry]:
    return [Entry(index, term, None) for index, term in enumerate(terms, start=first)]


def terms_of(node: Raft) -> list[int]:
    return [entry.term for entry in node.log.between(1, node.log.last_index)]


def leader(
    terms: list[int],
    *,
    term: int,
    addresses: tuple[str, ...] = ("n1", "n2", "n3"),
    options: Options | None = None,
) -> Raft:
    """n1, just elected in ``term`` + 1; its log holds ``terms`` and the no-op of that term."""
    node = raft(terms, term=term, addresses=addresses, options=options)
    node.step([Elapsed(ELECTION)])
    voters = node.peers[: node.majority - 1]
    node.step([Received(peer, PreVoteReply(term + 1, True)) for peer in voters])
    node.step([Received(peer, VoteReply(term + 1, True)) for peer in voters])
    assert node.role is Role.LEADER
    return node


def write(value: int) -> Requested:
    return Requested(
        value, {"f": "write", "key": "x", "value": value, "session": "s", "seq": value}
    )


def test_entries_are_durable_at_a_follower_before_it_acknowledges_them() -> None:
    effects = raft([1], term=1).step([Received("n2", Append(1, 1, 1, 0, 1, entries(2, 1)))])
    assert kinds(effects) == [Write, Fsync, Send]


def test_a_leader_replicates_while_it_syncs_and_counts_itself_only_after() -> None:
    """Ongaro 2014, section 10.2.1."""
    node = leader([1], term=1)
    node.step([Synced(2, 2), Received("n2", AppendReply(2, True, 2, 1))])
    effects = node.step([write(1)])
    # n3 has not answered its probe, so only n2 is sent the entry.
    assert kinds(effects) == [Write, Send, Fsync]
    node.step([Received("n2", AppendReply(2, True, 3, 1))])
    assert node.commit_index == 2, "one peer is no majority of three, and our copy is not durable"
    node.step([Synced(3, 2)])
    assert node.commit_index == 3


def test_many_commands_of_one_step_are_one_write_one_sync_and_one_message_a_peer() -> None:
    node = leader([1], term=1)
    node.step([Received(peer, AppendReply(2, True, 2, 1)) for peer in ("n2", "n3")])
    effects = node.step([write(value) for value in range(1, 21)])
    assert kinds(effects) == [Write, Send, Send, Fsync]
    first, second = sent(effects)
    assert isinstance(first, Append)
    assert isinstance(second, Append)
    assert len(first.entries) == len(second.entries) == 20


def test_entries_are_sent_without_waiting_for_the_answer_to_earlier_ones() -> None:
    node = leader([1], term=1)
    node.step([Received("n2", AppendReply(2, True, 2, 1))])
    for value in (1, 2, 3):
        (append,) = sent(node.step([write(value)]))
        assert isinstance(append, Append)
        assert (append.prev_index, len(append.entries)) == (1 + value, 1)


def test_an_entry_of_an_earlier_term_is_not_committed_by_counting() -> None:
    """Figure 8: entry 2 of term 2 is on a majority, and may still be overwritten."""
    node = leader([1, 2], term=3)
    node.step([Synced(3, 4), Received("n2", AppendReply(4, True, 2, 1))])
    assert node.commit_index == 0
    node.step([Received("n2", AppendReply(4, True, 3, 1))])
    assert node.commit_index == 3


def test_a_late_shorter_append_does_not_cut_the_log() -> None:
    node = raft([1, 1, 1], term=1)
    node.step([Received("n2", Append(1, 1, 1, 0, 1, entries(2, 1)))])
    assert terms_of(node) == [1, 1, 1]


def test_a_conflicting_suffix_is_replaced() -> None:
    node = raft([1, 2, 2], term=2)
    node.step([Received("n2", Append(3, 1, 1, 0, 1, entries(2, 3)))])
    assert terms_of(node) == [1, 3]


def test_an_append_with_a_gap_is_refused_and_the_refusal_says_where_to_go_on() -> None:
    node = raft([1, 1], term=1)
    answers = sent(node.step([Received("n2", Append(1, 5, 1, 0, 9, entries(6, 1)))]))
    assert answers == [AppendReply(1, False, 5, 9, hint_index=3)]
    assert terms_of(node) == [1, 1]


def test_a_follower_acknowledges_what_the_message_verified_and_not_its_own_last_index() -> None:
    node = raft([1, 2, 2], term=2)
    answers = sent(node.step([Received("n2", Append(3, 1, 1, 3, 1))]))
    assert answers == [AppendReply(3, True, 1, 1)]
    assert node.commit_index == 1, "entries 2 and 3 are not known to be the leader's"


def test_an_append_of_an_old_term_is_refused_with_the_new_one() -> None:
    node = raft([1], term=5)
    answers = sent(node.step([Received("n2", Append(4, 1, 1, 1, 3, entries(2, 4)))]))
    assert answers == [AppendReply(5, False, 1, 3)]
    assert terms_of(node) == [1]


def test_late_and_doubled_replies_unlearn_nothing() -> None:
    node = leader([1], term=1)
    node.step([Received("n2", AppendReply(2, True, 2, 2)), Synced(2, 2)])
    node.step([Received("n2", AppendReply(2, True, 1, 1))])
    assert (node.progress["n2"].match, node.progress["n2"].round) == (2, 2)
    node.step([Received("n2", AppendReply(2, False, 1, 1, hint_index=1))])
    assert node.progress["n2"].next == 3


def test_a_whole_conflicting_term_is_skipped_in_one_exchange() -> None:
    """Section 5.3, end: the follower names the term and its first index."""
    follower = Log(entries(1, 1, 1, 2, 2, 2))
    assert follower.conflict(5) == (3, 2)
    assert follower.conflict(9) == (6, None)
    ours = Log(entries(1, 1, 1, 1, 3))
    assert ours.last_of_term(2, 5) is None
    assert ours.last_of_term(1, 5) == 3
    assert ours.last_of_term(1, 2) == 2


@pytest.mark.parametrize(
    "theirs",
    [[1], [1, 1, 1, 1, 1, 1], [1, 2, 2, 2, 2, 2, 2], [1, 1, 2, 3, 3]],
)
def test_diverged_followers_are_brought_into_line(theirs: list[int]) -> None:
    """Figure 7: whatever a follower's log looks like, it ends as the leader's."""
    one = leader([1, 1, 1, 4, 4], term=6)
    two = raft(theirs, term=6, name="n2")
    inbox: list[object] = [Append(7, 5, 4, 0, 1, one.log.between(6, 6))]
    for _ in range(8):
        answers = sent(two.step([Received("n1", message) for message in inbox]))
        effects = one.step([Received("n2", answer) for answer in answers])
        inbox = [e.message for e in effects if isinstance(e, Send) and e.peer == "n2"]
    assert terms_of(two) == terms_of(one) == [1, 1, 1, 4, 4, 7]


def test_a_committed_entry_is_never_removed() -> None:
    node = raft([1, 1], term=1)
    node.step([Received("n2", Append(1, 2, 1, 2, 1))])
    with pytest.raises(AssertionError, match=r"entry 2 is committed \(up to 2\)"):
        node.step([Received("n3", Append(2, 1, 1, 0, 1, entries(2, 2)))])


def test_a_follower_that_was_away_catches_up_in_bounded_messages() -> None:
    cluster = Cluster(5)
    lead = cluster.settled_leader()
    away = next(name for name in cluster.names if name != lead)
    cluster.kill(away)
    for value in range(1, 2001):
        cluster.ask(lead, "write", key="x", value=value, session=f"s{value}", seq=1)
    cluster.run(0.5)
    cluster.start(away)
    cluster.run(0.5)
    assert cluster.nodes[away].raft.machine.registers == {"x": 2000}


def test_a_sync_of_entries_that_were_replaced_meanwhile_proves_nothing() -> None:
    node = raft([1], term=1)
    node.step([Received("n2", Append(1, 1, 1, 0, 1, entries(2, 1)))])
    node.step([Received("n3", Append(2, 1, 1, 0, 1, entries(2, 2)))])
    node.step([Synced(2, 1)])
    assert node.durable_index == 1
    node.step([Synced(2, 2)])
    assert node.durable_index == 2
