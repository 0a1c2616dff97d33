"""A process that others started is found by its port, stopped, and always let go on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from targets.hosts.ssh import guard
from targets.hosts.ssh.listener import Listeners, listener_at, sockets_at

PROGRAM = """
import socket, sys
listener = socket.create_server((sys.argv[1], 0), family=socket.AF_INET)
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that listens on a port of loopback, and the port."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "127.0.0.1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
        process.kill()


def test_whoever_listens_is_found_and_nobody_else(server):
    process, port = server
    assert listener_at(port) == process.pid
    assert listener_at(1) is None


def test_only_sockets_that_listen_count(tmp_path):
    (tmp_path / "net").mkdir()
    line = "  {}: {}:1B58 00000000:0000 {} 00000000:00000000 00:00000000 00000000 0 0 {} 1\n"
    (tmp_path / "net" / "tcp").write_text(
        "  sl  local_address …\n"
        + line.format(0, "0100007F", "0A", 5001)
        + line.format(1, "0100007F", "01", 5002)
    )
    six = "00000000000000000000000000000000"
    (tmp_path / "net" / "tcp6").write_text("…\n" + line.format(0, six, "0A", 5003))
    assert sockets_at(0x1B58, tmp_path) == {"5001", "5003"}
    assert sockets_at(7001, tmp_path) == set()


def test_it_is_stopped_and_let_go_on(server, tmp_path):
    process, port = server
    listeners = Listeners(tmp_path)
    assert listeners.state(port) == "running"
    listeners.pause(port)
    assert listeners.state(port) == "stopped"
    assert guard.read(tmp_path)["stopped"] == [[process.pid, guard.started(process.pid)]]
    listeners.resume(port)
    assert listeners.state(port) == "running"
    assert guard.read(tmp_path)["stopped"] == []
    listeners.resume(port)
    listeners.pause(port)
    listeners.resume_all()
    assert listeners.state(port) == "running"


def test_nobody_there_is_told(tmp_path):
    listeners = Listeners(tmp_path)
    assert listeners.state(1) == "dead"
    with pytest.raises(ProcessLookupError, match="listens on port 1"):
        listeners.pause(1)


def test_the_guard_lets_it_go_on_when_the_agent_cannot(server, tmp_path):
    folder = Path(tmp_path) / "splitbrain-run-n1"
    folder.mkdir()
    process, port = server
    listeners = Listeners(folder)
    listeners.pause(port)
    assert guard.undo(folder)["undone"][0] == "what was stopped"
    assert listeners.state(port) == "running" and process.poll() is None
