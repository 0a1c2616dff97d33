"""What a primary-backup node writes down and sends, and what it makes of it again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from primary_backup_simulation import Cluster

from targets.nodes.command import Command
from targets.nodes.command_line import main
from targets.nodes.disk import encode_record
from targets.nodes.primary_backup.__main__ import PRIMARY_BACKUP
from targets.nodes.primary_backup.base import configuration_record, service_record
from targets.nodes.primary_backup.configuration import Configuration
from targets.nodes.primary_backup.messages import (
    Answered,
    Append,
    AppendReply,
    Discard,
    Fenced,
    Forward,
    InstallSnapshot,
    Message,
    OfService,
    SnapshotReply,
    decode,
    encode,
)
from targets.nodes.primary_backup.options import Options
from targets.nodes.primary_backup.recovery import recover
from targets.nodes.raft.log import Entry
from targets.nodes.raft.messages import AppendReply as ServiceReply
from targets.systems import SYSTEMS
from targets.systems.primary_backup import LOST_AT_PROMOTION, STALE_IN_SESSIONS, PrimaryBackup

OWN = Configuration(5, "n2", ("n1", "n3"), 77, 3)
ENTRY = Entry(8, 5, Command("write", "k", 1, "s", 1))
MESSAGES: list[Message] = [
    Append(OWN, 7, 5, 7, 1, [ENTRY]),
    Append(OWN, 7, 5, 7, 1),
    AppendReply(5, False, 7, 1, 3, 2, True),
    Fenced(OWN),
    Discard(OWN, 7, 4),
    InstallSnapshot(OWN, 7, 0, "text", True),
    SnapshotReply(5, 7, 0, True),
    Forward(1, 77, {"f": "read"}),
    Answered(1, {"ok": True, "value": None}),
    OfService(ServiceReply(3, True, 1, 1)),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_messages_survive_the_wire(message: Message) -> None:
    again = decode(json.loads(encode(message)))
    assert encode(again) == encode(message)
    assert type(again) is type(message)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"type": "hello"},
        {"type": "append"},
        {"type": "fenced", "configuration": [1, 2]},
        {"type": "fenced", "configuration": [True, "n1", [], 1, 1]},
        {"type": "of-service", "message": {"type": "nothing"}},
        {"type": "forward", "id": 1, "life": 1, "request": {}, "more": 1},
    ],
)
def test_what_is_no_message_is_refused_in_words(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a "):
        decode(data)


def test_a_node_remembers_epoch_log_and_service() -> None:
    records = [
        configuration_record(Configuration.first(["n1", "n2"])),
        Entry(1, 5, None).encoded,
        Entry(2, 5, None).encoded,
        service_record(b'{"term":3,"vote":"n1"}'),
        configuration_record(OWN),
        Entry(2, 6, None).encoded,
    ]
    state = recover(records)
    assert state.configuration == OWN
    assert (state.log.last_index, state.log.last_term) == (2, 6)
    assert state.service == [b'{"term":3,"vote":"n1"}']


@pytest.mark.parametrize(
    "record", [b'{"vote":1}', b"7", Entry(3, 1, None).encoded, b'{"configuration":[1]}']
)
def test_a_log_that_no_such_node_wrote_is_refused_in_words(record: bytes) -> None:
    with pytest.raises(ValueError, match=r"no primary-backup node|not written by|not a config"):
        recover([record])


def test_a_deposed_primary_still_knows_its_epoch_after_a_loss_of_power() -> None:
    cluster = Cluster(1)
    name = cluster.others(cluster.settled())[0]
    epoch = cluster.core(name).configuration.epoch
    cluster.lose_power(name)
    cluster.isolate(name)
    cluster.start(name)
    assert cluster.core(name).configuration.epoch == epoch > 0


def test_all_that_is_wrong_with_options_is_told_at_once() -> None:
    texts = ["replication=semi", "reads=any", "grace-ms=9", "lease-ms=0", "clock-drift=2", "x=1"]
    with pytest.raises(ValueError, match="replication=semi: expected sync or async") as caught:
        Options.from_texts([*texts, "sessions=0", "heartbeat-ms=x"])
    told = str(caught.value)
    for name in ("reads=any", "grace-ms", "lease-ms", "clock-drift", "'x=1' is none", "sessions=0"):
        assert name in told
    with pytest.raises(ValueError, match="takes over after 600 ms of silence"):
        Options.from_texts(["patience-beats=20"])
    with pytest.raises(ValueError, match="not shorter than the smallest election"):
        Options.from_texts(["heartbeat-ms=500"])


def test_the_system_says_what_it_loses_under_which_options() -> None:
    system = PrimaryBackup()
    assert SYSTEMS["primary-backup"].name == "primary-backup"
    assert system.departures(()) == ()
    assert system.departures(["replication=async"]) == (LOST_AT_PROMOTION,)
    assert system.departures(["reads=session"]) == (STALE_IN_SESSIONS,)
    assert "replication=async" in system.summary


def test_a_damaged_log_is_told_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "primary-backup.log").write_bytes(encode_record(b'{"vote":1}'))
    arguments = ["--id", "n1", "--members", "n1=127.0.0.1", "--data", str(tmp_path)]
    assert main(PRIMARY_BACKUP, arguments) == 1
    assert "which no primary-backup node writes" in capsys.readouterr().err
