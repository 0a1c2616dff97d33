"""Log compaction: section 7 of the paper (figure 13), and Ongaro 2014, chapter 5."""

from __future__ import annotations

from typing import Any

import pytest
from raft_simulation import Cluster
from test_raft_election import raft, sent
from test_raft_replication import entries, leader, terms_of

from targets.nodes.command import Command
from targets.nodes.effects import Effect, Fsync, Received, Replace, Send, Synced
from targets.nodes.raft.core import Raft
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import Append, AppendReply, InstallSnapshot, SnapshotReply
from targets.nodes.raft.options import Options
from targets.nodes.raft.recovery import recover
from targets.nodes.raft.snapshot import Snapshot
from targets.nodes.state_machine import StateMachine

EVERY_5 = Options(snapshot_entries=5, snapshot_trailing=2, snapshot_chunk_bytes=64)


def snapshot_of(index: int, term: int, value: int = 7) -> Snapshot:
    machine = StateMachine()
    machine.apply(Command("write", "x", value, "s", 1))
    return Snapshot.of(index, term, ("n1", "n2", "n3"), machine.dump())


def install(node: Raft, snapshot: Snapshot, term: int) -> list[Effect]:
    chunk = InstallSnapshot(term, snapshot.index, 0, snapshot.text, True)
    return node.step([Received("n2", chunk)])


def compacted_leader() -> Raft:
    """Leads term 2; entries 1 to 5 are in its snapshot, 4 and 5 still in its log, 6 follows."""
    node = leader([1, 1, 1, 1], term=1, options=EVERY_5)
    node.step([Synced(5, 2), Received("n2", AppendReply(2, True, 5, 1))])
    node.step([])
    assert (node.log.base_index, node.snapshot and node.snapshot.index) == (3, 5)
    return node


def only(effects: list[Effect], kind: type[Any]) -> Any:
    (found,) = [m for m in sent(effects) if isinstance(m, kind)]
    return found


def test_the_log_file_is_replaced_by_snapshot_vote_and_tail_before_anything_is_promised() -> None:
    node = raft([1] * 6, term=3, voted_for="n2", options=EVERY_5)
    node.step([Received("n2", Append(3, 6, 1, 5, 1))])
    assert node.applied_index == 5
    effects = node.step([Received("n2", Append(3, 6, 1, 6, 1, entries(7, 3)))])
    replace, fsync, reply = (e for e in effects if isinstance(e, Replace | Fsync | Send))
    assert isinstance(replace, Replace)
    assert isinstance(fsync, Fsync)
    assert isinstance(reply, Send)
    state = recover(replace.records)
    assert (state.term, state.voted_for) == (3, "n2")
    assert state.snapshot == node.snapshot
    assert (state.log.base_index, state.log.base_term, state.log.last_index) == (3, 1, 7)


def test_a_node_that_restarts_goes_on_from_snapshot_and_log() -> None:
    cluster = Cluster(1, size=3, options=EVERY_5)
    lead = cluster.settled_leader()
    for value in range(1, 24):
        cluster.ask_and_wait(lead, "set.add", key="x", value=value, session="s", seq=value)
    cluster.run(0.2)
    for name in cluster.names:
        assert cluster.nodes[name].raft.log.base_index > 0
        assert len(cluster.nodes[name].disk.records) < 12
        cluster.lose_power(name)
    for name in cluster.names:
        cluster.start(name)
        assert cluster.nodes[name].raft.commit_index >= 20
    read = cluster.ask_and_wait(cluster.settled_leader(), "set.read", key="x")
    assert read.value == list(range(1, 24))


def test_a_command_sent_again_after_a_snapshot_and_a_restart_is_still_one_command() -> None:
    """Sessions are part of the snapshot."""
    cluster = Cluster(2, size=3, options=Options(snapshot_entries=1))
    lead = cluster.settled_leader()
    add = {"key": "x", "value": 5, "session": "s", "seq": 1}
    assert cluster.ask_and_wait(lead, "counter.add", **add).ok
    cluster.run(0.2)
    for name in cluster.names:
        assert cluster.nodes[name].raft.log.base_index == 2
        cluster.kill(name)
        cluster.start(name)
    lead = cluster.settled_leader()
    assert cluster.ask_and_wait(lead, "counter.add", **add).ok
    assert cluster.ask_and_wait(lead, "counter.read", key="x").value == 5


