"""Partitions: resolve a symbol to a grudge, make machines refuse each other, count the drops."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from nemesis import grudges
from nemesis.cluster import Cluster
from nemesis.fault import Fault
from nemesis.grudges import Grudge

CROWN, FAINT, APART = "crown", "faint", "apart"
LEADER_PATIENCE_S = 1.0


class Partition:
    """Applies grudges. Several may be in force at once: a node refuses their union."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._in_force: dict[int, Grudge] = {}
        self._dropped_before: dict[int, dict[str, int]] = {}

    def resolve(self, target: str, choice: float, leader: str | None) -> dict[str, Any]:
        """What the symbol means now: the grudge and the nodes it sets apart.

        Without a leader, ``leader`` falls back to a random node, and says so.
        """
        nodes = self._cluster.nodes
        rng = random.Random(choice)
        order = rng.sample(nodes, len(nodes))
        resolved: dict[str, Any] = {}
        if target in ("leader", "one"):
            alone = order[0]
            if target == "leader":
                alone = leader or order[0]
                resolved["leader_known"] = leader is not None
            resolved["nodes"] = [alone]
            grudge = grudges.isolate(nodes, [alone])
        elif target == "one-way":
            # The leader as often as not: who hears it, and whom it hears, is not the same.
            towards_leader = leader is not None and rng.random() < 0.5
            alone = leader if leader is not None and towards_leader else order[0]
            manner = rng.choice(("deaf", "mute"))
            resolved |= {"nodes": [alone], "manner": manner}
            grudge = _one_way(nodes, [alone], manner)
        elif target == "halves":
            resolved["nodes"] = sorted(order[: len(order) // 2])
            grudge = grudges.halves(order)
        elif target == "ring":
            resolved["nodes"] = list(nodes)
            grudge = grudges.majorities_ring(order)
        else:
            middle = len(order) // 2
            if order[middle] == leader:
                # With the leader in the middle nobody is cut off from anybody it talks to.
                order[0], order[middle] = order[middle], order[0]
            resolved["nodes"] = [order[middle]]
            grudge = grudges.bridge(order)
        return resolved | {"grudge": _plain(grudge)}

    def resolve_at(self, nodes: list[str], manner: str, choice: float) -> dict[str, Any]:
        """Cut exactly these nodes off, together: both ways, or ``deaf`` or ``mute``.

        The deaf hear nobody and are heard; the mute hear everybody and are not. The faint
        hear nobody, and one other node alone hears them. With ``crown`` it is the others that
        are cut off, from each other and not from the node: nobody else can be elected.
        """
        everyone = self._cluster.nodes
        if manner == CROWN:
            star = _plain(grudges.star(everyone, nodes[0]))
            return {"nodes": nodes, "manner": manner, "grudge": star}
        if manner == APART:
            parts = [[node] for node in nodes]
            apart = grudges.union([grudges.components(parts)], everyone)
            return {"nodes": nodes, "manner": manner, "grudge": _plain(apart)}
        if not manner:
            return {"nodes": nodes, "grudge": _plain(grudges.isolate(everyone, nodes))}
        if manner == FAINT:
            return {"nodes": nodes, "manner": manner, "grudge": _faint(everyone, nodes, choice)}
        grudge = _plain(_one_way(everyone, nodes, manner))
        return {"nodes": nodes, "manner": manner, "grudge": grudge}

    async def inject(self, fault: Fault) -> None:
        """Put the resolved grudge in force on every machine at once."""
        self._dropped_before[fault.symbolic.id] = await self._dropped()
        self._in_force[fault.symbolic.id] = {
            node: frozenset(foes) for node, foes in fault.resolved["grudge"].items()
        }
        await self._apply()

    async def heal(self, fault: Fault) -> None:
        """Take the grudge back; the fault's effect is what its rules dropped meanwhile.

        While two partitions overlap a dropped packet counts for both.
        """
        self._in_force.pop(fault.symbolic.id, None)
        await self._apply()
        after = await self._dropped()
        before = self._dropped_before.pop(fault.symbolic.id, {})
        drops = {node: count - before.get(node, 0) for node, count in after.items()}
        fault.effect.packets_dropped = {node: count for node, count in drops.items() if count}
        fault.effect.mechanical = any(drops.values())

    async def _apply(self) -> None:
        victims = self._cluster.victims
        wanted = grudges.union(list(self._in_force.values()), self._cluster.nodes)
        await asyncio.gather(
            *(
                victims[node].refuse([victims[foe].address for foe in sorted(foes)])
                for node, foes in wanted.items()
            )
        )

    async def _dropped(self) -> dict[str, int]:
        counts = await asyncio.gather(*(v.dropped() for v in self._cluster.victims.values()))
        return {
            node: sum(by_source.values())
            for node, by_source in zip(self._cluster.nodes, counts, strict=True)
        }


def _one_way(nodes: Sequence[str], alone: Sequence[str], manner: str) -> Grudge:
    if manner == "deaf":
        return grudges.one_way(nodes, alone)
    # The mute are those whom all the others do not hear.
    return grudges.one_way(nodes, [node for node in nodes if node not in alone])


def _faint(nodes: Sequence[str], alone: Sequence[str], choice: float) -> dict[str, list[str]]:
    grudge = _plain(grudges.isolate(nodes, alone))
    listener = random.Random(choice).choice([node for node in nodes if node not in alone])
    return grudge | {listener: []}


def _plain(grudge: Grudge) -> dict[str, list[str]]:
    return {node: sorted(foes) for node, foes in grudge.items()}
