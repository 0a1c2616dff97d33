"""Faults of processes: kill, pause and power loss of one node, several, or the leader."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from nemesis.cluster import Cluster
from nemesis.fault import Fault


def choose(nodes: list[str], target: str, choice: float, leader: str | None) -> dict[str, Any]:
    """The nodes a symbol means now. Without a leader, ``leader`` is a random node, and says so.

    A minority is the largest there is (two of five), a majority the smallest.
    """
    order = random.Random(choice).sample(nodes, len(nodes))
    if target == "leader":
        return {"nodes": [leader or order[0]], "leader_known": leader is not None}
    count = {
        "one": 1,
        "minority": max(1, (len(nodes) - 1) // 2),
        "majority": len(nodes) // 2 + 1,
        "all": len(nodes),
    }[target]
    return {"nodes": sorted(order[:count])}


class ProcessFaults:
    """Kills, pauses and power losses, with what the operating system says became of each.

    ``hold_down`` and ``let_up`` are for other faults that end a process: a node comes back
    when the last fault that holds it down lets go, whichever kind it is of.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        # A node both killed and paused comes back when the last of its faults is healed.
        self._down: dict[int, set[str]] = {}
        self._stopped: dict[int, set[str]] = {}
        # A heal that restarts a node and a fault that kills it must not overtake each other.
        self.turn = asyncio.Lock()
        self.found_dead: set[str] = set()
        """Nodes that were dead when a fault came to them, though no fault had killed them."""

    def resolve(self, target: str, choice: float, leader: str | None) -> dict[str, Any]:
        """The nodes that the symbol means now."""
        return choose(list(self._cluster.nodes), target, choice, leader)

    def resolve_at(self, nodes: list[str], manner: str, choice: float) -> dict[str, Any]:
        """Exactly these nodes, or for ``crown`` all others: they wake up to a candidate."""
        if manner:
            nodes = [node for node in self._cluster.nodes if node not in nodes]
            return {"nodes": nodes, "manner": manner}
        return {"nodes": nodes}

    async def inject(self, fault: Fault) -> None:
        """Do it to all the resolved nodes at once, and look whether it happened.

        It has an effect when some process is dead or stopped that was not before.
        """
        nodes: list[str] = fault.resolved["nodes"]
        kind = fault.symbolic.kind
        expected = "stopped" if kind == "pause" else "dead"
        async with self.turn:
            before = await self.states(nodes)
            held = set().union(*self._down.values())
            self.found_dead |= {n for n in nodes if before[n] == "dead"} - held
            # Noted before it is done: a failure half-way leaves nothing that heal overlooks.
            holders = self._stopped if kind == "pause" else self._down
            holders[fault.symbolic.id] = set(nodes)
            await asyncio.gather(*(self._hurt(kind, node) for node in nodes))
            after = await self.states(nodes)
        for node in nodes:
            already = "already " if before[node] == after[node] == expected else ""
            fault.effect.processes[node] = already + after[node]
        fault.effect.mechanical = expected in fault.effect.processes.values()

    async def heal(self, fault: Fault) -> None:
        """Continue or restart the nodes that no other fault still holds."""
        await self.let_up(fault)

    def hold_down(self, fault: Fault, nodes: list[str]) -> None:
        """These nodes may be dead from now on; nobody restarts them before ``let_up``."""
        self._down[fault.symbolic.id] = set(nodes)

    async def let_up(self, fault: Fault) -> None:
        """Bring back what this fault held and no other one holds."""
        async with self.turn:
            nodes = sorted(
                self._stopped.pop(fault.symbolic.id, set())
                | self._down.pop(fault.symbolic.id, set())
            )
            await asyncio.gather(*(self.bring_back(node) for node in nodes))

    async def states(self, nodes: list[str]) -> dict[str, str]:
        """What the operating system says of these nodes' processes."""
        states = await asyncio.gather(*(self._cluster.victims[node].state() for node in nodes))
        return dict(zip(nodes, map(str, states), strict=True))

    async def _hurt(self, kind: str, node: str) -> None:
        victim = self._cluster.victims[node]
        if kind == "pause":
            if await victim.state() != "dead":
                await victim.pause()
        elif kind == "kill":
            await victim.kill()
        else:
            await victim.lose_power()

    async def bring_back(self, node: str) -> None:
        """Continue or restart a node unless some fault holds it; ``turn`` must be held."""
        if any(node in held for held in self._down.values()):
            return
        victim = self._cluster.victims[node]
        state = await victim.state()
        if state == "dead":
            await self._cluster.restart(node)
        elif state == "stopped" and not any(node in held for held in self._stopped.values()):
            await victim.resume()
