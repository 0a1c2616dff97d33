"""A cluster that runs already: places to dial, and nothing that could be done to it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from targets.hosts.external import ExternalHost
from targets.target import Capability, ControlLost, RunIdentity

PLACES = [("h1", 7000), ("h2", 7100)]


def test_machines_are_dialled_where_they_were_said_to_be_and_cannot_be_hurt(tmp_path):
    async def scenario() -> None:
        host = ExternalHost(PLACES)
        assert host.capabilities == frozenset()
        machines = await host.open(RunIdentity("r", tmp_path, 1, 1, ""), ["n1", "n2"])
        assert [m.endpoint(2379) for m in machines.values()] == PLACES
        n1 = machines["n1"]
        for act in (n1.kill, n1.pause, n1.resume, n1.lose_power, n1.state):
            with pytest.raises(ControlLost, match=r"n1 \(h1:7000\) belongs to a cluster that"):
                await act()
        with pytest.raises(ControlLost, match="cannot be cut off"):
            await n1.refuse(["10.0.0.2"])
        assert await n1.log() == b"" and await n1.dropped() == {}
        assert await host.close() == []
        assert host.describe() == {"host": "ssh", "endpoints": ["h1:7000", "h2:7100"]}

    asyncio.run(scenario())


class FakeSsh:
    """Two machines behind SSH."""

    capabilities = frozenset({Capability.PARTITION, Capability.PAUSE, Capability.KILL})

    def __init__(self) -> None:
        self.refused: dict[str, list[str]] = {}
        self.asked: list[tuple[str, str, int]] = []

    async def open(self, run, nodes):
        return {
            node: SimpleNamespace(
                address=f"10.0.0.{node[1:]}",
                refuse=lambda addresses, node=node: self._refuse(node, addresses),
                dropped=self._dropped,
                pause_listener=lambda port, node=node: self._note(node, "pause", port),
                resume_listener=lambda port, node=node: self._note(node, "resume", port),
                listener_state=lambda port, node=node: self._note(node, "running", port),
            )
            for node in nodes
        }

    async def _refuse(self, node, addresses):
        self.refused[node] = list(addresses)

    async def _note(self, node, what, port):
        self.asked.append((node, what, port))
        return what

    async def _dropped(self):
        return {"10.0.0.1": 4}

    async def close(self):
        return ["something"]

    def describe(self):
        return {"host": "ssh", "machines": {}}


def test_machines_that_are_named_as_well_can_be_cut_off_and_no_more(tmp_path):
    async def scenario() -> None:
        ssh = FakeSsh()
        host = ExternalHost(PLACES, ssh)
        assert host.capabilities == {Capability.PARTITION, Capability.PAUSE}
        machines = await host.open(RunIdentity("r", tmp_path, 1, 1, ""), ["n1", "n2"])
        n2 = machines["n2"]
        assert (n2.address, n2.endpoint(7000)) == ("10.0.0.2", ("h2", 7100))
        await n2.refuse(["10.0.0.1"])
        assert ssh.refused == {"n2": ["10.0.0.1"]} and await n2.dropped() == {"10.0.0.1": 4}
        await n2.pause()
        await n2.resume()
        assert await n2.state() == "running"
        assert ssh.asked == [("n2", w, 7100) for w in ("pause", "resume", "running")]
        with pytest.raises(ControlLost, match="cannot be killed"):
            await n2.kill()
        assert await host.close() == ["something"]

    asyncio.run(scenario())
