"""One machine of the docker host: a holder container and a node container.

The holder owns the network namespace (address, published ports, rules) and runs the
agent; the node's container joins it, so that a kill and a restart of the node change
neither address nor rules. Both mount the machine's volume. The node is pid 1 of its
container and ignores signals from inside, so all signals come from the engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from targets.hosts import payload, programs
from targets.hosts.control import AgentConnection
from targets.hosts.engine import Conflict, Engine, NotThere
from targets.hosts.owner import process_state
from targets.target import ControlLost, Launch, ProcessState

DATA = "/data"
LOOPBACK = "127.0.0.1"
SIGNAL_TIMEOUT_S = 10.0
LOG_CONFIG = {"Type": "json-file", "Config": {}}
"""Named, because the engine may be set up to keep no log or to send it elsewhere."""


class DockerMachine:
    """A Machine of the docker host. ``published`` maps its ports to ports on 127.0.0.1."""

    def __init__(
        self,
        engine: Engine,
        *,
        name: str,
        address: str,
        holder: str,
        image: str,
        volume: str,
        container_name: str,
        labels: Mapping[str, str],
        published: Mapping[int, int],
        agent: AgentConnection,
    ) -> None:
        self.name = name
        self.address = address
        self._engine = engine
        self._holder = holder
        self._image = image
        self._volume = volume
        self._container_name = container_name
        self._labels = dict(labels)
        self._published = dict(published)
        self._agent = agent
        self._node: str | None = None
        self._launched: Launch | None = None
        self._former_logs = b""

    def endpoint(self, port: int) -> tuple[str, int]:
        """The port of 127.0.0.1 that the engine forwards to ``port`` of this machine."""
        try:
            return LOOPBACK, self._published[port]
        except KeyError:
            known = ", ".join(map(str, sorted(self._published)))
            raise ValueError(f"{self.name}: port {port} is not published, only {known}") from None

    async def start(self, launch: Launch) -> None:
        """Start the node's container, unless it runs already; made anew if ``launch`` changed."""
        if self._node is not None and await self.state() is not ProcessState.DEAD:
            return
        if self._node is not None and launch != self._launched:
            self._former_logs = await self.log()
            await self._engine.call(self._engine.api.remove_container, self._node, force=True)
            self._node = None
        if self._node is None:
            self._node = await self._create(launch)
            self._launched = launch
        await self._engine.call(self._engine.api.start, self._node)

    async def _create(self, launch: Launch) -> str:
        api = self._engine.api
        entrypoint = None
        if launch.program is not None:
            # The image has been packed from this machine: what is where here is there, too.
            entrypoint = [str(programs.path_of(launch.program, launch.needs))]
        made: dict[str, Any] = await self._engine.call(
            api.create_container,
            self._image,
            entrypoint=entrypoint,
            command=launch.told(DATA),
            environment=dict(launch.environment),
            name=self._container_name,
            labels=self._labels,
            working_dir=DATA,
            host_config=api.create_host_config(
                network_mode=f"container:{self._holder}",
                binds=[f"{self._volume}:{DATA}"],
                cap_drop=["ALL"],
                log_config=LOG_CONFIG,
            ),
        )
        if files := launch.files_in(DATA):
            await self._engine.call(api.put_archive, made["Id"], DATA, payload.archive(files))
        return str(made["Id"])

    async def kill(self) -> None:
        """SIGKILL from the engine, then wait until the container has exited."""
        if self._node is None:
            return
        with suppress(Conflict):  # It is dead already.
            await self._engine.call(self._engine.api.kill, self._node, "SIGKILL")
        await self._engine.call(self._engine.api.wait, self._node, timeout=SIGNAL_TIMEOUT_S)

    async def pause(self) -> None:
        """SIGSTOP from the engine, then wait until it took hold. A dead process stays dead."""
        await self._signal("SIGSTOP", ProcessState.STOPPED)

    async def resume(self) -> None:
        """SIGCONT from the engine, then wait until it took hold. A dead process stays dead."""
        await self._signal("SIGCONT", ProcessState.RUNNING)

    async def _signal(self, signal: str, expected: ProcessState) -> None:
        if self._node is None:
            return
        try:
            await self._engine.call(self._engine.api.kill, self._node, signal)
        except Conflict:
            return
        seen = None
        try:
            async with asyncio.timeout(SIGNAL_TIMEOUT_S):
                # The engine has no event for a stopped process.
                while (seen := await self.state()) not in (  # noqa: ASYNC110
                    expected,
                    ProcessState.DEAD,
                ):
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise ControlLost(
                f"{self.name}: the node is {seen} {SIGNAL_TIMEOUT_S:g} s after {signal}, "
                f"not {expected}"
            ) from None

    async def lose_power(self, keep: float = 0.0) -> None:
        """Kill the process and drop every byte its disk was not asked to make durable."""
        await self.kill()
        await self._agent.request("lose_power", path=DATA, keep=keep)

    async def state(self) -> ProcessState:
        """What the engine, and the operating system behind it, say of the process now."""
        if self._node is None:
            return ProcessState.DEAD
        seen = await self._engine.call(self._engine.api.inspect_container, self._node)
        state = seen["State"]
        if not state["Running"]:
            return ProcessState.DEAD
        letter = visible_state(int(state["Pid"]), self._node)
        if letter is None:
            letter = await self._state_by_engine()
        if letter in "ZX":
            return ProcessState.DEAD
        return ProcessState.STOPPED if letter in "Tt" else ProcessState.RUNNING

    async def _state_by_engine(self) -> str:
        """The state letter as ``docker top`` tells it, where we cannot see the process."""
        try:
            table = await self._engine.call(self._engine.api.top, self._node, "-o pid,stat")
        except (Conflict, NotThere):
            return "X"
        column = table["Titles"].index("STAT")
        rows = table["Processes"]
        return str(rows[0][column])[0] if rows else "X"

    async def refuse(self, addresses: Collection[str]) -> None:
        """Drop what arrives from ``addresses``, and from no one else (empty: heal)."""
        await self._agent.request("refuse", addresses=sorted(addresses))

    async def dropped(self) -> Mapping[str, int]:
        """Packets dropped since the machine was made, by source address."""
        counts: Mapping[str, int] = await self._agent.request("dropped")
        return counts

    async def log(self) -> bytes:
        """All that the node wrote, over its restarts."""
        if self._node is None:
            return self._former_logs
        text: bytes = await self._engine.call(
            self._engine.api.logs, self._node, stdout=True, stderr=True
        )
        return self._former_logs + text


def visible_state(pid: int, container: str, proc: Path = Path("/proc")) -> str | None:
    """The state letter of a container's process from /proc, or None when it is not ours to see.

    The engine may live in another pid namespace (Docker Desktop, or we in a container):
    the pid then means another process here. Its control group names the container.
    """
    try:
        if container not in (proc / str(pid) / "cgroup").read_text():
            return None
        if proc != Path("/proc"):
            return (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None
    seen = process_state(pid)
    return seen[0] if seen else None
