"""A cluster that is up: machines from a host, nodes of a system, and how to ask after them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from nemesis.cluster import Cluster, leader_of
from splitbrain.hosts import secured_endpoints
from splitbrain.plan import Plan
from splitbrain.silence import why_silent
from targets.hosts.simulated.machine import SimulatedMachine
from targets.target import Host, Machine, NodeFailed, ProcessState, RunIdentity, System

READY_TIMEOUT_S = 60.0
ANSWER_TIMEOUT_S = 10.0
"""A cluster that runs already has had its time to come up."""
STATUS_TIMEOUT_S = 0.5
FAR_STATUS_TIMEOUT_S = 2.0
"""Of a cluster that may be far away: a secured connection and two questions are six ways there."""
SLACK = 4
"""So many times what its answers took at first is waited for them later."""
ADMIN_TIMEOUT_S = 1.0
LOG_LINES = 15


class BugTally:
    """How often each seeded bug was reached, over all nodes.

    A node keeps its counts over restarts, but for the last moment before it died: so the
    highest it ever told is the truest.
    """

    def __init__(self) -> None:
        self._highest: dict[tuple[str, str], int] = {}

    def note(self, node: str, status: Mapping[str, Any]) -> None:
        """Take in one node's status answer."""
        for bug, count in status.get("bugs", {}).items():
            self._highest[node, bug] = max(count, self._highest.get((node, bug), 0))

    def totals(self) -> dict[str, int]:
        """Times reached, by bug."""
        totals: dict[str, int] = {}
        for (_, bug), count in self._highest.items():
            totals[bug] = totals.get(bug, 0) + count
        return totals