def test_whoever_needs_what_is_gone_gets_the_snapshot_chunk_by_chunk() -> None:
    node = compacted_leader()
    assert node.snapshot is not None
    refusal = AppendReply(2, False, 4, 1, hint_index=1)
    chunk = only(node.step([Received("n3", refusal)]), InstallSnapshot)
    text = ""
    while not chunk.done:
        assert (chunk.index, chunk.offset, len(chunk.data)) == (5, len(text), 64)
        text += chunk.data
        reply = SnapshotReply(2, 5, len(text), False)
        chunk = only(node.step([Received("n3", reply)]), InstallSnapshot)
    assert Snapshot.parse(text + chunk.data) == node.snapshot
    # From here on it is sent entries again, once it is known where the logs agree.
    node.step([Received("n3", SnapshotReply(2, 5, 0, True))])
    assert (node.progress["n3"].match, node.progress["n3"].next) == (5, 6)


def test_a_chunk_is_not_sent_twice_for_a_doubled_reply_but_again_with_a_heartbeat() -> None:
    node = compacted_leader()
    node.step([Received("n3", AppendReply(2, False, 4, 1, hint_index=1))])
    reply = Received("n3", SnapshotReply(2, 5, 64, False))
    assert only(node.step([reply]), InstallSnapshot).offset == 64
    assert sent(node.step([reply])) == []
    node._heartbeat_is_due = True
    again = [e.message for e in node.step([]) if isinstance(e, Send) and e.peer == "n3"]
    assert [type(m) for m in again] == [InstallSnapshot, Append]
    assert again[0].offset == 64
    # The heartbeat beside it keeps reads and the quorum going; that it is refused is no news.
    assert (again[1].prev_index, again[1].entries) == (3, [])
    node.step([Received("n3", AppendReply(2, False, 3, 2, hint_index=1))])
    assert node.progress["n3"].round == 2
    assert node.progress["n3"].snapshot is not None


def test_a_follower_that_died_over_it_gets_the_snapshot_from_the_start() -> None:
    text = snapshot_of(9, 1).text
    node = raft([], term=2)
    effects = node.step([Received("n2", InstallSnapshot(2, 9, 0, text[:50], False))])
    assert sent(effects) == [SnapshotReply(2, 9, 50, False)]
    node = raft([], term=2)
    effects = node.step([Received("n2", InstallSnapshot(2, 9, 50, text[50:], True))])
    assert sent(effects) == [SnapshotReply(2, 9, 0, False)]
    assert node.commit_index == 0


def test_chunks_of_two_leaders_are_not_mixed() -> None:
    text = snapshot_of(9, 1).text
    node = raft([], term=2)
    node.step([Received("n2", InstallSnapshot(2, 9, 0, text[:50], False))])
    effects = node.step([Received("n3", InstallSnapshot(3, 9, 50, text[50:], True))])
    assert sent(effects) == [SnapshotReply(3, 9, 0, False)]


def test_a_snapshot_replaces_a_log_that_lacks_its_last_entry_or_has_another_one() -> None:
    """Figure 13, step 7; what it says is durable before it is acknowledged."""
    for terms in ([], [1, 1], [1, 1, 1, 1, 1]):
        node = raft(terms, term=2)
        effects = install(node, snapshot_of(4, 2), term=2)
        order = [e for e in effects if isinstance(e, Replace | Fsync | Send)]
        assert [type(e) for e in order] == [Replace, Fsync, Send]
        assert sent(effects) == [SnapshotReply(2, 4, 0, True)]
        assert (node.log.last_index, node.log.last_term, node.commit_index) == (4, 2, 4)
        assert node.machine.registers == {"x": 7}


def test_a_snapshot_leaves_what_follows_its_last_entry_in_the_log() -> None:
    """Figure 13, step 6: it may have been acknowledged already."""
    node = raft([1, 1, 2, 2, 2], term=2)
    install(node, snapshot_of(3, 2), term=2)
    assert (node.log.base_index, terms_of_tail(node), node.commit_index) == (3, [2, 2], 3)


def terms_of_tail(node: Raft) -> list[int]:
    return [e.term for e in node.log.between(node.log.base_index + 1, node.log.last_index)]


