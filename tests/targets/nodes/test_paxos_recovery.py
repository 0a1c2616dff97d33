"""What a node writes down, what it makes of it after a restart, and how it catches up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from paxos_simulation import Cluster

from targets.nodes.command import Command
from targets.nodes.command_line import main
from targets.nodes.disk import encode_record
from targets.nodes.paxos.__main__ import PAXOS
from targets.nodes.paxos.ballot import NO_BALLOT, NO_OP, Ballot, Decree, PValue
from targets.nodes.paxos.base import chosen_record, learnt_record
from targets.nodes.paxos.messages import (
    Accept,
    Accepted,
    Answered,
    Confirm,
    Fetch,
    Forward,
    Heartbeat,
    Learn,
    Learned,
    Message,
    Part,
    Preempted,
    Prepare,
    Promise,
    decode,
    encode,
)
from targets.nodes.paxos.options import Options
from targets.nodes.paxos.recovery import recover
from targets.systems import SYSTEMS

ONE, TWO = Ballot(1, "n1"), Ballot(2, "n2")


def value(number: int) -> Decree:
    return Decree(Command("write", "x", number, "s", number))


def test_an_empty_disk_is_a_new_node() -> None:
    state = recover([])
    assert (state.promised, state.accepted, state.chosen) == (NO_BALLOT, {}, 0)


def test_the_last_promise_and_what_was_accepted_come_back() -> None:
    records = [b'{"promised":[1,"n1"]}', PValue(4, ONE, value(1)).encoded]
    records += [PValue(4, TWO, value(2)).encoded]
    state = recover(records)
    # To accept is to promise.
    assert state.promised == TWO
    assert state.accepted[4].decree.command == Command("write", "x", 2, "s", 2)


def test_what_was_chosen_is_what_was_accepted_or_learnt_last() -> None:
    records = [PValue(slot, ONE, value(slot)).encoded for slot in (1, 2)]
    records += [learnt_record(2, value(9)), learnt_record(3, NO_OP), chosen_record(3)]
    state = recover(records)
    assert [state.decided[slot].encoded for slot in (1, 2, 3)] == [
        value(1).encoded,
        value(9).encoded,
        NO_OP.encoded,
    ]


def test_a_file_that_leaves_a_chosen_slot_open_is_refused() -> None:
    with pytest.raises(ValueError, match="up to 2 are chosen, but holds nothing for slot 1"):
        recover([PValue(2, ONE, value(1)).encoded, chosen_record(2)])


@pytest.mark.parametrize("record", [b'{"term":1,"vote":"n2"}', b"[1,1,null]", b"7"])
def test_records_of_somebody_else_are_refused(record: bytes) -> None:
    with pytest.raises(ValueError, match=r"log file|unpack"):
        recover([record])


MESSAGES: list[Message] = [
    Prepare(ONE, 3),
    Promise(ONE, 3, 5),
    Accept(ONE, 3),
    Accepted(ONE, [3, 7]),
    Heartbeat(ONE, 3, 4),
    Confirm(ONE, 4),
    Preempted(ONE, TWO, None),
    Learn(3),
    Learned(3),
    Fetch(3, 100),
    Part(3, 0, 5, '{"é"}'),
    Forward(1 << 80, {"f": "read", "key": "é"}),
    Answered(7, {"ok": True, "value": ["]}"]}),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_survives_the_wire(message: Message) -> None:
    assert decode(json.loads(encode(message))) == message


def test_decrees_survive_the_wire_and_keep_their_bytes() -> None:
    pvalues = [PValue(1, ONE, value(1)), PValue(2, ONE, NO_OP)]
    for message in (Accept(ONE, 0, pvalues), Promise(ONE, 0, None, pvalues)):
        copy = decode(json.loads(encode(message)))
        assert isinstance(copy, Accept | Promise)
        assert [p.encoded for p in copy.pvalues] == [p.encoded for p in pvalues]
    learned = decode(json.loads(encode(Learned(2, [(1, value(1)), (2, NO_OP)]))))
    assert isinstance(learned, Learned)
    assert [(slot, d.encoded) for slot, d in learned.decrees] == [
        (1, value(1).encoded),
        (2, NO_OP.encoded),
    ]


@pytest.mark.parametrize(
    "data", [{}, {"type": "prepare"}, {"type": "prepare", "ballot": [1], "first": 1}, {"type": 1}]
)
def test_what_is_no_message_is_said_to_be_none(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a Paxos message"):
        decode(data)


# Catching up.


def fill(cluster: Cluster, node: str, count: int) -> None:
    for number in range(count):
        session = f"s{len(cluster.pending)}"
        pending = cluster.ask(node, "set.add", key="x", value=number, session=session, seq=1)
        cluster.run_until(lambda p=pending: p.answer is not None, 3.0)  # type: ignore[misc]
        assert pending.ok


def caught_up(cluster: Cluster) -> bool:
    return len({cluster.nodes[name].paxos.chosen for name in cluster.names}) == 1


def test_a_node_that_missed_slots_asks_for_them() -> None:
    cluster = Cluster(1, wire=True, options=Options(message_bytes_max=300))
    leader = cluster.settled_leader()
    late = next(name for name in cluster.names if name != leader)
    cluster.kill(late)
    fill(cluster, leader, 40)
    cluster.start(late)
    assert cluster.run_until(lambda: caught_up(cluster), 5.0)
    node = cluster.nodes[late].paxos
    assert node.machine.sets == {"x": set(range(40))}
    # What was learnt is on the disk as well: a restart begins from there.
    assert recover(cluster.nodes[late].disk.records).chosen >= 30


def test_slots_are_applied_in_order_though_they_are_chosen_out_of_order() -> None:
    cluster = Cluster(2)
    leader = cluster.settled_leader()
    cluster.dropped = lambda source, target, message: isinstance(message, Accept)
    first = cluster.ask(leader, "set.add", key="x", value=1, session="a", seq=1)
    cluster.dropped = lambda source, target, message: False
    second = cluster.ask(leader, "set.add", key="x", value=2, session="b", seq=1)
    cluster.run(0.02)
    node = cluster.nodes[leader].paxos
    assert sorted(node.decided) == [2]
    assert (node.chosen, first.answer, second.answer) == (0, None, None)
    # The proposal that was lost is made again, and both are answered.
    cluster.run(0.5)
    assert first.ok and second.ok


def test_a_snapshot_takes_the_place_of_slots_in_memory_and_on_the_disk() -> None:
    cluster = Cluster(3, options=Options(snapshot_slots=10))
    leader = cluster.settled_leader()
    fill(cluster, leader, 25)
    cluster.run(0.2)
    for name in cluster.names:
        node = cluster.nodes[name].paxos
        assert node.snapshot_slot >= 20
        assert min(node.accepted) > node.snapshot_slot
        assert len(cluster.nodes[name].disk.records) < 20
    for name in cluster.names:
        cluster.lose_power(name, torn=False)
        cluster.start(name)
    read = cluster.ask_and_wait(cluster.settled_leader(), "set.read", key="x")
    assert read.value == list(range(25))


def test_a_session_outlives_the_slots_that_made_it() -> None:
    cluster = Cluster(4, options=Options(snapshot_slots=5))
    leader = cluster.settled_leader()
    for seq in (1, 2):
        one = cluster.ask_and_wait(leader, "counter.add", key="c", value=1, session="s", seq=seq)
        assert one.ok
    fill(cluster, leader, 12)
    for name in cluster.names:
        cluster.kill(name)
        cluster.start(name)
    leader = cluster.settled_leader()
    again = cluster.ask_and_wait(leader, "counter.add", key="c", value=1, session="s", seq=2)
    assert again.ok
    assert cluster.ask_and_wait(leader, "counter.read", key="c").value == 2


def test_who_asks_for_slots_that_are_gone_gets_the_snapshot_piece_by_piece() -> None:
    options = Options(snapshot_slots=10, snapshot_part_chars=64)
    cluster = Cluster(5, wire=True, loss=0.1, options=options)
    leader = cluster.settled_leader()
    late = next(name for name in cluster.names if name != leader)
    cluster.kill(late)
    parts = 0

    def count(source: str, target: str, message: object) -> bool:
        nonlocal parts
        parts += isinstance(message, Part)
        return False

    cluster.dropped = count
    fill(cluster, leader, 30)
    cluster.start(late)
    assert cluster.run_until(lambda: caught_up(cluster), 20.0)
    assert parts > 10
    cluster.lose_power(late)
    cluster.start(late)
    assert cluster.nodes[late].paxos.machine.sets == {"x": set(range(30))}


# The command line and the options.

GOOD = ["--id", "n1", "--members", "n1=10.0.0.2,n2=10.0.0.3:7009", "--data", "d"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--id", "n9"], "--id n9 is none of the members: n1, n2"),
        (["--members", "n1"], "'n1' is not NAME=ADDRESS"),
        (["--members", "n1=a,n1=b"], "member 'n1' is named twice"),
        (["--option", "reads=never"], "reads=never: expected quorum or lease"),
        (["--option", "snapshot-slots=0"], "expected a whole number, at least 1"),
        (["--option", "colour=red"], "'colour=red' is none of this system's options"),
        (["--option", "election-ms=800,400"], "expected MIN,MAX in milliseconds"),
        (["--option", "heartbeat-ms=400"], "not shorter than the smallest election time-out"),
        (["--bug", "X99"], "no seeded bug 'X99'. There are: X1 paxos.promise-not-durable"),
    ],
)
def test_a_mistake_is_named(
    change: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(PAXOS, [*GOOD, *change])
    assert stopped.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_log_of_somebody_else_is_a_sentence_and_not_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "paxos.log").write_bytes(encode_record(b'{"term":1,"vote":"n2"}'))
    assert main(PAXOS, [*GOOD[:-1], str(tmp_path)]) == 1
    assert "cannot start: the log file holds {'term': 1" in capsys.readouterr().err


def test_the_system_says_how_to_run_a_node() -> None:
    launch = SYSTEMS["paxos"].launch(
        "n1", {"n1": "10.0.0.2", "n2": "10.0.0.3"}, ["paxos.own-value"], ["reads=lease"]
    )
    assert launch.module == "targets.nodes.paxos"
    assert "--members n1=10.0.0.2,n2=10.0.0.3" in " ".join(launch.arguments)
    assert launch.arguments[-4:] == ("--bug", "paxos.own-value", "--option", "reads=lease")
    with pytest.raises(ValueError, match="none of this system's options"):
        SYSTEMS["paxos"].launch("n1", {"n1": "a"}, [], ["speed=1"])
