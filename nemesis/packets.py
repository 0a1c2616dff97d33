"""Disturbed packets: delay, loss, duplication and reordering, with what the host counted."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from nemesis.cluster import Cluster
from nemesis.fault import Fault
from nemesis.victim import Disturbable, Disturbance, cannot, together

STYLES = ("delay", "loss", "duplicate", "reorder", "mixed")
LATE = "late"
"""The manner of an aimed fault that holds messages back until after an election or two."""
STRAY = "stray"
"""The same, one by one: whatever is sent after them overtakes them."""
LAGGING = "lagging"
"""The manner of one that lets every message take some tens of milliseconds."""
ECHO = "echo"
"""The manner of one that keeps the order, and lets every message come once more a little later."""


def draw(style: str, rng: random.Random) -> Disturbance:
    """A disturbance of that style. Its strength is drawn between a nuisance and a plague.

    Messages that are to overtake each other need delays that differ: hence the jitter.
    """
    if style == "delay":
        return Disturbance(delay_s=rng.uniform(0.02, 0.3), jitter_s=rng.uniform(0.0, 0.3))
    if style == "loss":
        return Disturbance(loss=rng.uniform(0.05, 0.5))
    if style == "duplicate":
        return Disturbance(jitter_s=rng.uniform(0.02, 0.5), duplicate=rng.uniform(0.1, 0.6))
    if style == "reorder":
        return Disturbance(jitter_s=rng.uniform(0.02, 0.5), reorder=rng.uniform(0.1, 1.0))
    if style == LATE:
        return Disturbance(
            delay_s=rng.uniform(0.5, 1.5),
            jitter_s=rng.uniform(0.0, 1.0),
            reorder=rng.choice((0.0, 0.5, 1.0)),
        )
    if style == STRAY:
        return Disturbance(
            delay_s=rng.uniform(0.6, 1.6), jitter_s=rng.uniform(0.0, 0.5), reorder=1.0
        )
    if style == LAGGING:
        return Disturbance(delay_s=rng.uniform(0.0, 0.005), jitter_s=rng.uniform(0.01, 0.05))
    if style == ECHO:
        return Disturbance(jitter_s=rng.uniform(0.2, 0.3), duplicate=1.0)
    return Disturbance(
        delay_s=rng.uniform(0.0, 0.1),
        jitter_s=rng.uniform(0.02, 0.4),
        loss=rng.uniform(0.0, 0.2),
        duplicate=rng.uniform(0.0, 0.4),
        reorder=rng.uniform(0.0, 0.6),
    )


class Packets:
    """Disturbs what machines send to their peers; several disturbances add up."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._in_force: dict[int, tuple[list[str], Disturbance]] = {}
        self._before: dict[int, dict[str, int]] = {}

    def resolve(self, target: str, choice: float, leader: str | None) -> dict[str, Any]:
        """Whose packets, and what becomes of them. Without a leader a random node's."""
        nodes = list(self._cluster.nodes)
        rng = random.Random(choice)
        alone = rng.choice(nodes)
        resolved: dict[str, Any] = {"nodes": nodes}
        if target == "leader":
            resolved = {"nodes": [leader or alone], "leader_known": leader is not None}
        elif target == "one":
            resolved = {"nodes": [alone]}
        return resolved | {"disturbance": asdict(draw(rng.choice(STYLES), rng))}

    def resolve_at(self, nodes: list[str], manner: str, choice: float) -> dict[str, Any]:
        """The packets of exactly these nodes; ``manner`` is a style, or empty for any."""
        rng = random.Random(choice)
        disturbance = draw(manner or rng.choice(STYLES), rng)
        return {"nodes": nodes, "disturbance": asdict(disturbance)}

    async def inject(self, fault: Fault) -> None:
        """Let it begin on all the resolved machines at once."""
        nodes: list[str] = fault.resolved["nodes"]
        disturbance = Disturbance(**fault.resolved["disturbance"])
        self._in_force[fault.symbolic.id] = nodes, disturbance
        await self._apply(nodes)
        self._before[fault.symbolic.id] = await self._counted(nodes)

    async def heal(self, fault: Fault) -> None:
        """Let it end; the effect is what the machines counted meanwhile.

        While two disturbances of one machine overlap, a packet counts for both.
        """
        nodes, _ = self._in_force.pop(fault.symbolic.id, ([], None))
        before = self._before.pop(fault.symbolic.id, None)
        if before is not None:
            after = await self._counted(nodes)
            more = {what: after[what] - before.get(what, 0) for what in sorted(after)}
            fault.effect.packets_disturbed = {what: n for what, n in more.items() if n}
            fault.effect.mechanical = any(more.values())
        await self._apply(nodes)

    async def _apply(self, nodes: Iterable[str]) -> None:
        for node in nodes:
            own = [d for hit, d in self._in_force.values() if node in hit]
            await self._machine(node).disturb(together(own))

    async def _counted(self, nodes: list[str]) -> dict[str, int]:
        total: dict[str, int] = {}
        for counts in await asyncio.gather(*(self._machine(node).disturbed() for node in nodes)):
            for what, number in counts.items():
                total[what] = total.get(what, 0) + number
        return total

    def _machine(self, node: str) -> Disturbable:
        machine = self._cluster.victims[node]
        if not isinstance(machine, Disturbable):
            raise cannot(machine, "disturb packets")
        return machine
