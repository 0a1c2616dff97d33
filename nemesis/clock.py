"""Clocks that are wrong: stepped, or too fast or too slow, by what they were really off."""

from __future__ import annotations

import asyncio
import random
from dataclasses import asdict
from typing import Any

from nemesis.cluster import Cluster
from nemesis.fault import Fault
from nemesis.process import choose
from nemesis.victim import Clocked, ClockFault, cannot

STYLES = ("ahead", "behind", "fast", "slow", "strobe")
STEP_S_MIN, STEP_S_MAX = 0.2, 20.0
RATE_ERROR_MAX = 0.04
"""How far a clock's rate may be from 1. Whoever trusts in leases has to assume some bound
on the drift (our nodes: a tenth between any two clocks), and this stays within it."""
WRONG_S = 1e-6
"""A clock that is off by less than this is right."""


def draw(style: str, rng: random.Random) -> ClockFault:
    """A fault of that style; steps are as likely short as long (log-uniform)."""
    step = STEP_S_MIN * (STEP_S_MAX / STEP_S_MIN) ** rng.random()
    error = RATE_ERROR_MAX * rng.uniform(0.25, 1.0)
    if style == "ahead":
        return ClockFault(offset_s=step)
    if style == "behind":
        return ClockFault(offset_s=-step)
    if style == "fast":
        return ClockFault(rate=1.0 + error)
    if style == "slow":
        return ClockFault(rate=1.0 - error)
    return ClockFault(rng.choice((step, -step)), 1.0 + rng.choice((error, -error)))


class Clocks:
    """Sets clocks wrong. Of several faults at one node the last that is in force wins."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._in_force: dict[int, tuple[list[str], ClockFault]] = {}

    def resolve(self, target: str, choice: float, leader: str | None) -> dict[str, Any]:
        """Whose clocks, and how wrong. Without a leader a random node's."""
        rng = random.Random(choice)
        nodes = choose(list(self._cluster.nodes), target, choice, leader)
        return nodes | {"clock": asdict(draw(rng.choice(STYLES), rng))}

    def resolve_at(self, nodes: list[str], manner: str, choice: float) -> dict[str, Any]:
        """The clocks of exactly these nodes; ``manner`` is a style, or empty for any."""
        rng = random.Random(choice)
        return {"nodes": nodes, "clock": asdict(draw(manner or rng.choice(STYLES), rng))}

    async def inject(self, fault: Fault) -> None:
        """Set the clocks wrong, and look how wrong they are."""
        nodes: list[str] = fault.resolved["nodes"]
        self._in_force[fault.symbolic.id] = nodes, ClockFault(**fault.resolved["clock"])
        await self._apply(nodes)
        await self._measure(fault, nodes)

    async def heal(self, fault: Fault) -> None:
        """Look once more (a drift shows only now), and set them right."""
        nodes, _ = self._in_force.get(fault.symbolic.id, ([], None))
        await self._measure(fault, nodes)
        self._in_force.pop(fault.symbolic.id, None)
        await self._apply(nodes)

    async def _apply(self, nodes: list[str]) -> None:
        for node in nodes:
            own = [clock for hit, clock in self._in_force.values() if node in hit]
            await self._machine(node).set_clock(own[-1] if own else None)

    async def _measure(self, fault: Fault, nodes: list[str]) -> None:
        errors = await asyncio.gather(*(self._machine(node).clock_error_s() for node in nodes))
        worst = fault.effect.clock_error_s_max
        for node, error in zip(nodes, errors, strict=True):
            if abs(error) >= abs(worst.get(node, 0.0)) and abs(error) > WRONG_S:
                worst[node] = round(error, 6)
        fault.effect.mechanical = bool(worst)

    def _machine(self, node: str) -> Clocked:
        machine = self._cluster.victims[node]
        if not isinstance(machine, Clocked):
            raise cannot(machine, "set clocks wrong")
        return machine
