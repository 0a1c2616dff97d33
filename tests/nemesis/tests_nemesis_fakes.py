"""A cluster that exists only in memory, for tests of the nemesis."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from nemesis.cluster import Cluster


class FakeVictim:
    """A machine whose process and rules are variables. ``log`` is shared by the cluster."""

    def __init__(self, name: str, address: str, log: list[str]) -> None:
        self.name, self.address, self._log = name, address, log
        self.process = "running"
        self.refused: frozenset[str] = frozenset()
        self.drops: dict[str, int] = {}
        self.immortal = False

    async def kill(self) -> None:
        self._log.append(f"kill {self.name}")
        if not self.immortal:
            self.process = "dead"

    async def pause(self) -> None:
        self._log.append(f"pause {self.name}")
        self.process = "stopped"

    async def resume(self) -> None:
        self._log.append(f"resume {self.name}")
        self.process = "running"

    async def lose_power(self) -> None:
        self._log.append(f"power {self.name}")
        self.process = "dead"

    async def state(self) -> str:
        return self.process

    async def refuse(self, addresses: Collection[str]) -> None:
        self.refused = frozenset(addresses)

    async def dropped(self) -> Mapping[str, int]:
        return self.drops


def fake_cluster(
    nodes: int = 5, leader: str | None = "n1"
) -> tuple[Cluster, dict[str, FakeVictim], list[str]]:
    """A cluster, its victims by name, and the log of what was done to them."""
    log: list[str] = []
    victims = {f"n{i}": FakeVictim(f"n{i}", f"10.0.0.{i}", log) for i in range(1, nodes + 1)}

    async def restart(node: str) -> None:
        log.append(f"restart {node}")
        victims[node].process = "running"

    async def status(node: str) -> dict[str, Any] | None:
        if victims[node].process != "running":
            return None
        return {"node": node, "role": "leader" if node == leader else "follower", "term": 3}

    return Cluster(victims, restart, status), victims, log
