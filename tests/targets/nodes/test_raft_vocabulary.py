from __future__ import annotations

from targets.nodes.command import Command
from targets.nodes.frames import encode_json
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import (
    Answered,
    Append,
    AppendReply,
    Forward,
    InstallSnapshot,
    PreVote,
    PreVoteReply,
    Vote,
    VoteReply,
)
from targets.nodes.raft.snapshot import Snapshot
from targets.nodes.raft.vocabulary import Vocabulary

WRITE = Command("write", "x", "[1,2", "s", 1)


def test_messages_are_told_by_what_they_promise() -> None:
    message = Vocabulary().message
    entries = [Entry(7, 3, None), Entry(8, 3, WRITE)]
    assert message(Append(3, 6, 2, 5, 1, entries)) == ("replicate", 3, 8, None)
    assert message(Append(3, 8, 3, 5, 2)) == ("replicate", 3, 0, None)
    assert message(AppendReply(3, True, 8, 1)) == ("stored", 3, 8, None)
    assert message(Vote(4, 8, 3)) == ("ask-vote", 4, 0, None)
    assert message(VoteReply(4, True)) == ("vote", 4, 0, None)
    assert message(InstallSnapshot(4, 6, 0, "", False)) == ("snapshot", 4, 6, None)
    assert message(Forward(1, {"f": "counter.read"})) == ("ask-read", 0, 0, None)
    assert message(Answered(1, {"ok": True})) == ("answer", 0, 0, {"ok": True})


def test_what_is_refused_or_only_asked_beforehand_says_nothing() -> None:
    silent = (AppendReply(3, False, 8, 1), VoteReply(4, False), PreVote(5, 8, 3))
    more = (PreVoteReply(5, True), Forward(2, {"f": "counter.add"}))
    assert [Vocabulary().message(m) for m in (*silent, *more)] == [None] * 5


def test_records_are_told_by_what_they_keep() -> None:
    record = Vocabulary().record
    assert record(Entry(8, 3, WRITE).encoded) == ("entry", 3, 8, None)
    assert record(Entry(9, 3, None).encoded) == ("entry", 3, 9, None)
    members = ("n1", "n2")
    assert record(Entry(10, 3, None, members).encoded) == ("configuration", 3, 10, members)
    assert record(encode_json({"term": 4, "vote": "n2"})) == ("vote", 4, 0, "n2")
    assert record(encode_json({"term": 4, "vote": None})) is None
    snapshot = Snapshot.of(8, 3, ("n1",), {})
    assert record(snapshot.record(8, 3)) == ("snapshot", 0, 0, None)
