"""A cluster that runs already: nothing is started, nothing is taken away.

Its machines are places to dial. Faults are only for those whose machines are named as well,
and then only such as can be taken back for certain: they are cut off from one another, and what
listens at the endpoint's port is stopped for a while. What others started, we could not start
again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from targets.hosts.ssh.host import SshHost, never
from targets.hosts.ssh.machine import SshMachine
from targets.target import Capability, ControlLost, Launch, ProcessState, RunIdentity


@dataclass(slots=True)
class ExternalMachine:
    """One node of it, at ``place``; ``machine`` is the one it runs on, where we may go there."""

    name: str
    address: str
    place: tuple[str, int]
    machine: SshMachine | None = None

    def endpoint(self, port: int) -> tuple[str, int]:
        """Where it was said to be, whatever port is usual."""
        return self.place

    async def start(self, launch: Launch) -> None:
        """Refused: it is not ours."""
        self._refuse("be started")

    async def kill(self) -> None:
        """Refused: it is not ours."""
        self._refuse("be killed")

    async def pause(self) -> None:
        """SIGSTOP to what listens at its port."""
        await self._reached("be paused").pause_listener(self.place[1])

    async def resume(self) -> None:
        """SIGCONT to what was stopped there."""
        await self._reached("be resumed").resume_listener(self.place[1])

    async def lose_power(self, keep: float = 0.0) -> None:
        """Refused: it is not ours."""
        self._refuse("lose power")

    async def state(self) -> ProcessState:
        """Of what listens at its port; dead where nobody does."""
        return await self._reached("be looked at").listener_state(self.place[1])

    async def refuse(self, addresses: Collection[str]) -> None:
        """On its machine, drop what arrives from ``addresses``."""
        await self._reached("be cut off").refuse(addresses)

    async def dropped(self) -> Mapping[str, int]:
        """Packets dropped on its machine by our rules, by source address."""
        return {} if self.machine is None else await self.machine.dropped()

    async def log(self) -> bytes:
        """None: where others keep it is not known."""
        return b""

    def _reached(self, what: str) -> SshMachine:
        return self.machine or self._refuse(what)

    def _refuse(self, what: str) -> NoReturn:
        host, port = self.place
        raise ControlLost(
            f"{self.name} ({host}:{port}) belongs to a cluster that runs already and cannot {what}"
        )


class ExternalHost:
    """The machines of a cluster that runs already. ``ssh`` reaches them, in the same order."""

    name = "ssh"

    def __init__(self, places: Sequence[tuple[str, int]], ssh: SshHost | None = None) -> None:
        self._places = tuple(places)
        self._ssh = ssh
        can_be_undone = {Capability.PARTITION, Capability.PAUSE}
        able = set() if ssh is None else ssh.capabilities & can_be_undone
        self.capabilities = frozenset(able)

    def lacks(self, launch: Launch) -> list[str]:
        """Nothing: it runs."""
        return []

    async def open(self, run: RunIdentity, nodes: Sequence[str]) -> Mapping[str, ExternalMachine]:
        """A machine for each place; its agent, where there is SSH. Raises HostUnavailable."""
        reached = {} if self._ssh is None else await self._ssh.open(run, nodes)
        return {
            node: ExternalMachine(
                node,
                reached[node].address if node in reached else place[0],
                place,
                reached.get(node),
            )
            for node, place in zip(nodes, self._places, strict=True)
        }

    async def until_lost(self) -> str:
        """Wait until the connection to some machine is lost; a sentence about it."""
        if self._ssh is None:
            return await never()
        return await self._ssh.until_lost()

    async def close(self) -> list[str]:
        """Take the agents away, where there are any."""
        return [] if self._ssh is None else await self._ssh.close()

    def describe(self) -> dict[str, Any]:
        """Facts for the manifest."""
        told = {} if self._ssh is None else self._ssh.describe()
        return told | {
            "host": self.name,
            "endpoints": [f"{host}:{port}" for host, port in self._places],
        }
