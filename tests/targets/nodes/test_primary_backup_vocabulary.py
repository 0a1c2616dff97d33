"""The words of aimed faults for what primary-backup nodes say and write."""

from __future__ import annotations

from targets.nodes.primary_backup.base import configuration_record, service_record
from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.primary_backup.messages import (
    Answered,
    Append,
    AppendReply,
    Fenced,
    Forward,
    InstallSnapshot,
    OfService,
)
from targets.nodes.primary_backup.vocabulary import Vocabulary
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import Forward as ServiceForward
from targets.nodes.raft.messages import Vote

OWN = Configuration(5, "n2", ("n1", "n3"), 77, 3)
REIGN = (3, ("n2", "n1", "n3"))


def asked(wanted: Configuration) -> OfService:
    request = {"f": "cas", "key": "configuration", "value": [OWN.plain(), wanted.plain()]}
    return OfService(ServiceForward(1, request))


def test_messages_are_told_by_what_they_promise() -> None:
    message = Vocabulary().message
    entries = [Entry(8, 5, None)]
    assert message(Append(OWN, 7, 5, 7, 1, entries)) == ("replicate", 5, 8, REIGN)
    assert message(Append(OWN, 7, 5, 7, 1)) == ("replicate", 5, 0, REIGN)
    assert message(AppendReply(5, True, 8, 1)) == ("stored", 5, 8, None)
    assert message(AppendReply(5, False, 8, 1)) is None
    assert message(InstallSnapshot(OWN, 8, 0, "", True)) == ("snapshot", 5, 8, None)
    assert message(Forward(1, 77, {"f": "read"})) == ("ask-read", 0, 0, None)
    assert message(Forward(1, 77, {"f": "write"})) is None
    assert message(Answered(1, {"ok": True})) == ("answer", 0, 0, {"ok": True})
    assert message(Fenced(OWN)) is None


def test_to_ask_for_a_reign_is_a_candidacy_and_to_ask_for_other_backups_is_none() -> None:
    message = Vocabulary().message
    assert message(asked(OWN.taken_over("n3", 9))) == ("ask-vote", 6, 0, None)
    assert message(asked(OWN.with_backups(["n1"]))) is None
    assert message(OfService(ServiceForward(1, {"f": "read", "key": "configuration"}))) is None
    assert message(OfService(Vote(2, 0, 0))) is None


def test_records_are_told_by_what_they_keep() -> None:
    record = Vocabulary().record
    assert record(Entry(8, 5, None).encoded) == ("entry", 5, 8, None)
    assert record(b'{"snapshot":{},"base":[8,5]}') == ("snapshot", 0, 0, None)
    assert record(configuration_record(OWN)) is None
    assert record(service_record(Entry(1, 1, None).encoded)) is None