def test_an_old_snapshot_changes_nothing() -> None:
    node = raft([1, 1, 1], term=2)
    node.step([Received("n2", Append(2, 3, 1, 3, 1))])
    assert sent(install(node, snapshot_of(2, 1), term=2)) == [SnapshotReply(2, 2, 0, True)]
    assert sent(install(node, snapshot_of(9, 1), term=1)) == [SnapshotReply(2, 9, 0, False)]
    assert (terms_of(node), node.machine.registers) == ([1, 1, 1], {})


def test_what_is_compacted_does_not_conflict_with_what_the_leader_sends() -> None:
    """It was committed, and so it is in every later leader's log (figure 3)."""
    node = raft([], term=2)
    install(node, snapshot_of(4, 2), term=2)
    append = Append(2, 1, 1, 4, 7, entries(2, 1, 2, 2, 2))
    assert sent(node.step([Received("n2", append)])) == [AppendReply(2, True, 5, 7)]
    assert (node.log.base_index, terms_of_tail(node)) == (4, [2])


def test_an_append_right_after_the_snapshot_is_held_against_its_last_term() -> None:
    node = raft([], term=2)
    install(node, snapshot_of(4, 2), term=2)
    wrong = node.step([Received("n2", Append(2, 4, 1, 4, 7, entries(5, 2)))])
    assert only(wrong, AppendReply).ok is False
    right = node.step([Received("n2", Append(2, 4, 2, 4, 7, entries(5, 2)))])
    assert sent(right) == [AppendReply(2, True, 5, 7)]


def test_votes_compare_the_last_term_of_a_log_that_is_all_snapshot() -> None:
    node = raft([], term=2)
    install(node, snapshot_of(4, 2), term=2)
    assert not node._is_up_to_date(9, 1)
    assert not node._is_up_to_date(3, 2)
    assert node._is_up_to_date(4, 2)


@pytest.mark.parametrize("trailing", [0, 3])
def test_a_node_that_was_away_for_long_catches_up_by_snapshot_while_writes_go_on(
    trailing: int,
) -> None:
    options = Options(snapshot_entries=20, snapshot_trailing=trailing, snapshot_chunk_bytes=200)
    cluster = Cluster(3, options=options, wire=True)
    lead = cluster.settled_leader()
    away = next(name for name in cluster.names if name != lead)
    cluster.kill(away)
    for value in range(1, 101):
        cluster.ask_and_wait(lead, "set.add", key="x", value=value, session="s", seq=value)
    cluster.start(away)
    for value in range(101, 201):
        cluster.ask_and_wait(lead, "set.add", key="x", value=value, session="s", seq=value)
    cluster.run(1.0)
    assert any(f"{away} term" in note and "takes over" in note for note in cluster.notes)
    assert cluster.nodes[away].raft.machine.sets == {"x": set(range(1, 201))}
    cluster.check_logs_match()


def test_a_log_file_whose_snapshot_and_entries_do_not_meet_is_refused() -> None:
    snapshot = snapshot_of(5, 1)
    with pytest.raises(ValueError, match=r"a snapshot up to entry 5 of term 1 and not that entry"):
        recover([snapshot.record(3, 1)])
    with pytest.raises(ValueError, match="goes from entry 5 to entry 7"):
        recover([snapshot.record(5, 1), Entry(7, 1, None).encoded])
    with pytest.raises(ValueError, match="a record of another kind"):
        recover([b'{"snapshot":{},"base":[1,1]}'])
    with pytest.raises(ValueError, match="not a snapshot"):
        Snapshot.parse('{"index":1}')


def test_the_same_state_is_the_same_text_whatever_is_in_it() -> None:
    machine = StateMachine()
    for seq, (f, key, value) in enumerate(
        [
            ("write", "é", {"any": ["\ud800", None, 1.5]}),
            ("write", 7, True),
            ("set.add", None, "b"),
            ("set.add", None, 3),
            ("counter.add", "c", -4),
            ("cas", 7, [False, 1]),
        ],
        start=1,
    ):
        machine.apply(Command(f, key, value, "s", seq))
    snapshot = Snapshot.of(6, 2, ("n1",), machine.dump())
    assert snapshot.text.isascii()
    again = StateMachine()
    again.restore(Snapshot.parse(snapshot.text).state())
    assert (again.registers, again.sets, again.counters) == (
        machine.registers,
        machine.sets,
        machine.counters,
    )
    assert Snapshot.of(6, 2, ("n1",), again.dump()) == snapshot
