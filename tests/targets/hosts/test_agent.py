"""The agent: greeted with a token, answers every request, heals when its harness is gone."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from targets.hosts.agent import FRAME_BYTES_MAX, Agent, receive, send
from targets.hosts.rules import Refusals
from targets.nodes.disk import LogFile


class FakeTable:
    def __init__(self) -> None:
        self.refused: set[str] = set()

    def counts(self) -> dict[str, int]:
        return dict.fromkeys(self.refused, 1)

    def change(self, remove: list[str], add: list[str]) -> None:
        self.refused = (self.refused - set(remove)) | set(add)


@contextmanager
def served(table: FakeTable) -> Iterator[socket.socket]:
    """The harness's end of a connection to an agent that runs in a thread."""
    ours, theirs = socket.socketpair()
    ours.settimeout(10)

    def serve() -> None:
        with theirs:
            Agent(Refusals(table), "secret").serve(theirs)

    thread = threading.Thread(target=serve)
    thread.start()
    with ours:
        yield ours
    thread.join(10)
    assert not thread.is_alive()


def ask(connection: socket.socket, **request: object) -> dict[str, object]:
    send(connection, {"id": 1, **request})
    answer = receive(connection)
    assert answer is not None
    return answer


def test_it_answers_after_the_right_token():
    with served(FakeTable()) as connection:
        assert ask(connection, command="hello", token="secret")["ok"] is True
        assert ask(connection, command="ping") == {"id": 1, "ok": True, "value": None}


@pytest.mark.parametrize(
    "first",
    [
        {"command": "hello", "token": "guess"},
        {"command": "hello"},
        {"command": "refuse", "addresses": ["10.0.0.1"], "token": "secret"},
    ],
)
def test_whoever_does_not_greet_with_the_token_is_hung_up_on(first):
    table = FakeTable()
    with served(table) as connection:
        assert ask(connection, **first)["ok"] is False
        assert receive(connection) is None
    assert table.refused == set()


def test_it_refuses_and_counts():
    table = FakeTable()
    with served(table) as connection:
        ask(connection, command="hello", token="secret")
        ask(connection, command="refuse", addresses=["10.0.0.1", "10.0.0.2"])
        assert table.refused == {"10.0.0.1", "10.0.0.2"}
        assert ask(connection, command="dropped")["value"] == {"10.0.0.1": 1, "10.0.0.2": 1}


def test_the_end_of_the_connection_heals():
    table = FakeTable()
    with served(table) as connection:
        ask(connection, command="hello", token="secret")
        ask(connection, command="refuse", addresses=["10.0.0.1"])
        assert table.refused
    assert table.refused == set()


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">I", FRAME_BYTES_MAX + 1),
        struct.pack(">I", 4) + b"nope",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 100) + b"cut short",
    ],
)
def test_bytes_that_are_no_request_end_the_connection_and_heal(frame):
    table = FakeTable()
    with served(table) as connection:
        ask(connection, command="hello", token="secret")
        ask(connection, command="refuse", addresses=["10.0.0.1"])
        connection.sendall(frame)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert table.refused == set()


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"command": "reboot"}, "unknown command 'reboot'; known: configure, dropped"),
        ({"command": "refuse", "addresses": ["n1"]}, "refuse: OSError"),
        ({"command": "refuse"}, "refuse: KeyError"),
        ({"command": "lose_power", "path": "/", "keep": 2}, "lose_power: ValueError"),
    ],
)
def test_an_error_is_an_answer_and_the_connection_goes_on(request_, said):
    with served(FakeTable()) as connection:
        ask(connection, command="hello", token="secret")
        answer = ask(connection, **request_)
        assert answer["ok"] is False
        assert said in str(answer["error"])
        assert ask(connection, command="ping")["ok"] is True


def test_a_bad_address_leaves_the_standing_rules_alone():
    table = FakeTable()
    with served(table) as connection:
        ask(connection, command="hello", token="secret")
        ask(connection, command="refuse", addresses=["10.0.0.1"])
        ask(connection, command="refuse", addresses=["10.0.0.2", "bad"])
        assert table.refused == {"10.0.0.1"}


def test_losing_power_cuts_files_to_what_was_synced(tmp_path):
    log = LogFile(tmp_path / "log")
    log.append([b"durable"])
    log.sync()
    log.append([b"not durable"])
    log.close()
    with served(FakeTable()) as connection:
        ask(connection, command="hello", token="secret")
        answer = ask(connection, command="lose_power", path=str(tmp_path), keep=0.0)
    assert answer["ok"] is True, json.dumps(answer)
    log = LogFile(tmp_path / "log")
    assert log.records == [b"durable"]
    log.close()
