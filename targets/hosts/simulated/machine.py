"""A simulated machine: a disk, clocks and a place in the network, and at most one process."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from targets.hosts.simulated.clock import LocalClock
from targets.hosts.simulated.connection import Connection
from targets.hosts.simulated.disk import SimulatedDisk
from targets.hosts.simulated.loop import VirtualLoop
from targets.hosts.simulated.network import Network
from targets.hosts.simulated.process import Observer, Process
from targets.nodes.effects import Core
from targets.target import ClockFault, Disturbance, Launch, ProcessState, TargetError

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""When every simulated run begins."""
BOOT_NS_MIN, BOOT_NS_SPREAD = 40_000_000, 80_000_000
"""From the start of a process until it listens."""
INCARNATION_BITS = 48
UPTIME_S_MAX = 100_000.0
"""A monotonic clock counts from its machine's boot, some time before the run."""

Stream = Callable[[str], random.Random]
"""A named stream of random numbers of the run's seed."""


@dataclass(frozen=True, slots=True)
class World:
    """What all machines of a run share. ``wire``: messages travel as JSON, not as objects."""

    loop: VirtualLoop
    network: Network
    stream: Stream
    observer: Observer | None
    wire: bool


def _translator(module: str) -> Callable[[Any], Any]:
    """What a message is after a journey as JSON, as between real nodes."""
    messages: Any = import_module(f"{module}.messages")
    return lambda message: messages.decode(json.loads(messages.encode(message)))


