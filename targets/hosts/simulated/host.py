"""The simulated host: machines that exist in this process alone, and a time that does not pass.

The cores of the bundled nodes run as they do everywhere else; what is around them (network,
disks, clocks, processes) is simulated, and every random number comes from the run's seed.
So the same plan gives the same bytes, and a minute of a cluster takes a fraction of a second.
"""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from targets.hosts.simulated import network as net
from targets.hosts.simulated.loop import VirtualLoop
from targets.hosts.simulated.machine import SimulatedMachine, Stream, World
from targets.hosts.simulated.network import Network
from targets.hosts.simulated.process import Observer
from targets.target import Capability, HostUnavailable, Launch, RunIdentity

PREFIX = "10.0.0"
NODES_MAX = 200


class SimulatedHost:
    """Makes simulated machines on the running VirtualLoop; ``stream`` gives named randomness.

    Messages between nodes travel as objects, which is a third faster; with ``wire`` they are
    encoded and decoded as on any other host. A run is the same either way.
    """

    name = "simulated"
    capabilities = frozenset(Capability)

    def __init__(
        self, stream: Stream, observer: Observer | None = None, *, wire: bool = False
    ) -> None:
        self.observer = observer
        """Who is told what happens inside the nodes; to be set before ``open``."""
        self._stream = stream
        self._wire = wire
        self._machines: dict[str, SimulatedMachine] = {}
        self._latency_ns: Callable[[], int] = lambda: 0

    def lacks(self, launch: Launch) -> list[str]:
        """Nothing, where the launch says what core it runs."""
        if launch.core is not None:
            return []
        what = launch.program or launch.script or launch.module
        return [f"{what} cannot be simulated: only cores of our own run in virtual time"]

    async def open(self, run: RunIdentity, nodes: Sequence[str]) -> Mapping[str, SimulatedMachine]:
        """Make one machine a node name. Raises HostUnavailable outside of virtual time."""
        loop = asyncio.get_running_loop()
        if not isinstance(loop, VirtualLoop):
            raise HostUnavailable(
                "the simulated host lives in virtual time, and this event loop runs in real "
                "time: use targets.hosts.simulated.run_virtual"
            )
        if not 0 < len(nodes) <= NODES_MAX:
            raise HostUnavailable(f"simulated are 1 to {NODES_MAX} nodes, not {len(nodes)}")
        network = Network(loop, self._stream("network"), nodes)
        self._latency_ns = network.latency_ns
        world = World(loop, network, self._stream, self.observer, self._wire)
        for number, name in enumerate(nodes, start=1):
            self._machines[name] = SimulatedMachine(name, f"{PREFIX}.{number}", world)
        names = {machine.address: name for name, machine in self._machines.items()}
        for name, machine in self._machines.items():
            machine.know(names)
            network.listeners[name] = machine
        loop.dial = self._dial
        return dict(self._machines)

    async def _dial(
        self, make: Callable[[], asyncio.BaseProtocol], address: str, port: int
    ) -> tuple[asyncio.BaseTransport, asyncio.BaseProtocol]:
        machine = next((m for m in self._machines.values() if m.address == address), None)
        if machine is None:
            raise OSError(f"{address} is no machine of this run")
        await asyncio.sleep(2 * self._latency_ns() / 1e9)
        protocol = make()
        assert isinstance(protocol, asyncio.Protocol)
        connection = machine.accept(port, protocol)
        protocol.connection_made(connection)
        return connection, protocol

    async def close(self) -> list[str]:
        """Forget the machines. Nothing is left behind."""
        for machine in self._machines.values():
            await machine.kill()
        self._machines.clear()
        return []

    def describe(self) -> dict[str, Any]:
        """Facts for the manifest."""
        least, most = net.LATENCY_NS_MIN, net.LATENCY_NS_MIN + net.LATENCY_NS_SPREAD
        return {
            "host": self.name,
            "python": platform.python_version(),
            "network": f"{least / 1e6:g} to {most / 1e6:g} ms one way",
            "time": "virtual",
        }
