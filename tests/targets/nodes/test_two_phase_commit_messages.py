"""Messages of two-phase commit on the wire, and in the words that aimed faults wait for."""

from __future__ import annotations

import json

import pytest

from targets.nodes.frames import encode_json
from targets.nodes.two_phase_commit.messages import (
    NO,
    READ_ONLY,
    YES,
    Abort,
    Ack,
    Commit,
    Died,
    Done,
    Execute,
    Inquire,
    Message,
    Prepare,
    Vote,
    decode,
    encode,
)
from targets.nodes.two_phase_commit.vocabulary import Vocabulary

MESSAGES: tuple[Message, ...] = (
    Execute("t", (3, "t"), [(0, "append", '[0,"x"]', {"a": [1]}), (1, "r", '[0,"y"]', None)]),
    Done("t", [(1, [1, 2])]),
    Died("t", "conflict"),
    Prepare("t"),
    Vote("t", YES),
    Commit("t"),
    Abort("t"),
    Ack("t"),
    Inquire("t"),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back_from_the_wire_as_it_was(message: Message) -> None:
    assert decode(json.loads(encode(message))) == message


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"type": "raft"},
        {"type": "commit"},
        {"type": "commit", "id": 7},
        {"type": "commit", "id": "t", "more": 1},
        {"type": "execute", "id": "t", "age": 3, "steps": []},
        {"type": "execute", "id": "t", "age": [3, "t"], "steps": [[0, "r"]]},
        {"type": "done", "id": "t", "reads": [1]},
    ],
)
def test_what_is_no_message_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no message of two-phase commit"):
        decode(data)


def test_messages_are_told_by_what_they_bind() -> None:
    message = Vocabulary().message
    assert message(Prepare("t")) == ("ask-prepare", 0, 0, None)
    assert message(Vote("t", YES)) == ("yes", 0, 0, None)
    assert message(Commit("t")) == ("decision", 0, 0, None)
    for silent in (Vote("t", NO), Vote("t", READ_ONLY), Abort("t"), Ack("t"), Inquire("t")):
        assert message(silent) is None


def test_records_are_told_by_what_they_keep() -> None:
    record = Vocabulary().record
    prepared = {"prepared": "t", "coordinator": "n2", "age": [1, "t"], "writes": []}
    assert record(encode_json(prepared)) == ("prepared", 0, 0, "n2")
    assert record(encode_json({"decided": "t", "waits_for": ["n1"]})) == ("decided", 0, 0, None)
    assert record(encode_json({"checkpoint": {}})) == ("snapshot", 0, 0, None)
    assert record(encode_json({"done": "t", "how": "committed"})) is None
    assert record(encode_json({"forgotten": "t"})) is None
