"""A real ZooKeeper server's own errors, and what the client makes of each."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kazoo.protocol.serialization import Close, Create, Delete, SetData
from kazoo.security import OPEN_ACL_UNSAFE
from real_systems import need
from stepping import Server, free_ports, serving

from clients.client import Completion, GarbledAnswer, Invocation
from clients.zookeeper import ZooKeeperCore, zookeeper_core
from clients.zookeeper_errors import row_of
from clients.zookeeper_steps import Reads, Reply
from histories.event import Outcome
from targets.hosts import programs
from targets.systems import SYSTEMS

pytestmark = pytest.mark.live


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """One server alone, on loopback."""
    need(request, "zookeeper", "sandbox")
    launch = SYSTEMS["zookeeper"].launch("n1", {"n1": "127.0.0.1"}, (), ("timers=tight",))
    chosen = free_ports(3)
    own = dict(zip((b"2181", b"2888", b"3888"), chosen, strict=True))
    for name, content in launch.files_in(str(tmp_path)).items():
        ported = re.sub(rb"\b(2181|2888|3888)\b", lambda m: str(own[m[1]]).encode(), content)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(ported)
    assert launch.program is not None
    java = programs.path_of(launch.program, launch.needs)
    process = subprocess.Popen([java, *launch.told(str(tmp_path))], stderr=subprocess.DEVNULL)
    try:
        with serving(chosen[0]) as made:
            yield made
    finally:
        process.kill()
        process.wait()


def answering(*requests: Any) -> ZooKeeperCore:
    """A core whose operation "ask" sends these requests and tells the codes of the answers."""

    def ask(invocation: Invocation, reads: Reads):
        replies: list[Reply] = yield list(requests)
        return Completion(Outcome.OK, [reply.code for reply in replies])

    core = zookeeper_core("register")
    core._steps = {"ask": ask}
    return core


def test_the_errors_of_a_real_server_are_in_the_table(server: Server) -> None:
    first = server.connect(zookeeper_core("register"))
    second = server.connect_at_once(zookeeper_core("register", reads=Reads.QUORUM))
    assert first.do("read", 1).value is None
    assert first.do("write", 1, 4).outcome is Outcome.OK
    assert second.do("read", 1).value == 4
    # Between the two steps of one, the other writes.
    held = first.step(first.begin("cas", 1, [4, 5]))
    assert isinstance(held, bytes)
    assert second.do("write", 1, 6).outcome is Outcome.OK
    refused = first.step(held)
    assert isinstance(refused, Completion)
    assert (refused.outcome, refused.error) == (Outcome.FAIL, "bad-version")
    assert first.do("cas", 1, [4, 5]).error == "other-value"
    assert first.do("read", 1).value == 6

    elements = server.connect_at_once(zookeeper_core("set"))
    assert elements.do("read").value == []
    assert elements.do("add", None, 3).outcome is Outcome.OK
    assert elements.do("add", None, 3).error == "node-exists"
    assert elements.do("read").value == [3]

    counter = server.connect_at_once(zookeeper_core("counter"))
    assert [counter.do("add", None, 1).outcome for _ in range(3)] == [Outcome.OK] * 3
    assert counter.do("read").value == 3

    wrong = {
        Delete("/nowhere", -1): "no-node",
        Delete("/set", -1): "not-empty",
        SetData("/r1", b"", 77): "bad-version",
        Create("/open/to/nobody", b"", (), 0): "not-allowed",
        Create("no-slash", b"", tuple(OPEN_ACL_UNSAFE), 0): "bad-request",
    }
    codes = server.connect_at_once(answering(*wrong)).do("ask").value
    assert [row_of(code).error for code in codes] == list(wrong.values())

    # More than a server takes in one request: it hangs up, and what was asked is not known.
    with pytest.raises(OSError):
        first.do("write", 1, "9" * 2_000_000)


def test_a_session_that_was_closed_elsewhere_is_not_granted_again(server: Server) -> None:
    core = zookeeper_core("register")
    first = server.connect(core)
    assert first.do("write", 1, 4).outcome is Outcome.OK
    other = answering(Close())
    other._session, other._password = core._session, core._password
    elsewhere = server.connect_at_once(other)
    elsewhere.socket.sendall(elsewhere.begin("ask"))
    while elsewhere.socket.recv(65536):
        pass
    with pytest.raises(OSError):
        while True:
            first.do("read", 1)
    first.core._current = None
    with pytest.raises(GarbledAnswer, match="expired"):
        server.connect_at_once(core)
    assert server.connect_at_once(core).do("read", 1).value == 4
