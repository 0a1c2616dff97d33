"""Changes of membership: one member is removed, and added back when the fault is healed.

Asked of the system itself, by the requests ``admin.remove`` and ``admin.add`` to its leader
(``Cluster.admin``), and measured by the members that the leader's status tells. With the
manner ``fresh`` the removed node also loses its disk and starts again as an empty one: safe,
for its vote counts for nothing once the removal is committed, and it is added back only
after it has caught up.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

from nemesis.cluster import Cluster
from nemesis.fault import Fault
from nemesis.process import ProcessFaults
from nemesis.victim import CannotHurt, Wipeable, cannot

REMOVE_PATIENCE_S = 3.0
ADD_PATIENCE_S = 15.0
"""A removed node that cannot be added back in this time stays out, and the fault says so."""
PAUSE_S = 0.1
MEMBERS_MIN = 3
FRESH = "fresh"


class Membership:
    """Shrinks and grows the cluster. Faults that overlap never remove the same node."""

    def __init__(self, cluster: Cluster, processes: ProcessFaults) -> None:
        self._cluster = cluster
        self._processes = processes
        self._out: dict[int, list[str]] = {}

    def resolve(self, target: str, choice: float, leader: str | None) -> dict[str, Any]:
        """Who is removed: nobody where too few would be left."""
        nodes = self._removable()
        rng = random.Random(choice)
        followers = [node for node in nodes if node != leader] or nodes
        resolved: dict[str, Any] = {"via": leader}
        if target == "leader":
            resolved["leader_known"] = leader is not None
            chosen = leader if leader in nodes else rng.choice(nodes) if nodes else None
        else:
            chosen = rng.choice(followers) if followers else None
        if target == FRESH:
            resolved["manner"] = FRESH
        return resolved | {"nodes": [] if chosen is None else [chosen]}

    def resolve_at(self, nodes: list[str], manner: str, choice: float) -> dict[str, Any]:
        """The first of exactly these nodes that may be removed."""
        removable = [node for node in nodes if node in self._removable()]
        resolved: dict[str, Any] = {"via": None, "nodes": removable[:1]}
        return resolved | ({"manner": manner} if manner else {})

    def _removable(self) -> list[str]:
        out = {node for nodes in self._out.values() for node in nodes}
        nodes = [node for node in self._cluster.nodes if node not in out]
        return nodes if len(nodes) > MEMBERS_MIN else []

    async def inject(self, fault: Fault) -> None:
        """Remove the node; for a fresh one also kill it, wipe its disk, and start it again.

        A system that does not do it in time is no error of ours: the fault has no effect.
        """
        nodes: list[str] = fault.resolved["nodes"]
        if not nodes:
            return
        (node,) = nodes
        self._out[fault.symbolic.id] = nodes
        if not fault.symbolic.trigger:
            # An aimed fault has no time to wait for the answer: its moment would pass.
            fault.effect.members_before, _ = await self._members()
        via = fault.resolved.get("via") or fault.effect.leader_before
        done = await self._ask("admin.remove", node, REMOVE_PATIENCE_S, via)
        fault.resolved["confirmed"] = done
        if done and fault.resolved.get("manner") == FRESH:
            await self._start_afresh(node)
        fault.effect.members_during, _ = await self._members()
        during = fault.effect.members_during
        fault.effect.mechanical = done or (during is not None and node not in during)

    async def heal(self, fault: Fault) -> None:
        """Add the node back, asking until it is a member again or patience ends."""
        nodes = self._out.pop(fault.symbolic.id, [])
        for node in nodes:
            if not await self._ask("admin.add", node, ADD_PATIENCE_S, None):
                fault.error = f"{node} was not added back within {ADD_PATIENCE_S:g} s"
        if nodes:
            fault.effect.members_after, _ = await self._members()

    async def _ask(self, f: str, node: str, patience_s: float, via: str | None) -> bool:
        """Ask whoever leads until the answer is yes. Asking twice does no harm.

        False when patience ends first: then it may have been done, or may yet be.
        """
        if self._cluster.admin is None:
            raise CannotHurt("this system takes no requests that change its members")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_s
        while True:
            if via is not None:
                answer = await self._cluster.admin(via, {"f": f, "value": node})
                if answer is not None and answer.get("ok"):
                    return True
            members, via = await self._members()
            if f == "admin.add" and members is not None and node in members:
                return True
            if loop.time() >= deadline:
                return False
            await asyncio.sleep(PAUSE_S)

    async def _members(self) -> tuple[list[str] | None, str | None]:
        """The members as the leader tells them, and who that is."""
        leader, statuses = await self._cluster.leader_and_statuses()
        members = statuses[leader].get("members") if leader is not None else None
        return (None if members is None else sorted(map(str, members))), leader

    async def _start_afresh(self, node: str) -> None:
        machine = self._cluster.victims[node]
        if not isinstance(machine, Wipeable):
            raise cannot(machine, "lose its data")
        async with self._processes.turn:
            await machine.kill()
            await machine.wipe()
            await self._processes.bring_back(node)
