"""What a node writes down, and what it makes of it after a restart (figure 2, persistent state)."""

from __future__ import annotations

import json

import pytest

from targets.nodes.command import Command
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import (
    Answered,
    Append,
    AppendReply,
    Forward,
    Message,
    PreVote,
    PreVoteReply,
    Vote,
    VoteReply,
    decode,
    encode,
)
from targets.nodes.raft.recovery import recover


def entry(index: int, term: int, value: int = 0) -> Entry:
    return Entry(index, term, Command("write", "x", value, "s", index))


def test_an_empty_disk_is_a_new_node() -> None:
    state = recover([])
    assert (state.term, state.voted_for, state.log.last_index) == (0, None, 0)


def test_the_last_vote_and_all_entries_come_back() -> None:
    records = [b'{"term":1,"vote":"n2"}', entry(1, 1).encoded, b'{"term":3,"vote":null}']
    records.append(Entry(2, 3, None).encoded)
    state = recover(records)
    assert (state.term, state.voted_for) == (3, None)
    assert state.log.entry(1).command == Command("write", "x", 0, "s", 1)
    assert state.log.entry(2).command is None


def test_an_entry_written_again_replaces_it_and_what_followed() -> None:
    records = [entry(i, 1).encoded for i in (1, 2, 3)] + [entry(2, 2).encoded]
    log = recover(records).log
    assert [(e.index, e.term) for e in log.between(1, log.last_index)] == [(1, 1), (2, 2)]


def test_a_log_file_with_a_gap_is_refused() -> None:
    with pytest.raises(ValueError, match="goes from entry 1 to entry 3"):
        recover([entry(1, 1).encoded, entry(3, 1).encoded])


MESSAGES: list[Message] = [
    PreVote(1, 2, 3),
    PreVoteReply(1, True),
    Vote(1, 2, 3),
    VoteReply(1, False),
    Append(1, 2, 3, 4, 5),
    AppendReply(1, False, 2, 3, 4, None),
    Forward(1 << 80, {"f": "read", "key": "é"}),
    Answered(7, {"ok": True, "value": ["]}"]}),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_survives_the_wire(message: Message) -> None:
    assert decode(json.loads(encode(message))) == message


def test_entries_survive_the_wire_and_keep_their_bytes() -> None:
    entries = [entry(1, 1, 5), Entry(2, 1, None)]
    append = decode(json.loads(encode(Append(1, 0, 0, 0, 1, entries))))
    assert isinstance(append, Append)
    assert [e.encoded for e in append.entries] == [e.encoded for e in entries]


@pytest.mark.parametrize(
    "data",
    [{}, {"type": "vote"}, {"type": "vote", "more": 1}, {"type": "x"}, []],
)
def test_what_is_no_message_is_said_to_be_none(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a Raft message"):
        decode(data)
