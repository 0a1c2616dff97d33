from __future__ import annotations

from targets.nodes.frames import encode_json
from targets.nodes.paxos.ballot import NO_OP, Ballot, PValue
from targets.nodes.paxos.base import chosen_record, learnt_record
from targets.nodes.paxos.messages import (
    Accept,
    Accepted,
    Answered,
    Confirm,
    Forward,
    Heartbeat,
    Preempted,
    Prepare,
    Promise,
)
from targets.nodes.paxos.vocabulary import Vocabulary

BALLOT = Ballot(3, "n2")


def test_messages_are_told_by_what_they_promise() -> None:
    message = Vocabulary().message
    pvalues = [PValue(7, BALLOT, NO_OP), PValue(8, BALLOT, NO_OP)]
    assert message(Accept(BALLOT, 6, pvalues)) == ("replicate", 3, 8, None)
    assert message(Heartbeat(BALLOT, 8, 1)) == ("replicate", 3, 0, None)
    assert message(Accepted(BALLOT, [8, 7])) == ("stored", 3, 8, None)
    assert message(Prepare(BALLOT, 7)) == ("ask-vote", 3, 0, None)
    assert message(Promise(BALLOT, 6)) == ("vote", 3, 0, None)
    assert message(Forward(1, {"f": "read"})) == ("ask-read", 0, 0, None)
    assert message(Forward(1, {"f": "write"})) is None
    assert message(Answered(1, {"ok": True})) == ("answer", 0, 0, {"ok": True})
    assert message(Confirm(BALLOT, 1)) is None
    assert message(Preempted(BALLOT, Ballot(4, "n1"), None)) is None


def test_records_are_told_by_what_they_keep() -> None:
    record = Vocabulary().record
    assert record(PValue(8, BALLOT, NO_OP).encoded) == ("entry", 3, 8, None)
    assert record(encode_json({"promised": BALLOT})) == ("vote", 3, 0, "n2")
    assert record(encode_json({"snapshot": 8, "state": {}})) == ("snapshot", 0, 0, None)
    assert record(learnt_record(8, NO_OP)) is None
    assert record(chosen_record(8)) is None
