"""What clients may ask, and that each of their transactions happens once."""

from __future__ import annotations

from typing import Any

import pytest
from two_phase_commit_simulation import Cluster

from targets.nodes.effects import Reply, Requested, Undelivered
from targets.nodes.two_phase_commit.messages import Commit, Execute
from targets.nodes.two_phase_commit.options import Options

APPEND = [["append", "x", 1]]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ([], "a request is a JSON object, not list"),
        ({"f": "read"}, "unknown f 'read'; this node knows txn, status"),
        ({"f": "txn", "key": True, "value": APPEND}, "a key is a string, an integer or null"),
        ({"f": "txn", "value": []}, "a txn is a list of 1 to 64 steps [f, name, value]"),
        ({"f": "txn", "value": APPEND * 65}, "a txn is a list of 1 to 64 steps"),
        ({"f": "txn", "value": [["append", "x"]]}, "a step is [f, name, value], not"),
        ({"f": "txn", "value": [["cas", "x", 1]]}, "a step's f is one of r, append, w, add, not"),
        ({"f": "txn", "value": [["add", "x", 1.5]]}, "add takes an integer, not 1.5"),
        ({"f": "txn", "value": [["r", None, None]]}, "a step's name is a string or an integer"),
        ({"f": "txn", "value": APPEND}, "a txn that writes needs a session (string) and a seq"),
        (
            {"f": "txn", "value": APPEND, "session": "s", "seq": 1, "since": -1},
            "since is a number of applied commands, not -1",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_and_says_why(request_: Any, told: str) -> None:
    cluster = Cluster()
    pending = cluster.ask("n1", ("r", "x", None))
    cluster.run(0.1)
    effects = cluster.nodes["n1"].alive.step([Requested(pending, request_)])
    (body,) = [effect.body for effect in effects if isinstance(effect, Reply)]
    assert (body["error"], body["definite"]) == ("bad-request", True)
    assert told in body["detail"]


def test_a_value_nested_too_deep_is_refused() -> None:
    value: Any = 1
    for _ in range(102):
        value = [value]
    refused = Cluster().ask("n1", ("append", "x", value))
    assert refused.error == "bad-request"


def test_what_would_fall_below_zero_is_refused_whole() -> None:
    cluster = Cluster()
    assert cluster.ask_and_wait("n1", ("w", "x", 3), ("add", "y", 2)).ok
    refused = cluster.ask_and_wait("n2", ("add", "y", 4), ("add", "x", -4))
    assert (refused.error, refused.answer["definite"]) == ("refused", True)
    assert "would hold -1, which is below zero" in refused.answer["detail"]
    moved = cluster.ask_and_wait("n3", ("add", "x", 1), ("add", "x", -4), ("add", "y", 3))
    assert moved.ok
    assert cluster.read("x", "y") == [0, 5]
    assert cluster.ask_and_wait("n1", ("append", "z", 1)).ok
    assert cluster.ask_and_wait("n1", ("add", "z", 1)).error == "refused"


def test_what_is_asked_again_is_answered_again_and_happens_once() -> None:
    cluster = Cluster()
    said = {"session": "s", "seq": 1}
    first = cluster.ask_and_wait("n1", ("append", "x", 1), ("r", "x", None), **said)
    again = cluster.ask_and_wait("n1", ("append", "x", 1), ("r", "x", None), **said)
    assert first.answer == again.answer
    assert cluster.read("x") == [[1]]


def test_so_it_is_after_the_coordinator_has_lost_its_power() -> None:
    cluster = Cluster()
    said = {"session": "s", "seq": 1}
    cluster.ask_and_wait("n1", ("append", "x", 1), **said)
    cluster.lose_power("n1")
    cluster.start("n1")
    assert cluster.ask_and_wait("n1", ("append", "x", 1), **said).ok
    assert cluster.read("x") == [[1]]


def test_what_is_asked_again_while_it_is_under_way_is_one_transaction() -> None:
    cluster = Cluster()
    said = {"session": "s", "seq": 1}
    copies = [cluster.ask("n1", ("append", "x", 1), **said) for _ in range(3)]
    assert cluster.run_until(lambda: all(copy.ok for copy in copies))
    assert cluster.read("x") == [[1]]


def test_what_was_aborted_is_not_begun_again_by_a_late_copy() -> None:
    cluster = Cluster()
    said = {"session": "s", "seq": 1}
    cluster.isolate(cluster.home("x"))
    coordinator = next(name for name in cluster.names if name != cluster.home("x"))
    refused = cluster.ask_and_wait(coordinator, ("append", "x", 1), **said)
    assert refused.error == "aborted"
    cluster.heal()
    assert cluster.ask_and_wait(coordinator, ("append", "x", 1), **said).error == "aborted"
    assert cluster.read("x") == [None]


def test_what_died_with_its_coordinator_may_be_asked_again() -> None:
    """Nothing is left of what was not decided: a second copy is the first that can happen."""
    cluster = Cluster()
    said = {"session": "s", "seq": 1}
    cluster.ask("n1", ("append", "x", 1), ("append", "y", 1), **said)
    cluster.restart("n1")
    again = cluster.ask_and_wait("n1", ("append", "x", 1), ("append", "y", 1), **said)
    cluster.run(3.0)
    assert again.ok or again.error == "aborted"
    assert cluster.read("x", "y") == ([[1], [1]] if again.ok else [None, None])


def test_an_older_transaction_of_a_session_is_refused() -> None:
    cluster = Cluster()
    cluster.ask_and_wait("n1", ("append", "x", 1), session="s", seq=2)
    assert cluster.ask_and_wait("n1", ("append", "x", 9), session="s", seq=1).error == (
        "stale-session"
    )


def test_a_session_that_may_have_been_dropped_is_told_what_time_it_is() -> None:
    cluster = Cluster(options=Options(sessions=2))
    for number in range(3):
        cluster.ask_and_wait("n1", ("append", "x", number), session=f"s{number}", seq=1)
    late = cluster.ask_and_wait("n1", ("append", "x", 0), session="s0", seq=1)
    assert late.error == "session-expired"
    assert late.answer is not None and late.answer["since"] == 3
    fresh = cluster.ask_and_wait("n1", ("append", "x", 9), session="new", seq=1, since=3)
    assert fresh.ok


def test_an_append_to_a_register_is_refused_and_changes_nothing() -> None:
    cluster = Cluster()
    x, y = cluster.name_at("n2"), cluster.name_at("n3")
    assert cluster.ask_and_wait("n1", ("w", x, 5)).ok
    refused = cluster.ask_and_wait("n1", ("append", y, 1), ("append", x, 1))
    assert refused.error == "refused"
    assert refused.answer is not None and "holds 5, which is no list" in refused.answer["detail"]
    assert cluster.read(x, y) == [5, None]


def test_a_shard_that_cannot_be_reached_is_told_at_once() -> None:
    cluster = Cluster()
    x = cluster.name_at("n2")
    cluster.dropped = lambda source, target, message: isinstance(message, Execute)
    refused = cluster.ask("n1", ("append", x, 1))
    core = cluster.nodes["n1"].alive
    (name,) = core.running
    effects = core.step([Undelivered("n2", Execute(name, (1, name), []))])
    cluster._carry_out(cluster.nodes["n1"], effects)
    assert refused.error == "shard-unreachable"


def test_too_many_at_once_are_refused() -> None:
    cluster = Cluster(options=Options(running_max=1))
    x = cluster.name_at("n2")
    cluster.ask("n1", ("append", x, 1))
    assert cluster.ask("n1", ("append", x, 2)).error == "busy"


def test_the_status_tells_what_is_in_doubt() -> None:
    cluster = Cluster()
    x = cluster.name_at("n2")
    cluster.dropped = lambda source, target, message: isinstance(message, Commit)
    wrote = cluster.ask_and_wait("n1", ("append", x, 1))
    assert wrote.ok
    status = cluster.nodes["n2"].alive.status()
    assert (status["role"], status["leader"], status["in_doubt"]) == ("member", None, 1)


def test_options_are_read_and_all_that_is_wrong_is_told() -> None:
    options = Options.from_texts(["work-ms=500", "refuse=0.25", "checkpoint-records=7"])
    assert (options.work_s, options.refuse, options.checkpoint_records) == (0.5, 0.25, 7)
    with pytest.raises(ValueError, match="none of this system's options") as caught:
        Options.from_texts(["colour=red", "refuse=1", "sessions=0", "work-ms=9000"])
    told = str(caught.value)
    assert "refuse=1: expected a fraction from 0 up to 1" in told
    assert "sessions=0: expected a whole number" in told
    assert "participants would give up (idle-ms=2000) before their coordinator does" in told


def test_what_would_not_fit_into_a_frame_is_refused_before_anybody_relies_on_it() -> None:
    cluster = Cluster()
    x, y = cluster.name_at("n2"), cluster.name_at("n3")
    long = "x" * 1_000_000
    assert cluster.ask("n1", ("append", x, long), ("append", x, long)).error == "bad-request"
    for _ in range(2):
        assert cluster.ask_and_wait("n1", ("append", x, long)).ok
    refused = cluster.ask_and_wait("n1", ("append", y, 1), ("r", x, None), ("r", x, None))
    assert refused.error == "refused"
    assert refused.answer is not None and "to read or to hold" in refused.answer["detail"]
    assert cluster.ask_and_wait("n1", ("append", x, long)).error == "refused"
    cluster.lose_power("n2")
    cluster.start("n2")
    cluster.run(0.5)
    # It is remembered after a start how much there is.
    assert cluster.ask_and_wait("n1", ("append", x, long)).error == "refused"
    assert cluster.read(y) == [None]