class Deployment:
    """The nodes of one run on their machines."""

    def __init__(
        self, plan: Plan, system: System, host: Host, tls: ssl.SSLContext | None = None
    ) -> None:
        """``tls`` is for endpoints of the plan that are secured."""
        self.nodes = [f"n{i}" for i in range(1, plan.nodes + 1)]
        self.machines: Mapping[str, Machine] = {}
        self.bugs = BugTally()
        self._plan = plan
        self._system = system
        self._status_s = STATUS_TIMEOUT_S
        self._tls = {self.nodes[number]: tls for number in secured_endpoints(plan)}
        self.host = host

    async def start(self, run: RunIdentity) -> None:
        """Make the machines, start a node on each, wait until all of them know one leader.

        Of a cluster that runs already nothing is started. Raises HostUnavailable, ControlLost,
        or NodeFailed with the last lines of a log.
        """
        self.machines = await self.host.open(run, self.nodes)
        if self.exists_already:
            await self._answers()
            return
        await asyncio.gather(*(self.restart(node) for node in self.nodes))
        await self._ready()

    @property
    def exists_already(self) -> bool:
        """Whether the cluster is one that others started."""
        return bool(self._plan.endpoints)

    async def restart(self, node: str) -> None:
        """Start a node's process, the first time or after it died."""
        addresses = {name: machine.address for name, machine in self.machines.items()}
        plan = self._plan
        launch = self._system.launch(node, addresses, plan.bugs, plan.options)
        await self.machines[node].start(launch)

    async def status(self, node: str) -> dict[str, Any] | None:
        """A node's status answer, or None when it gives none in time."""
        endpoint = self.machines[node].endpoint(self._system.client_port)
        status = await self._system.status(endpoint, self._status_s, self._tls.get(node))
        if status is not None:
            self.bugs.note(node, status)
        return status

    async def glance(self, node: str) -> Mapping[str, Any] | None:
        """What a node says of itself, for the record alone: nothing else is any different for it.

        In virtual time it is looked at and not asked, for a question takes messages and time.
        """
        machine = self.machines[node]
        return (
            machine.glance() if isinstance(machine, SimulatedMachine) else await self.status(node)
        )

    async def admin(self, node: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """A node's answer to a request that changes the cluster, or None."""
        endpoint = self.endpoint(node)
        return await self._system.admin(endpoint, request, ADMIN_TIMEOUT_S)

    def cluster(self) -> Cluster:
        """The nemesis's view of this deployment."""
        return Cluster(self.machines, self.restart, self.status, self.admin)

    def endpoint(self, node: str) -> tuple[str, int]:
        """Where clients of ``node`` connect."""
        return self.machines[node].endpoint(self._system.client_port)

    async def dead(self) -> list[str]:
        """Nodes whose process does not run; of processes that others started none is known."""
        if self.exists_already:
            return []
        states = await asyncio.gather(*(machine.state() for machine in self.machines.values()))
        return [n for n, s in zip(self.machines, states, strict=True) if s is ProcessState.DEAD]

    async def logs(self) -> dict[str, bytes]:
        """All that each node wrote; what others started writes where we do not look."""
        if self.exists_already:
            return {}
        logs = await asyncio.gather(*(machine.log() for machine in self.machines.values()))
        return dict(zip(self.machines, logs, strict=True))

    async def _ready(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_TIMEOUT_S
        while True:
            answers = await asyncio.gather(*(self.status(node) for node in self.nodes))
            statuses = {
                node: answer
                for node, answer in zip(self.nodes, answers, strict=True)
                if answer is not None
            }
            if len(statuses) == len(self.nodes) and self._agree_on_a_leader(statuses):
                return
            silent = [node for node in self.nodes if node not in statuses]
            for node in silent:
                if await self.machines[node].state() is ProcessState.DEAD:
                    raise NodeFailed(await self._told(node, "ended before it answered"))
            if loop.time() > deadline:
                if silent:
                    address, port = self.endpoint(silent[0])
                    what = f"gave no status answer within {READY_TIMEOUT_S:g} s"
                    if self._plan.host == "ssh":
                        what += f" (is port {port} of {address} open, from here?)"
                    raise NodeFailed(await self._told(silent[0], what))
                seen = ", ".join(f"{n}: {s.get('leader')}" for n, s in statuses.items())
                what = f"knows no leader all agree on after {READY_TIMEOUT_S:g} s ({seen})"
                raise NodeFailed(await self._told(self.nodes[0], what))
            await asyncio.sleep(0.02)

    def _agree_on_a_leader(self, statuses: Mapping[str, dict[str, Any]]) -> bool:
        """Whether all that answer know the same leader, if the system has one."""
        if not self._system.has_leader:
            return True
        leader, _ = leader_of(statuses)
        # Some followers do not tell whom they follow, only that they do.
        told = (status.get("leader", leader) == leader for status in statuses.values())
        return leader is not None and all(told)

    async def _answers(self) -> None:
        """Wait until every endpoint answers, and one of them leads.

        What the cluster calls its nodes is its own affair, so nothing is compared with that.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ANSWER_TIMEOUT_S
        self._status_s = FAR_STATUS_TIMEOUT_S
        looked = False
        while True:
            began = loop.time()
            answers = await asyncio.gather(*(self.status(node) for node in self.nodes))
            took_s = loop.time() - began
            found = dict(zip(self.nodes, answers, strict=True))
            silent = [node for node, answer in found.items() if answer is None]
            leader, _ = leader_of({n: a for n, a in found.items() if a is not None})
            if not silent and (leader is not None or not self._system.has_leader):
                # One that is paused must not hold up what looks for the leader for longer.
                self._status_s = max(STATUS_TIMEOUT_S, min(SLACK * took_s, FAR_STATUS_TIMEOUT_S))
                return
            late = loop.time() > deadline
            if silent and (late or not looked):
                looked = True
                await self._tell_silence(silent, late=late)
            elif late:
                raise NodeFailed(
                    f"every endpoint answers, but none of them leads: {self._system.name} has "
                    "no quorum there, or its leader is not among --endpoints."
                )
            await asyncio.sleep(0.1)

    async def _tell_silence(self, silent: Sequence[str], *, late: bool) -> None:
        """Raise NodeFailed that says why these nodes give no status answer.

        Unless waiting may help, and it is not yet ``late``.
        """
        name = self._system.name
        named = dict(zip(self.nodes, self._plan.endpoints, strict=True))
        silences = await asyncio.gather(
            *(why_silent(self.endpoint(node), self._tls.get(node), name) for node in silent)
        )
        if not late and not any(silence.lasts for silence in silences):
            return
        raise NodeFailed(
            "\n".join(
                f"no status answer of {name} from {named[node]}: "
                + (silence.why if silence.why.endswith("?") else f"{silence.why}.")
                for node, silence in zip(silent, silences, strict=True)
            )
        )

    async def _told(self, node: str, what: str) -> str:
        log = (await self.machines[node].log()).decode(errors="replace").strip().splitlines()
        last = "\n  ".join(log[-LOG_LINES:]) or "(it wrote nothing)"
        return f"node {node} {what}. The last lines of its log:\n  {last}"
