"""From records to memory: what a start remembers, and what a checkpoint keeps."""

from __future__ import annotations

import pytest
from two_phase_commit_simulation import Cluster

from targets.nodes.frames import encode_json
from targets.nodes.two_phase_commit.base import ABORTED, COMMITTED
from targets.nodes.two_phase_commit.messages import Commit, Inquire
from targets.nodes.two_phase_commit.options import Options
from targets.nodes.two_phase_commit.recovery import recover

PREPARED = {"prepared": "t", "coordinator": "n1", "age": [1, "t"], "writes": [["x", "append", 1]]}
DECIDED = {
    "decided": "t",
    "waits_for": ["n1", "n2"],
    "session": "s",
    "seq": 3,
    "answer": {"ok": True},
}


def recovered(*records: object, options: Options | None = None):  # type: ignore[no-untyped-def]
    return recover([encode_json(record) for record in records], options or Options())


def test_a_yes_without_an_end_is_in_doubt_and_installs_nothing() -> None:
    state = recovered(PREPARED)
    assert list(state.prepared) == ["t"]
    assert state.store.values == {}


@pytest.mark.parametrize(("how", "values"), [(COMMITTED, {"x": [1]}), (ABORTED, {})])
def test_its_end_says_whether_it_is_redone(how: str, values: dict[str, object]) -> None:
    state = recovered(PREPARED, {"done": "t", "how": how})
    assert state.prepared == {}
    assert state.store.values == values
    assert state.finished == {"t": how}


def test_a_decision_is_to_be_told_until_it_is_forgotten_and_its_answer_stays() -> None:
    state = recovered(DECIDED)
    assert state.decided["t"].waits_for == {"n1", "n2"}
    state = recovered(DECIDED, {"forgotten": "t"})
    assert state.decided == {}
    assert state.sessions.last("s") == (3, {"ok": True})


@pytest.mark.parametrize(
    "record", [{"promised": 3}, [1, 2], {"done": "never-prepared", "how": COMMITTED}, 7]
)
def test_what_no_such_node_writes_is_refused(record: object) -> None:
    with pytest.raises(ValueError, match="which no node of two-phase commit writes"):
        recovered(record)


def test_what_is_in_doubt_is_locked_again_before_anybody_else_is_served() -> None:
    cluster = Cluster()
    x = cluster.name_at("n2")
    cluster.dropped = lambda source, target, message: isinstance(message, Commit)
    assert cluster.ask_and_wait("n1", ("append", x, 1)).ok
    cluster.dropped = lambda source, target, message: isinstance(message, Commit | Inquire)
    cluster.restart("n2")
    reader = cluster.ask_and_wait("n3", ("r", x, None))
    assert reader.error == "aborted"
    cluster.dropped = lambda *_: False
    assert cluster.read(x, node="n3") == [[1]]


def test_the_same_state_comes_back_from_a_checkpoint_as_from_the_whole_log() -> None:
    states, lengths = [], []
    for records in (4, 100_000):
        cluster = Cluster(seed=5, options=Options(checkpoint_records=records))
        for number in range(40):
            name, other = f"k{number % 7}", f"k{number % 5}"
            cluster.ask_and_wait("n1", ("append", name, number), ("append", other, -number))
        for name in cluster.names:
            cluster.lose_power(name)
            cluster.start(name)
        cluster.run(1.0)
        cores = [cluster.nodes[name].alive for name in cluster.names]
        states.append([(core.store.values, core.sessions.dump()) for core in cores])
        lengths.append(sum(len(node.disk.records) for node in cluster.nodes.values()))
    assert [sorted(map(str, s[0])) for s in states[0]] == [
        sorted(map(str, s[0])) for s in states[1]
    ]
    assert [s[1] for s in states[0]] == [s[1] for s in states[1]]


def test_a_checkpoint_keeps_what_is_under_way() -> None:
    cluster = Cluster(options=Options(checkpoint_records=1))
    x, y = cluster.name_at("n2"), cluster.name_at("n3")
    cluster.dropped = lambda source, target, message: isinstance(message, Commit)
    assert cluster.ask_and_wait("n1", ("append", x, 1), ("append", y, 1)).ok
    cluster.run(0.5)
    for name in cluster.names:
        cluster.lose_power(name)
    cluster.dropped = lambda *_: False
    for name in cluster.names:
        cluster.start(name)
    assert cluster.read(x, y) == [[1], [1]]


def test_how_transactions_ended_is_remembered_for_so_many_and_no_more() -> None:
    cluster = Cluster(options=Options(finished=5))
    for number in range(30):
        cluster.ask_and_wait("n1", ("append", "x", number))
    home = cluster.nodes[cluster.home("x")]
    assert len(home.alive.finished) == 5
    assert len(recover(home.disk.records, Options(finished=5)).finished) == 5
