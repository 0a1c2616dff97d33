"""The sandbox host: real processes in network namespaces, inside a user namespace of our own.

Nothing needs to be installed and nothing can be left behind: the harness itself runs as
the first process of a pid namespace (``reexec``), and all it made dies with it.

    outside     splitbrain (the pid the user knows) ── unshare
    inside        └─ the harness, pid 1 ── bridge 10.77.0.254
                       ├─ agent n1 (network namespace 1, 10.77.0.1) ◄─ node n1 joins it
                       ├─ agent n2 (network namespace 2, 10.77.0.2) ◄─ node n2 joins it
                       …
The agent and not the node owns the namespace, so address and rules survive a kill.
"""

from __future__ import annotations

import asyncio
import os
import platform
import secrets
import shutil
import signal
import socket
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from targets.hosts import programs, reexec
from targets.hosts.agent import TOKEN_VARIABLE
from targets.hosts.control import AgentConnection
from targets.hosts.owner import process_state
from targets.hosts.sources import environment
from targets.hosts.together import together
from targets.target import (
    Capability,
    ControlLost,
    HostUnavailable,
    Launch,
    ProcessState,
    RunIdentity,
    TargetError,
)

PREFIX = "10.77.0"
NODES_MAX = 200
READY_TIMEOUT_S = 15.0
SIGNAL_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 2.0


