"""Systems, hosts and machines: the two axes of a target.

A *system* says how software is started and asked for its status. A *host* gives
*machines*: places where one node runs, each with an address of its own, that can
start and signal a process, refuse traffic from other machines and count what they
refused. Every system runs on every host that has the capabilities it needs.

    TargetError
    ├── HostUnavailable   this host cannot be had here; says what to install or enable
    ├── NodeFailed        a node did not come up; carries the last lines of its log
    └── ControlLost       Docker, an agent or SSH stopped answering: the harness failed
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


class TargetError(Exception):
    """Trouble with a target. Never a finding about the system under test (exit 70)."""


class HostUnavailable(TargetError):
    """This host cannot be used here. The message says what would make it usable."""


class NodeFailed(TargetError):
    """A node did not start or did not become ready; the message ends with its log's last lines."""


class ControlLost(TargetError):
    """The control side (engine, agent, SSH) failed while a run was going on."""


class Capability(StrEnum):
    """What a host can do to the nodes it runs, named after what it allows."""

    PARTITION = "partition"
    KILL = "kill"
    PAUSE = "pause"
    PACKETS = "packets"
    CLOCK = "clock"
    POWER_LOSS = "power-loss"
    DISK = "disk"
    MEMBERSHIP = "membership"


class ProcessState(StrEnum):
    """What the operating system says of a node's process."""

    RUNNING = "running"
    STOPPED = "stopped"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Launch:
    """How to run a node on a machine.

    ``module`` and ``arguments`` are run by the machine's Python interpreter as
    ``python -m module arguments…``; ``ports`` are the TCP ports clients use.
    ``{data}`` in an argument stands for the machine's data directory.
    """

    module: str
    arguments: tuple[str, ...]
    ports: tuple[int, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class Machine(Protocol):
    """A place where one node runs. Methods raise ControlLost when control is lost."""

    name: str
    address: str
    """What other machines of the same host reach it by (an IPv4 address)."""

    def endpoint(self, port: int) -> tuple[str, int]:
        """The (address, port) the harness dials to reach ``port`` of this machine."""

    async def start(self, launch: Launch) -> None:
        """Start the node's process (again, after it died: data and address are kept).

        Does nothing while it runs.
        """

    async def kill(self) -> None:
        """SIGKILL the node's process and wait until the operating system says it is gone."""

    async def pause(self) -> None:
        """SIGSTOP the node's process and wait until it is stopped. A dead one stays dead."""

    async def resume(self) -> None:
        """SIGCONT the node's process and wait until it runs. A dead one stays dead."""

    async def lose_power(self, keep: float = 0.0) -> None:
        """Kill the process and drop every byte its disk was not asked to make durable.

        ``keep`` is the fraction of each file's unsynced tail that is left: a torn write.
        """

    async def state(self) -> ProcessState:
        """What the operating system says of the process now."""

    async def refuse(self, addresses: Collection[str]) -> None:
        """Drop what arrives from ``addresses``, and from no one else (empty: heal).

        Replaces the former set at once. Touches only rules of our own table.
        """

    async def dropped(self) -> Mapping[str, int]:
        """Packets our own rules dropped since the machine was made, by source address."""

    async def log(self) -> bytes:
        """All that the node wrote to stdout and stderr, over its restarts."""


class Host(Protocol):
    """Makes machines and takes them away."""

    name: str
    capabilities: frozenset[Capability]

    async def open(self, run: RunIdentity, nodes: Sequence[str]) -> Mapping[str, Machine]:
        """Make one machine a node name, labelled with the run. Raises HostUnavailable."""

    async def close(self) -> list[str]:
        """Take away all that ``open`` and the machines made. Idempotent; never raises.

        Returns a phrase for each thing that would not go.
        """

    def describe(self) -> dict[str, Any]:
        """Facts for the manifest: engine and kernel versions, image, subnet."""


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """Who owns what a host makes: for labels, the ledger, and `splitbrain clean`."""

    run: str
    folder: Path
    owner_pid: int
    owner_started: int
    """Start time of the owner in clock ticks since boot (/proc/PID/stat, field 22)."""
    boot: str
    """/proc/sys/kernel/random/boot_id"""

    def label(self) -> str:
        """``pid:start:boot``, as put on containers."""
        return f"{self.owner_pid}:{self.owner_started}:{self.boot}"


class System(Protocol):
    """How one kind of software is started, joined, and asked for its status."""

    name: str
    summary: str
    workloads: tuple[str, ...]
    client_port: int

    def launch(self, node: str, addresses: Mapping[str, str], bugs: Sequence[str]) -> Launch:
        """How to run ``node`` in the cluster whose members have these addresses."""

    async def status(self, endpoint: tuple[str, int], timeout_s: float) -> dict[str, Any] | None:
        """The status answer of a node (contracts.md), or None when it gives none in time."""