class SimulatedMachine:
    """Runs the core of a bundled node (``Launch.core``) and does to it whatever a fault asks."""

    def __init__(self, name: str, address: str, world: World) -> None:
        self.name = name
        self.address = address
        self.disk = SimulatedDisk()
        self._world = world
        self._rng = world.stream(f"machine/{name}")
        self.clock = LocalClock(world.loop, self._rng.uniform(0.0, UPTIME_S_MAX))
        self._addresses: Mapping[str, str] = {}
        self._ports: tuple[int, ...] = ()
        self._process: Process | None = None
        self._running = False
        self._paused = False
        self._lives = 0
        # Kept over restarts, as targets.nodes.reached does: an instrument, no part of the node.
        self._reached: dict[str, int] = {}
        self._log: list[str] = []

    def know(self, addresses: Mapping[str, str]) -> None:
        """Names of all machines by their addresses."""
        self._addresses = addresses

    def endpoint(self, port: int) -> tuple[str, int]:
        """The address itself."""
        return self.address, port

    # The process.

    async def start(self, launch: Launch) -> None:
        """Start the node's process, unless it runs already."""
        if self._running:
            return
        if launch.core is None:
            raise TargetError(
                f"{launch.module} cannot be simulated: it says nothing of its core "
                "(targets.target.Launch.core). Run it on another host."
            )
        self._running, self._paused = True, False
        self._lives += 1
        self._ports = launch.ports
        loop = self._world.loop
        boot_ns = BOOT_NS_MIN + int(BOOT_NS_SPREAD * self._rng.random())
        loop.at(loop.now_ns + boot_ns, self._boot, launch, self._lives)

    def _boot(self, launch: Launch, life: int) -> None:
        if life != self._lives or not self._running:
            return
        if self._paused:
            # Stopped before it was up: it goes on when it is continued.
            self._world.loop.at(self._world.loop.now_ns + BOOT_NS_MIN, self._boot, launch, life)
            return
        try:
            core = self._make_core(launch)
        except (OSError, ValueError) as error:
            self._end(f"cannot start: {error}")
            return
        process = self._process = Process(
            self.name,
            core,
            loop=self._world.loop,
            links=self._world.network.links[self.name],
            disk=self.disk,
            clock=self.clock,
            rng=self._rng,
            note=self._note,
            die=self._end,
            observer=self._world.observer,
            translate=_translator(launch.module) if self._world.wire else None,
        )
        self._world.network.started(self.name)
        process.start()

    def _make_core(self, launch: Launch) -> Core:
        assert launch.core is not None
        told = launch.core
        make: Any = import_module(f"{launch.module}.make")
        records, torn_bytes = self.disk.open()
        if torn_bytes:
            self._note(f"dropped a torn record of {torn_bytes} bytes from its log")
        rng = self._world.stream(f"node/{self.name}/{self._lives}")
        core: Core = make.make_core(
            told.node,
            told.members,
            records,
            rng=rng,
            incarnation=rng.getrandbits(INCARNATION_BITS),
            options=make.Options.from_texts(told.options),
            bugs=told.bugs,
        )
        core.reached = self._reached
        if told.bugs:
            self._note(f"runs with seeded bugs: {', '.join(told.bugs)}")
        return core

    def _end(self, why: str) -> None:
        """The process ends by itself."""
        self._note(why)
        self._stop()

    def _stop(self) -> None:
        self._running = self._paused = False
        process, self._process = self._process, None
        if process is not None:
            process.end()
            self._world.network.died(self.name)

    async def kill(self) -> None:
        """SIGKILL: the process is gone, what it wrote is still in the machine's cache."""
        self._stop()

    async def lose_power(self, keep: float = 0.0) -> None:
        """Kill, and lose what was not durable but for the fraction ``keep`` of its bytes."""
        if not 0.0 <= keep <= 1.0:
            raise ValueError(f"keep is a fraction between 0 and 1, not {keep}")
        self._stop()
        self.disk.lose_unsynced(keep)

    async def pause(self) -> None:
        """SIGSTOP. A dead process stays dead."""
        if self._running:
            self._paused = True
            if self._process is not None:
                self._process.paused = True

    async def resume(self) -> None:
        """SIGCONT. A dead process stays dead."""
        if self._running and self._paused:
            self._paused = False
            if self._process is not None:
                self._process.resume()

    async def state(self) -> ProcessState:
        """Whether the process runs, is stopped, or is no more."""
        if not self._running:
            return ProcessState.DEAD
        return ProcessState.STOPPED if self._paused else ProcessState.RUNNING

    def glance(self) -> Mapping[str, Any] | None:
        """The status of the node, seen from outside; None where it could not answer.

        No message, no time and no random number: the run is the same whether anybody looks.
        """
        return None if self._process is None or self._paused else self._process.core.status()

    # The network.

    @property
    def listens(self) -> bool:
        """Whether connections are accepted (by the operating system, for a paused process)."""
        return self._process is not None

    def receive(self, peer: str, message: Any) -> None:
        """A message from another machine; nobody hears it where no process runs."""
        if self._process is not None:
            self._process.receive(peer, message)

    def accept(self, port: int, protocol: asyncio.Protocol) -> Connection:
        """A client connects. Raises ConnectionRefusedError."""
        process = self._process
        if process is None or port not in self._ports:
            raise ConnectionRefusedError(f"{self.address}:{port} refuses connections")
        network = self._world.network
        connection = Connection(network.loop, network.latency_ns, protocol, process.hear)
        process.accept(connection)
        return connection

    async def refuse(self, addresses: Collection[str]) -> None:
        """Drop what arrives from ``addresses``, and from no one else (empty: heal)."""
        self._world.network.refuse(self.name, {self._addresses[address] for address in addresses})

    async def dropped(self) -> Mapping[str, int]:
        """Messages and dials dropped since the machine was made, by source address."""
        counts = self._world.network.refused[self.name]
        return {address: counts[name] for address, name in self._addresses.items()}

    async def disturb(self, disturbance: Disturbance | None) -> None:
        """Do this to whatever this machine sends to its peers from now on."""
        self._world.network.disturb(self.name, disturbance)

    async def disturbed(self) -> Mapping[str, int]:
        """Messages delayed, lost, duplicated and reordered so far."""
        return dict(self._world.network.disturbed[self.name])

    # Clocks and disk.

    async def set_clock(self, skew: ClockFault | None) -> None:
        """Make the clocks wrong in this way instead of any former one; None: right again."""
        self.clock.set(*((0.0, 1.0) if skew is None else (skew.offset_s, skew.rate)))
        if self._process is not None:
            self._process.clock_changed()

    async def clock_error_s(self) -> float:
        """Seconds that the wall clock is ahead of the true time."""
        return self.clock.wall_error_s()

    async def fail_disk(self, failing: bool) -> None:
        """Let every fsync fail from now on, or none any more."""
        self.disk.failing = failing

    async def failed_syncs(self) -> int:
        """Fsyncs that failed since the machine was made."""
        return self.disk.failed_syncs

    async def wipe(self) -> None:
        """Remove all that the dead node has stored."""
        if self._running:
            raise TargetError(f"{self.name} runs: only a dead node's disk can be wiped")
        self.disk.wipe()

    # The log.

    def _note(self, text: str) -> None:
        now = EPOCH + timedelta(microseconds=self._world.loop.now_ns // 1000)
        stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self._log.append(f"{stamp} {self.name} {text}\n")

    async def log(self) -> bytes:
        """All that the node noted, over its restarts."""
        return "".join(self._log).encode()