class SandboxMachine:
    """One network namespace, the agent that holds it, and the node's process in it."""

    def __init__(self, name: str, address: str, folder: Path, agent: AgentConnection) -> None:
        self.name = name
        self.address = address
        self.data = folder / "data"
        self._log = folder / "log"
        self._agent = agent
        self._agent_pid = 0
        self._process: asyncio.subprocess.Process | None = None
        self.data.mkdir(parents=True, exist_ok=True)

    async def join(self, token: str) -> None:
        """Greet the agent and have it take its address."""
        self._agent_pid = await self._agent.hello(token)
        await self._agent.request("configure", interface="eth0", address=self.address, prefix=24)

    def endpoint(self, port: int) -> tuple[str, int]:
        """The address itself: the harness is on the same bridge."""
        return self.address, port

    async def start(self, launch: Launch) -> None:
        """Start the node's process, unless it runs already."""
        if await self.state() is not ProcessState.DEAD:
            return
        if launch.program is None:
            runner = [sys.executable, "-P"]
        else:
            runner = [str(programs.path_of(launch.program, launch.needs))]
        for path, content in launch.files_in(str(self.data)).items():
            (self.data / path).parent.mkdir(parents=True, exist_ok=True)
            (self.data / path).write_bytes(content)
        nsenter = shutil.which("nsenter", path=reexec.TOOLS_PATH)
        if nsenter is None:
            raise HostUnavailable("nsenter is missing; it is part of util-linux: install that")
        # What is written before a crash must be in the log, hence no buffering.
        told = environment() | {"PYTHONUNBUFFERED": "1"} | dict(launch.environment)
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                nsenter,
                f"--net=/proc/{self._agent_pid}/ns/net",
                *(*runner, *launch.told(str(self.data))),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                env=told,
                start_new_session=True,
            )

    async def kill(self) -> None:
        """SIGKILL, then wait for the operating system to say that it is gone."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        try:
            async with asyncio.timeout(SIGNAL_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            raise ControlLost(
                f"{self.name}: pid {process.pid} still runs {SIGNAL_TIMEOUT_S:g} s after SIGKILL"
            ) from None

    async def pause(self) -> None:
        """SIGSTOP, then wait until it took hold. A dead process stays dead."""
        await self._signal(signal.SIGSTOP, ProcessState.STOPPED)

    async def resume(self) -> None:
        """SIGCONT, then wait until it took hold. A dead process stays dead."""
        await self._signal(signal.SIGCONT, ProcessState.RUNNING)

    async def _signal(self, number: signal.Signals, expected: ProcessState) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(number)
        try:
            async with asyncio.timeout(SIGNAL_TIMEOUT_S):
                # /proc has no event to wait for; it takes well under a millisecond.
                while await self.state() not in (expected, ProcessState.DEAD):  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
        except TimeoutError:
            seen = await self.state()
            raise ControlLost(
                f"{self.name}: pid {process.pid} is {seen} {SIGNAL_TIMEOUT_S:g} s after "
                f"{number.name}, not {expected}"
            ) from None

    async def lose_power(self, keep: float = 0.0) -> None:
        """Kill the process and drop every byte its disk was not asked to make durable."""
        await self.kill()
        await self._agent.request("lose_power", path=str(self.data), keep=keep)

    async def state(self) -> ProcessState:
        """What /proc says of the process now."""
        process = self._process
        if process is None or process.returncode is not None:
            return ProcessState.DEAD
        seen = process_state(process.pid)
        if seen is None or seen[0] in "ZX":
            return ProcessState.DEAD
        return ProcessState.STOPPED if seen[0] in "Tt" else ProcessState.RUNNING

    async def refuse(self, addresses: Collection[str]) -> None:
        """Drop what arrives from ``addresses``, and from no one else (empty: heal)."""
        await self._agent.request("refuse", addresses=sorted(addresses))

    async def dropped(self) -> Mapping[str, int]:
        """Packets dropped since the machine was made, by source address."""
        counts: Mapping[str, int] = await self._agent.request("dropped")
        return counts

    async def log(self) -> bytes:
        """All that the node wrote, over its restarts."""
        try:
            return self._log.read_bytes()
        except FileNotFoundError:
            return b""

    async def leave(self) -> None:
        """Kill the node and let the agent go, which takes the namespace with it."""
        with suppress(TargetError):
            await self.kill()
        self._agent.close()


class SandboxHost:
    """Machines as network namespaces. Only for a harness that runs inside (``reexec``)."""

    name = "sandbox"
    capabilities = frozenset(
        {Capability.PARTITION, Capability.KILL, Capability.PAUSE, Capability.POWER_LOSS}
    )

    def __init__(self) -> None:
        self._machines: dict[str, SandboxMachine] = {}
        self._nursery: asyncio.subprocess.Process | None = None

    def lacks(self, launch: Launch) -> list[str]:
        """The programs that are not on this machine."""
        return programs.lacking(launch.needs)

    async def open(self, run: RunIdentity, nodes: Sequence[str]) -> Mapping[str, SandboxMachine]:
        """Make the bridge and one machine a node name. Raises HostUnavailable."""
        if not reexec.inside():
            raise HostUnavailable(
                "the sandbox host runs inside its own namespaces, and this process does not: "
                "enter them first (targets.hosts.reexec.enter)"
            )
        if not 0 < len(nodes) <= NODES_MAX:
            raise HostUnavailable(f"the sandbox makes 1 to {NODES_MAX} nodes, not {len(nodes)}")
        token = secrets.token_hex(16)
        pairs = [socket.socketpair() for _ in nodes]
        try:
            await self._raise_nursery(token, [theirs for _, theirs in pairs])
            for number, (name, (ours, _)) in enumerate(zip(nodes, pairs, strict=True), start=1):
                agent = AgentConnection(name, *await asyncio.open_connection(sock=ours))
                self._machines[name] = SandboxMachine(
                    name, f"{PREFIX}.{number}", run.folder / "nodes" / name, agent
                )
            await together(*(m.join(token) for m in self._machines.values()))
        except BaseException:
            for ours, _ in pairs[len(self._machines) :]:
                ours.close()
            await self.close()
            raise
        finally:
            for _, theirs in pairs:
                theirs.close()
        return dict(self._machines)

    async def _raise_nursery(self, token: str, sockets: Sequence[socket.socket]) -> None:
        numbers = [s.fileno() for s in sockets]
        self._nursery = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "targets.hosts.nursery", PREFIX, *map(str, numbers)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=numbers,
            env=environment() | {TOKEN_VARIABLE: token},
            start_new_session=True,
        )
        assert self._nursery.stdout is not None and self._nursery.stderr is not None
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                line = await self._nursery.stdout.readline()
                said = b"" if line == b"ready\n" else await self._nursery.stderr.read()
        except TimeoutError:
            raise HostUnavailable(
                f"the sandbox's network was not there after {READY_TIMEOUT_S:g} s"
            ) from None
        if line != b"ready\n":
            lines = said.decode(errors="replace").strip().splitlines()
            reason = lines[-1] if lines else "it said nothing"
            raise HostUnavailable(
                f"the sandbox's network could not be made: {reason}\n"
                "The kernel must allow bridges, veth pairs and nf_tables in a user namespace "
                "(modules bridge, veth, nf_tables); or use --host docker."
            )

    async def close(self) -> list[str]:
        """Kill the nodes, let agents and bridge go; what is left dies with the harness."""
        machines, self._machines = self._machines, {}
        await asyncio.gather(*(m.leave() for m in machines.values()), return_exceptions=True)
        nursery, self._nursery = self._nursery, None
        if nursery is None:
            return []
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await nursery.communicate()
        except (TimeoutError, OSError):
            with suppress(ProcessLookupError):
                nursery.kill()
            await nursery.wait()
        return []

    def describe(self) -> dict[str, Any]:
        """Facts for the manifest."""
        return {
            "host": self.name,
            "kernel": platform.release(),
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "subnet": f"{PREFIX}.0/24",
        }
