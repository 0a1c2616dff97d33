"""The docker host: a private network per run, and two containers a node (``container``).

    127.0.0.1:engine-chosen ──► holder n1 (agent, NET_ADMIN) ◄─ joins ─ node n1
                                   │ bridge network of this run
                                holder n2 (agent, NET_ADMIN) ◄─ joins ─ node n2
                                   …
Works for whoever may speak to the engine: nothing is done from the host's side of the
network, so no root is needed. All that is made bears the run's labels.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from targets.hosts import image, labels, leftovers, programs
from targets.hosts.agent import TOKEN_VARIABLE
from targets.hosts.container import DATA, LOG_CONFIG, LOOPBACK, DockerMachine
from targets.hosts.control import AgentConnection
from targets.hosts.engine import Engine, connect
from targets.hosts.subnets import candidates
from targets.hosts.together import together
from targets.target import (
    Capability,
    ControlLost,
    HostUnavailable,
    Launch,
    Needed,
    RunIdentity,
)

CLIENT_PORT = 7000
AGENT_PORT = 7002
AGENT_TIMEOUT_S = 20.0
AGENT_RETRY_S = 0.03
SUBNETS_TRIED_MAX = 20
PUBLISH_TRIES_MAX = 3


def to_stderr(line: str) -> None:
    """Where announcements go when no one else takes them."""
    sys.stderr.write(line + "\n")


class DockerHost:
    """Machines as containers of this machine's engine.

    ``base`` asks for a base image. ``ports`` are those nodes listen on for clients; ``needs``
    is software of this machine that goes into the image.
    """

    name = "docker"
    capabilities = frozenset(
        {Capability.PARTITION, Capability.KILL, Capability.PAUSE, Capability.POWER_LOSS}
    )

    def __init__(
        self,
        announce: image.Announce = to_stderr,
        base: str | None = None,
        ports: Sequence[int] = (CLIENT_PORT,),
        needs: Sequence[Needed] = (),
    ) -> None:
        self._announce = announce
        self._base = base
        self._ports = tuple(ports)
        self._needs = tuple(needs)
        self._engine: Engine | None = None
        self._run: RunIdentity | None = None
        self._agents: list[AgentConnection] = []
        self._facts: dict[str, Any] = {}

    def lacks(self, launch: Launch) -> list[str]:
        """What is not on this machine, and so cannot be packed into an image."""
        return [*launch.absent(), *programs.lacking(launch.needs)]

    async def open(self, run: RunIdentity, nodes: Sequence[str]) -> Mapping[str, DockerMachine]:
        """Make one machine a node name, five in about 3 s. Raises HostUnavailable."""
        self._engine = engine = await asyncio.to_thread(connect)
        self._run = run
        try:
            loop = asyncio.get_running_loop()
            made = await engine.run(
                image.ensure,
                engine,
                # The image is made in a thread; whoever listens lives on the loop.
                lambda line: loop.call_soon_threadsafe(self._announce, line),
                self._base,
                self._needs,
            )
            network = await self._make_network(engine, run)
            token = secrets.token_hex(16)
            machines = await together(
                *(self._make_machine(engine, run, node, made.tag, network, token) for node in nodes)
            )
        except BaseException:
            await self.close()
            raise
        self._facts = {
            "host": self.name,
            "engine": engine.version.get("Version"),
            "kernel": engine.version.get("KernelVersion"),
            "image": made.tag,
            "image_origin": made.origin,
            "subnet": network["subnet"],
        }
        return {machine.name: machine for machine in machines}

    async def _make_network(self, engine: Engine, run: RunIdentity) -> dict[str, str]:
        """A bridge network on a subnet the engine picks; one of ours when it has none left."""
        import docker.types

        name = labels.name(run)
        tried: list[str] = []
        for subnet in [None, *candidates(SUBNETS_TRIED_MAX)]:
            ipam = None
            if subnet is not None:
                pool = docker.types.IPAMPool(subnet=subnet)
                ipam = docker.types.IPAMConfig(pool_configs=[pool])
            try:
                made = await engine.call(
                    engine.api.create_network,
                    name,
                    driver="bridge",
                    labels=labels.labels(run),
                    ipam=ipam,
                )
            except ControlLost as error:
                if "pool" not in str(error) and "overlap" not in str(error):
                    raise
                tried.append(f"{subnet or 'its own choice'}: {error}")
                continue
            seen = await engine.call(engine.api.inspect_network, made["Id"])
            return {"id": made["Id"], "subnet": seen["IPAM"]["Config"][0]["Subnet"]}
        raise HostUnavailable(
            "the engine has no subnet left for the run's network "
            f"(tried {len(tried)}; the last: {tried[-1]}). "
            "Remove networks that are not used: docker network prune"
        )

    async def _make_machine(
        self,
        engine: Engine,
        run: RunIdentity,
        node: str,
        tag: str,
        network: Mapping[str, str],
        token: str,
    ) -> DockerMachine:
        marks = labels.labels(run) | {labels.NODE: node}
        volume = labels.name(run, node)
        await engine.call(engine.api.create_volume, volume, labels=marks)
        holder = await self._start_holder(engine, run, node, tag, network, token, volume, marks)
        seen = await engine.call(engine.api.inspect_container, holder)
        (attached,) = seen["NetworkSettings"]["Networks"].values()
        published = {
            int(inner.split("/")[0]): int(bound[0]["HostPort"])
            for inner, bound in seen["NetworkSettings"]["Ports"].items()
            if bound
        }
        try:
            agent = await self._reach_agent(node, published.get(AGENT_PORT), token)
        except ControlLost as error:
            said = await engine.call(engine.api.logs, holder, tail=5)
            raise HostUnavailable(
                f"{node}: {error}\nThe last lines of its holder:\n"
                f"{said.decode(errors='replace').strip() or '(nothing)'}\n"
                "If this program itself runs in a container, ports published on 127.0.0.1 are "
                "out of its reach: run it on the machine itself, or use --host sandbox."
            ) from error
        return DockerMachine(
            engine,
            name=node,
            address=attached["IPAddress"],
            holder=holder,
            image=tag,
            volume=volume,
            container_name=labels.name(run, node),
            labels=marks,
            published=published,
            agent=agent,
        )

    async def _start_holder(
        self,
        engine: Engine,
        run: RunIdentity,
        node: str,
        tag: str,
        network: Mapping[str, str],
        token: str,
        volume: str,
        marks: Mapping[str, str],
    ) -> str:
        """Start the holder; again when the port the engine chose was taken meanwhile."""
        api = engine.api
        ports = [*self._ports, AGENT_PORT]
        for attempt in range(1, PUBLISH_TRIES_MAX + 1):
            made = await engine.call(
                api.create_container,
                tag,
                command=["-m", "targets.hosts.agent", str(AGENT_PORT)],
                environment={TOKEN_VARIABLE: token},
                name=labels.name(run, node, "holder"),
                hostname=node,
                labels=dict(marks),
                ports=ports,
                host_config=api.create_host_config(
                    network_mode=network["id"],
                    port_bindings=dict.fromkeys(ports, (LOOPBACK, None)),
                    binds=[f"{volume}:{DATA}"],
                    cap_drop=["ALL"],
                    cap_add=["NET_ADMIN"],
                    log_config=LOG_CONFIG,
                ),
            )
            try:
                await engine.call(api.start, made["Id"])
            except ControlLost as error:
                await engine.call(api.remove_container, made["Id"], force=True, v=True)
                if attempt == PUBLISH_TRIES_MAX or "port" not in str(error):
                    raise
                continue
            return str(made["Id"])
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _reach_agent(self, node: str, port: int | None, token: str) -> AgentConnection:
        """Connect to a holder's agent, trying until it has started."""
        if port is None:
            raise ControlLost("the engine published no port for the agent")
        deadline = time.monotonic() + AGENT_TIMEOUT_S
        while True:
            agent = None
            try:
                # The engine's own forwarder accepts before the agent listens, and then
                # hangs up: only an answer to our greeting means that it is there.
                agent = AgentConnection(node, *await asyncio.open_connection(LOOPBACK, port))
                self._agents.append(agent)
                await agent.hello(token, timeout_s=AGENT_TIMEOUT_S)
                return agent
            except (OSError, ControlLost) as error:
                if agent is not None:
                    agent.close()
                    self._agents.remove(agent)
                if time.monotonic() > deadline:
                    raise ControlLost(
                        f"no agent at {LOOPBACK}:{port} within {AGENT_TIMEOUT_S:g} s ({error})"
                    ) from error
            await asyncio.sleep(AGENT_RETRY_S)

    async def close(self) -> list[str]:
        """Remove the run's containers, volumes and network. Idempotent; never raises.

        What would not go is returned, and removed by the next start or by `splitbrain clean`.
        """
        engine, self._engine = self._engine, None
        for agent in self._agents:
            agent.close()
        self._agents.clear()
        if engine is None or self._run is None:
            return []
        try:
            await engine.quiet()
            left = (await leftovers.remove_run(engine, self._run.run)).failed
        except ControlLost as error:
            left = [f"what {self._run.run} made in the engine: {error}"]
        await asyncio.to_thread(engine.close)
        return left

    def describe(self) -> dict[str, Any]:
        """Facts for the manifest."""
        return dict(self._facts)
