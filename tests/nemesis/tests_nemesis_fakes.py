"""A cluster that exists only in memory, for tests of the nemesis."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from nemesis.cluster import Cluster
from nemesis.victim import ClockFault, Disturbance


class FakeVictim:
    """A machine whose process and rules are variables. ``log`` is shared by the cluster.

    ``now_s`` is the true time, which its clock leaves when it is set wrong.
    """

    def __init__(self, name: str, address: str, log: list[str]) -> None:
        self.name, self.address, self._log = name, address, log
        self.process = "running"
        self.refused: frozenset[str] = frozenset()
        self.drops: dict[str, int] = {}
        self.immortal = False
        self.disturbance: Disturbance | None = None
        self.counts = {"delayed": 0, "lost": 0, "duplicated": 0, "reordered": 0}
        self.now_s = 0.0
        self.skew: tuple[ClockFault, float] | None = None
        self.disk_fails = False
        self.syncs_failed = 0

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

    async def disturb(self, disturbance: Disturbance | None) -> None:
        self.disturbance = disturbance

    async def disturbed(self) -> Mapping[str, int]:
        return dict(self.counts)

    async def set_clock(self, skew: ClockFault | None) -> None:
        self.skew = None if skew is None else (skew, self.now_s)

    async def clock_error_s(self) -> float:
        if self.skew is None:
            return 0.0
        fault, since_s = self.skew
        return fault.offset_s + (fault.rate - 1.0) * (self.now_s - since_s)

    async def fail_disk(self, failing: bool) -> None:
        self.disk_fails = failing

    async def failed_syncs(self) -> int:
        return self.syncs_failed

    def sync(self) -> None:
        """The node syncs, and stops when it cannot."""
        if self.disk_fails:
            self.syncs_failed += 1
            self.process = "dead"

    async def wipe(self) -> None:
        assert self.process == "dead"
        self._log.append(f"wipe {self.name}")


def fake_cluster(
    nodes: int = 5, leader: str | None = "n1"
) -> tuple[Cluster, dict[str, FakeVictim], list[str]]:
    """A cluster, its victims by name, and the log of what was done to them.

    Its leader, and nobody else, takes changes of members.
    """
    log: list[str] = []
    victims = {f"n{i}": FakeVictim(f"n{i}", f"10.0.0.{i}", log) for i in range(1, nodes + 1)}

    async def restart(node: str) -> None:
        log.append(f"restart {node}")
        victims[node].process = "running"

    async def status(node: str) -> dict[str, Any] | None:
        if victims[node].process != "running":
            return None
        role = "leader" if node == leader else "follower"
        return {"node": node, "role": role, "term": 3, "members": sorted(members)}

    async def admin(node: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
        if victims[node].process != "running":
            return None
        if node != leader:
            return {"ok": False, "error": "no-leader"}
        log.append(f"{request['f']} {request['value']}")
        change = members.add if request["f"] == "admin.add" else members.discard
        change(request["value"])
        return {"ok": True}

    members = set(victims)
    return Cluster(victims, restart, status, admin), victims, log
