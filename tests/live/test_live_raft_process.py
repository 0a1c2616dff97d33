"""Three Raft nodes as real processes on loopback: killed, stopped, restarted from their disks."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from targets.nodes.disk import drop_unsynced

pytestmark = pytest.mark.live

NAMES = ("n1", "n2", "n3")


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


class Node:
    def __init__(
        self,
        name: str,
        folder: Path,
        ports: dict[str, int],
        client_port: int,
        options: tuple[str, ...] = (),
    ) -> None:
        self.name, self.data, self.port = name, folder / name, client_port
        members = ",".join(f"{n}=127.0.0.1:{port}" for n, port in ports.items())
        self._command = [sys.executable, "-m", "targets.nodes.raft", "--id", name]
        self._command += ["--members", members, "--listen", "127.0.0.1", "--data", str(self.data)]
        self._command += ["--client-port", str(client_port), "--peer-port", str(ports[name])]
        for option in options:
            self._command += ["--option", option]
        self._log = (folder / f"{name}.log").open("ab")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, stderr=self._log)

    def stop(self, number: int = signal.SIGKILL) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(10)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._log.close()

    def ask(self, timeout_s: float = 2.0, **request: Any) -> dict[str, Any] | None:
        """The answer, or None when the node gives none."""
        payload = json.dumps({"id": 1, **request}).encode()
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout_s) as connection:
                connection.sendall(struct.pack(">I", len(payload)) + payload)
                stream = connection.makefile("rb")
                # The node speaks first.
                for _ in ("greeting", "answer"):
                    (length,) = struct.unpack(">I", stream.read(4))
                    frame: dict[str, Any] = json.loads(stream.read(length))
                return frame
        except (OSError, struct.error):
            return None


@pytest.fixture
def nodes(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, Node]]:
    ports = free_ports(2 * len(NAMES))
    peer_ports = dict(zip(NAMES, ports[: len(NAMES)], strict=True))
    options = getattr(request, "param", ())
    made = {
        name: Node(name, tmp_path, peer_ports, port, options)
        for name, port in zip(NAMES, ports[len(NAMES) :], strict=True)
    }
    for node in made.values():
        node.start()
    yield made
    for node in made.values():
        node.close()


def eventually_ok(node: Node, **request: Any) -> Any:
    """Ask until the answer is ok. Resends share a session and number, so one effect at most."""
    end = time.monotonic() + 20
    answer = None
    while time.monotonic() < end:
        answer = node.ask(**request)
        if answer is not None and answer["ok"]:
            return answer["value"]
        time.sleep(0.05)
    raise AssertionError(f"{node.name} gives no ok within 20 s; last answer {answer}")


def leader(nodes: dict[str, Node]) -> str:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for node in nodes.values():
            answer = node.ask(f="status", timeout_s=0.5)
            if answer is not None and answer["value"]["role"] == "leader":
                return node.name
        time.sleep(0.05)
    raise AssertionError("no leader within 20 s")


def test_acknowledged_commands_outlive_the_leader_and_then_everybody(
    nodes: dict[str, Node],
) -> None:
    for seq, node in enumerate(nodes.values(), start=1):
        add = {"f": "counter.add", "key": "x", "value": 1, "session": "s", "seq": seq}
        eventually_ok(node, **add)
    old = leader(nodes)
    nodes[old].stop()
    survivors = [node for node in nodes.values() if node.name != old]
    assert eventually_ok(survivors[0], f="counter.read", key="x") == 3
    nodes[old].start()
    assert eventually_ok(nodes[old], f="counter.read", key="x") == 3
    for node in nodes.values():
        node.stop()
        drop_unsynced(node.data)
    for node in nodes.values():
        node.start()
    assert eventually_ok(nodes["n1"], f="counter.read", key="x") == 3


def test_a_paused_leader_is_replaced_and_follows_when_it_wakes(nodes: dict[str, Node]) -> None:
    eventually_ok(nodes["n1"], f="write", key="x", value=1, session="s", seq=1)
    old = leader(nodes)
    process = nodes[old].process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    other = next(node for node in nodes.values() if node.name != old)
    eventually_ok(other, f="write", key="x", value=2, session="t", seq=1)
    process.send_signal(signal.SIGCONT)
    # Whatever it believed when it was stopped, it must not answer 1.
    assert eventually_ok(nodes[old], f="read", key="x") == 2


@pytest.mark.parametrize(
    "nodes",
    [("snapshot-entries=20", "snapshot-trailing=0", "snapshot-chunk-bytes=100", "reads=lease")],
    indirect=True,
)
def test_a_node_that_was_dead_for_many_snapshots_catches_up_and_takes_over(
    nodes: dict[str, Node],
) -> None:
    eventually_ok(nodes["n1"], f="set.add", key="x", value=0, session="s", seq=1)
    lead = leader(nodes)
    away = next(node for node in nodes.values() if node.name != lead)
    away.stop()
    for value in range(1, 100):
        add = {"f": "set.add", "key": "x", "value": value, "session": "s", "seq": value + 1}
        eventually_ok(nodes[lead], **add)
    drop_unsynced(away.data)
    away.start()
    # Whoever caught up can be given the lead; it has the log it needs, or it would not win.
    asked = {"f": "admin.transfer", "value": away.name}
    end = time.monotonic() + 20
    while (away.ask(f="status") or {}).get("value", {}).get("role") != "leader":
        assert time.monotonic() < end
        nodes[lead].ask(**asked)
    assert eventually_ok(away, f="set.read", key="x") == list(range(100))
    status = eventually_ok(away, f="status")
    assert status["snapshot_index"] >= 80
    assert (away.data / "raft.log").stat().st_size < 10_000
    # And it can be taken out, and put in again.
    assert eventually_ok(away, f="admin.remove", value=lead) == sorted({*NAMES} - {lead})
    assert eventually_ok(away, f="admin.add", value=lead) == sorted(NAMES)


def test_a_node_that_is_told_to_stop_leaves_in_peace(nodes: dict[str, Node]) -> None:
    eventually_ok(nodes["n1"], f="write", key="x", value=1, session="s", seq=1)
    assert nodes["n1"].stop(signal.SIGTERM) == 0


def test_a_taken_port_is_a_sentence(nodes: dict[str, Node], tmp_path: Path) -> None:
    eventually_ok(nodes["n1"], f="write", key="x", value=1, session="s", seq=1)
    assert nodes["n1"].process is not None
    done = subprocess.run(nodes["n1"].process.args, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr
