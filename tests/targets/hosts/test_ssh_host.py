"""The ssh host with machines that are made up: what it refuses, undoes and tells."""

from __future__ import annotations

import asyncio
import base64
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from targets.hosts.ssh import Access, Destination, SshHost, Sudo, host
from targets.hosts.ssh.command_log import CommandLog
from targets.hosts.ssh.machine import SshMachine
from targets.hosts.ssh.probe import Probe
from targets.hosts.ssh.reach import Reached, StartedAgent, Undone
from targets.target import Capability, ControlLost, HostUnavailable, Launch, RunIdentity

OURS = "10.0.0.99"
PATIENCE_S = 30.0


class FakeAgent:
    """Answers every request; ``broken`` once it is cut."""

    def __init__(self) -> None:
        self.broken: str | None = None
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.closed = False
        self.text = b""
        self.missing: list[str] = []

    async def request(self, command: str, timeout_s: float = 10, **members: Any) -> Any:
        self.asked.append((command, members))
        if self.broken:
            raise ControlLost(f"n1: agent: {self.broken}")
        if command == "log":
            piece = self.text[members["offset"] :][:4]
            return {"text": base64.b64encode(piece).decode(), "size": len(self.text)}
        answers = {"state": "running", "dropped": {"10.0.0.1": 3}, "start": self.missing}
        return answers.get(command)

    def close(self) -> None:
        self.closed = True


class World:
    """Stands in for ``reach``, ``start_agent`` and ``undo``."""

    def __init__(self) -> None:
        self.agents: dict[str, FakeAgent] = {}
        self.unreachable: dict[str, str] = {}
        self.stillborn: dict[str, str] = {}
        self.addresses: dict[str, str] = {}
        self.undone: list[str] = []
        self.open: set[str] = set()
        self.tables: set[str | None] = set()

    async def reach(self, destination, access, log, *, root, timeout_s=10.0):
        if said := self.unreachable.get(destination.host):
            raise HostUnavailable(f"{destination}: {said}")
        self.open.add(destination.host)
        close = partial(self.open.discard, destination.host)
        connection = SimpleNamespace(log=log, close=close)
        address = self.addresses.get(destination.host, f"10.0.0.{len(destination.host)}")
        python = (("/usr/bin/python3", (3, 11, 2)),)
        return Reached(connection, Probe(0, "Linux 6", python, ours=OURS), address, False)

    async def start_agent(self, node, reached, folder, table, patience_s):
        if said := self.stillborn.get(node):
            raise HostUnavailable(said)
        self.tables.add(table)
        agent = self.agents[node] = FakeAgent()
        return StartedAgent(agent, SimpleNamespace(complaint=""), 1)

    async def undo(self, destination, access, log, folder, *, root, timeout_s):
        if said := self.unreachable.get(destination.host):
            raise HostUnavailable(said)
        self.undone.append(folder)
        return Undone(("the node",), ())


@pytest.fixture
def world(monkeypatch) -> World:
    made = World()
    for name in ("reach", "start_agent", "undo"):
        monkeypatch.setattr(host, name, getattr(made, name))
    return made


def ssh_host(*names: str, **asked: Any) -> SshHost:
    return SshHost([Destination("root", name) for name in names], Access(), **asked)


def identity(folder: Path) -> RunIdentity:
    return RunIdentity("run-1", folder, 1, 1, "boot")


async def opened(made: SshHost, folder: Path):
    nodes = [f"n{i + 1}" for i in range(len(made._destinations))]
    return await made.open(identity(folder), nodes)


def refusal(made: SshHost, folder: Path) -> str:
    with pytest.raises(HostUnavailable) as caught:
        asyncio.run(opened(made, folder))
    return str(caught.value)


def test_what_is_wrong_with_any_machine_is_told_at_once_and_nothing_is_left_open(world, tmp_path):
    world.unreachable = {"a": "it is off", "ccc": "its key is not known"}
    said = refusal(ssh_host("a", "bb", "ccc"), tmp_path)
    assert said == "root@a: it is off\nroot@ccc: its key is not known"
    assert world.open == set() and world.agents == {} and world.undone == []


def test_an_agent_that_does_not_start_takes_the_others_down_with_it(world, tmp_path):
    world.stillborn = {"n2": "no nf_tables"}
    assert refusal(ssh_host("a", "bb"), tmp_path) == "no nf_tables"
    assert [name for name, _ in world.agents["n1"].asked][-1] == "leave"
    assert world.undone == ["/var/tmp/splitbrain-run-1-n2"], "what was begun there, too"
    assert world.open == set()


def test_one_machine_under_two_names_is_refused(world, tmp_path):
    world.addresses = {"a": "10.0.0.1", "bb": "10.0.0.1"}
    assert "root@a and root@bb are one machine (10.0.0.1)" in refusal(ssh_host("a", "bb"), tmp_path)


def test_a_node_on_our_own_machine_is_refused_where_a_cut_would_cut_us_off(world, tmp_path):
    world.addresses = {"a": OURS}
    assert "splitbrain itself runs on root@a" in refusal(ssh_host("a", "bb"), tmp_path)

    async def alone() -> None:
        for made in (ssh_host("a"), ssh_host("a", "bb", root=False)):
            await opened(made, tmp_path)
            assert await made.close() == []

    asyncio.run(alone())


