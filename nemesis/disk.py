"""Disks whose fsync fails. A node that cannot persist must stop, and comes back when healed."""

from __future__ import annotations

import asyncio
from typing import Any

from nemesis.cluster import Cluster
from nemesis.fault import Fault
from nemesis.process import ProcessFaults, choose
from nemesis.victim import Disked, cannot


class Disks:
    """Makes disks fail. Nodes that ended over it are restarted once all their faults are over."""

    def __init__(self, cluster: Cluster, processes: ProcessFaults) -> None:
        self._cluster = cluster
        self._processes = processes
        self._failing: dict[int, list[str]] = {}
        self._before: dict[int, dict[str, int]] = {}

    def resolve(self, target: str, choice: float, leader: str | None) -> dict[str, Any]:
        """Whose disk. Without a leader a random node's."""
        return choose(list(self._cluster.nodes), target, choice, leader)

    def resolve_at(self, nodes: list[str], manner: str, choice: float) -> dict[str, Any]:
        """The disks of exactly these nodes."""
        return {"nodes": nodes}

    async def inject(self, fault: Fault) -> None:
        """Let every fsync fail from now on."""
        nodes: list[str] = fault.resolved["nodes"]
        self._before[fault.symbolic.id] = await self._counted(nodes)
        self._failing[fault.symbolic.id] = nodes
        # Whatever dies from here on dies of this fault: nobody else restarts it meanwhile.
        self._processes.hold_down(fault, nodes)
        await self._apply(nodes)

    async def heal(self, fault: Fault) -> None:
        """Let fsync work again, and restart what stopped. The effect: fsyncs that failed."""
        nodes = self._failing.pop(fault.symbolic.id, [])
        await self._apply(nodes)
        before = self._before.pop(fault.symbolic.id, {})
        after = await self._counted(nodes)
        failed = {node: after[node] - before.get(node, 0) for node in nodes}
        fault.effect.syncs_failed = {node: count for node, count in failed.items() if count}
        fault.effect.processes = await self._processes.states(nodes)
        fault.effect.mechanical = any(failed.values())
        await self._processes.let_up(fault)

    async def _apply(self, nodes: list[str]) -> None:
        for node in nodes:
            failing = any(node in hit for hit in self._failing.values())
            await self._machine(node).fail_disk(failing)

    async def _counted(self, nodes: list[str]) -> dict[str, int]:
        counts = await asyncio.gather(*(self._machine(node).failed_syncs() for node in nodes))
        return dict(zip(nodes, counts, strict=True))

    def _machine(self, node: str) -> Disked:
        machine = self._cluster.victims[node]
        if not isinstance(machine, Disked):
            raise cannot(machine, "make a disk fail")
        return machine
