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

import ssl
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable


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
class CoreArguments:
    """What ``make_core`` of a bundled node's package is called with, seeds and disk aside.

    ``bugs`` are ids or names; ``options`` are ``name=value``, as the system's own
    ``Options.from_texts`` takes them.
    """

    node: str
    members: tuple[str, ...]
    bugs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Needed:
    """Software of others that has to be on a machine before a node can run there.

    ``what`` is the name of a program, looked for as a shell does, or the absolute path of a
    program or file; ``install`` says in words how it is got. ``tree`` is how many folders
    above a program (links followed) its own files begin; 0: it stands alone. What is
    ``optional`` is taken along where it is, and not missed where it is not.
    """

    what: str
    install: str
    tree: int = 0
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Launch:
    """How to run a node on a machine.

    With a ``module`` the machine's Python interpreter runs it, as ``python -m module
    arguments…``; with a ``script``, one of ``files``, it runs that, which has the standard
    library and nothing else; else ``program`` is run, a name or path that is among ``needs``.
    ``ports`` are the TCP ports clients use. ``files`` are written under the machine's data
    directory before the start, text by relative path. ``{data}`` in an argument or a file
    stands for that directory. ``core`` says the same to a host that runs the node's core
    itself (``module.make``); None where there is none.
    """

    module: str = ""
    arguments: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    core: CoreArguments | None = None
    program: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[Needed, ...] = ()
    script: str | None = None

    def told(self, data: str) -> list[str]:
        """What the interpreter or the program is told: its arguments, ``data`` put in."""
        arguments = [argument.replace("{data}", data) for argument in self.arguments]
        if self.program is not None:
            return arguments
        run = ["-m", self.module] if self.script is None else [f"{data}/{self.script}"]
        return [*run, *arguments]

    def absent(self) -> list[str]:
        """What hosts that give their machines our own nodes alone cannot run of it, if anything."""
        if self.program is not None or self.script is not None or _is_ours(self.module):
            return []
        return [
            f"the module {self.module!r} does not go into a machine, which has only our own "
            "nodes and Python's standard library: give its source among the launch's files, and "
            "name it as script"
        ]

    def files_in(self, data: str) -> dict[str, bytes]:
        """The files to write, by path relative to ``data``, which is put into their text.

        Not into that of a script: there the same letters may mean something.
        """
        return {
            path: (text if path == self.script else text.replace("{data}", data)).encode()
            for path, text in self.files.items()
        }


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == __name__.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Departure:
    """How a system, configured so, says that it falls short of a promise, and how that shows.

    ``sentence`` is for people. ``breaks`` are the promises that it does not keep (names of
    ``splitbrain promises``); ``kinds`` are the anomalies that clients may see for it, in the
    checker's words, and no others. With ``at_promotions`` they may see them only of mutations
    that were acknowledged while somebody else came to lead.
    """

    name: str
    sentence: str
    breaks: tuple[str, ...]
    kinds: tuple[str, ...]
    at_promotions: bool = False


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


class Disturbance(Protocol):
    """What becomes of the messages a machine sends to its peers."""

    @property
    def delay_s(self) -> float:
        """How late each message is, in seconds."""

    @property
    def jitter_s(self) -> float:
        """A random part of this many seconds comes on top."""

    @property
    def loss(self) -> float:
        """The fraction in [0, 1] that never arrives."""

    @property
    def duplicate(self) -> float:
        """The fraction that arrives twice, the second after a delay of its own."""

    @property
    def reorder(self) -> float:
        """The fraction that need not wait for those sent before it on its connection.

        Without it the order is kept, as TCP keeps it, however messages are delayed.
        """


class ClockFault(Protocol):
    """A clock that is wrong."""

    @property
    def offset_s(self) -> float:
        """The wall clock is stepped by this many seconds at once.

        A monotonic clock knows no steps.
        """

    @property
    def rate(self) -> float:
        """Seconds a second from then on, of both clocks: they hang on one oscillator."""