def test_rules_go_into_a_table_named_after_the_run_and_only_where_they_are_needed(world, tmp_path):
    async def run(root: bool) -> None:
        made = ssh_host("a", root=root)
        await opened(made, tmp_path)
        await made.close()

    asyncio.run(run(True))
    assert world.tables == {"splitbrain-run-1"}
    asyncio.run(run(False))
    assert world.tables == {"splitbrain-run-1", None}


def test_without_sudo_only_root_can_refuse_packets():
    def able(user: str, sudo: Sudo) -> bool:
        made = SshHost([Destination(user, "a")], Access(sudo=sudo))
        assert Capability.KILL in made.capabilities
        return Capability.PARTITION in made.capabilities

    assert able("root", Sudo.NEVER) and able("me", Sudo.AUTO) and not able("me", Sudo.NEVER)


def test_what_a_lost_machine_holds_is_undone_over_a_new_connection_or_told(world, tmp_path):
    async def scenario() -> list[str]:
        made = ssh_host("a", "bb", "ccc")
        await opened(made, tmp_path)
        world.agents["n1"].broken = world.agents["n2"].broken = "the connection broke"
        world.unreachable = {"bb": "it is off"}
        left = await made.close()
        assert await made.close() == []
        return left

    (left,) = asyncio.run(scenario())
    assert left.startswith("what this run made on root@bb (it is off)")
    assert "its guard undoes it within 30 s" in left
    assert world.undone == ["/var/tmp/splitbrain-run-1-n1"]
    assert world.open == set()


def machine(agent: FakeAgent, log: Path) -> SshMachine:
    connection = SimpleNamespace(log=CommandLog(log), close=lambda: None)
    reached = Reached(connection, Probe(0, "Linux 6", ()), "10.0.0.1", False)
    bridge = SimpleNamespace(complaint="")
    return SshMachine(
        "n1", Destination("root", "a"), reached, StartedAgent(agent, bridge, 1), "/f", PATIENCE_S
    )


def test_a_machine_asks_its_agent_and_writes_down_all_but_values_of_the_environment(tmp_path):
    async def scenario() -> None:
        agent = FakeAgent()
        agent.text = b"what the node wrote"
        n1 = machine(agent, tmp_path / "logs" / "log")
        assert n1.endpoint(7000) == ("10.0.0.1", 7000)
        await n1.start(Launch("m", ("--a={data}",), (7000,), {"PASSWORD": "geheim"}))
        asked = agent.asked[-1][1]
        assert asked["environment"] == {"PASSWORD": "geheim"}
        assert (asked["program"], asked["words"]) == (None, ["-m", "m", "--a=/f/data"])
        await n1.run("etcd", ["--x"], files={"conf": "streng geheim"})
        agent.missing = ["etcd", "/a.jar"]
        told = "root@a: etcd is not there: buy it\nroot@a: /a.jar is not there: install it"
        with pytest.raises(HostUnavailable, match=told):
            await n1.run("etcd", [], needs={"etcd": "buy it"})
        assert await n1.state() == "running"
        assert await n1.dropped() == {"10.0.0.1": 3}
        assert await n1.log() == agent.text
        await n1.lose_power(0.5)
        assert agent.asked[-2:] == [("kill", {}), ("lose_power", {"path": "/f/data", "keep": 0.5})]
        assert await n1.leave()

    asyncio.run(scenario())
    text = (tmp_path / "logs" / "log").read_text()
    assert "geheim" not in text and "PASSWORD" in text and 'agent lose_power {"path"' in text


def test_a_host_notices_by_itself_that_a_machine_is_lost(world, tmp_path):
    async def scenario() -> str:
        made = ssh_host("a", "bb", patience_s=0.1)
        await opened(made, tmp_path)
        losing = asyncio.ensure_future(made.until_lost())
        await asyncio.sleep(0.05)
        assert not losing.done()
        world.agents["n2"].broken = "the connection broke during 'ping'"
        said = await asyncio.wait_for(losing, 20)
        await made.close()
        return said

    said = asyncio.run(scenario())
    assert said.startswith("n2: the SSH connection to root@bb is lost (seen while nothing was")


def test_a_host_that_is_closed_has_lost_nothing(world, tmp_path):
    async def scenario() -> None:
        made = ssh_host("a", patience_s=0.1)
        await opened(made, tmp_path)
        losing = asyncio.ensure_future(made.until_lost())
        await asyncio.sleep(0)
        assert await made.close() == []
        await asyncio.sleep(0.05)
        assert not losing.done()
        losing.cancel()

    asyncio.run(scenario())


def test_a_lost_connection_is_told_with_what_becomes_of_the_machine(tmp_path):
    async def scenario() -> str:
        agent = FakeAgent()
        n1 = machine(agent, tmp_path / "logs" / "log")
        agent.broken = "the connection broke during 'refuse'"
        with pytest.raises(ControlLost) as caught:
            await n1.refuse(["10.0.0.2"])
        assert not await n1.leave()
        return str(caught.value)

    said = asyncio.run(scenario())
    assert said.startswith("n1: the SSH connection to root@a is lost (seen during 'refuse'")
    assert "undoes by itself what the run did there, within 30 s" in said