class Disturbable(Protocol):
    """A machine of a host with the capability ``packets``."""

    async def disturb(self, disturbance: Disturbance | None) -> None:
        """Do this to whatever it sends to its peers from now on; None: nothing any more.

        Messages that are under way already keep what was decided for them.
        """

    async def disturbed(self) -> Mapping[str, int]:
        """Messages really ``delayed``, ``lost``, ``duplicated`` and ``reordered`` so far."""


class Clocked(Protocol):
    """A machine of a host with the capability ``clock``."""

    async def set_clock(self, skew: ClockFault | None) -> None:
        """Make the clock wrong in this way, instead of any former one.

        None sets the wall clock right (a step again, backwards or forwards) and the rate to
        1; what a monotonic clock has gained or lost by then, it keeps.
        """

    async def clock_error_s(self) -> float:
        """Seconds that the wall clock is ahead of the true time, now."""


class Disked(Protocol):
    """A machine of a host with the capability ``disk``."""

    async def fail_disk(self, failing: bool) -> None:
        """Let every fsync fail from now on, or none any more."""

    async def failed_syncs(self) -> int:
        """Fsyncs that really failed since the machine was made."""


class Wipeable(Protocol):
    """A machine of a host with the capability ``membership``."""

    async def wipe(self) -> None:
        """Remove all that the dead node has stored: it will start as a fresh one."""


class Host(Protocol):
    """Makes machines and takes them away."""

    name: str
    capabilities: frozenset[Capability]

    def lacks(self, launch: Launch) -> list[str]:
        """A sentence for each thing that keeps such a node from running here.

        Tells only what can be known before ``open``; where that is nothing, ``start`` raises
        HostUnavailable with the same words.
        """

    async def open(self, run: RunIdentity, nodes: Sequence[str]) -> Mapping[str, Machine]:
        """Make one machine a node name, labelled with the run. Raises HostUnavailable."""

    async def close(self) -> list[str]:
        """Take away all that ``open`` and the machines made. Idempotent; never raises.

        Returns a phrase for each thing that would not go.
        """

    def describe(self) -> dict[str, Any]:
        """Facts for the manifest: engine and kernel versions, image, subnet."""


@runtime_checkable
class Losable(Protocol):
    """A host that notices when control over a machine is lost, though nothing is asked of it."""

    async def until_lost(self) -> str:
        """Wait until that happens (for ever, if it does not); a sentence about it."""


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
    """How one kind of software is started, joined, and asked for its status.

    A class that names this one as its base has what is given here, and says the rest itself.
    """

    name: str
    summary: str = ""
    workloads: tuple[str, ...]
    client_port: int
    simulated: bool = False
    """Whether its nodes are cores of ours, which the simulated host can run."""
    resends: bool = False
    """Whether a client may send the same request twice and have it count once (sessions)."""
    has_leader: bool = True
    """Whether one node leads the others, so that faults can aim at it."""
    inapplicable: Mapping[str, str] = MappingProxyType({})
    """The kinds of fault that mean nothing to it, and why (membership: *its members are fixed*)."""
    vocabulary: Any = None
    """What its messages and records are, for aimed faults (nemesis.observation.Vocabulary).

    None where nobody has written it down.
    """

    def launch(
        self,
        node: str,
        addresses: Mapping[str, str],
        bugs: Sequence[str],
        options: Sequence[str] = (),
    ) -> Launch:
        """How to run ``node`` in the cluster whose members have these addresses.

        ``options`` are ``name=value``. Raises ValueError for one the system does not know.
        """

    async def status(
        self, endpoint: tuple[str, int], timeout_s: float, tls: ssl.SSLContext | None = None
    ) -> dict[str, Any] | None:
        """The status answer of a node (contracts.md), or None when it gives none in time.

        ``tls`` is for a node that others started and secured.
        """

    async def admin(
        self, endpoint: tuple[str, int], request: Mapping[str, Any], timeout_s: float
    ) -> dict[str, Any] | None:
        """A node's answer to a request that changes the cluster, or None as for ``status``.

        ``{"f": "admin.add"}``, ``admin.remove`` or ``admin.transfer``, with a node's name as
        ``value``.
        """
        return None
