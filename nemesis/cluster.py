"""What the nemesis needs to know of a cluster: its machines, and who leads it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from nemesis.victim import Victim

Admin = Callable[[str, Mapping[str, Any]], Awaitable[dict[str, Any] | None]]
Status = dict[str, Any]


class Cluster:
    """The nodes under test, as the nemesis sees them.

    ``restart`` starts a node's process again; ``status`` asks a node for its status
    answer and gives None when there is none in time. ``admin`` hands a node a request that
    changes the cluster (``{"f": "admin.remove", "value": "n4"}``) and gives its answer
    (``{"ok": …}``), or None when there is none in time; without it there are no faults of
    membership.
    """

    def __init__(
        self,
        victims: Mapping[str, Victim],
        restart: Callable[[str], Awaitable[None]],
        status: Callable[[str], Awaitable[Status | None]],
        admin: Admin | None = None,
    ) -> None:
        self.victims = victims
        self.restart = restart
        self.admin = admin
        self._status = status

    @property
    def nodes(self) -> Sequence[str]:
        """Node names, in order."""
        return list(self.victims)

    async def statuses(self) -> dict[str, Status]:
        """The status answers of all nodes that gave one."""
        answers = await asyncio.gather(*(self._status(node) for node in self.nodes))
        return {
            node: answer
            for node, answer in zip(self.nodes, answers, strict=True)
            if answer is not None
        }

    async def leader(self, patience_s: float = 0.0) -> tuple[str | None, int | None]:
        """The leader of the highest term and that term; asks again for ``patience_s``.

        An isolated old leader may call itself one too: the highest term is the true one.
        Without a leader, (None, the highest term seen or None).
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_s
        while True:
            leader = leader_of(await self.statuses())
            if leader[0] is not None or loop.time() >= deadline:
                return leader
            await asyncio.sleep(0.05)

    async def leader_and_statuses(self) -> tuple[str | None, dict[str, Status]]:
        """The leader of the highest term, and all status answers it was seen in."""
        statuses = await self.statuses()
        return leader_of(statuses)[0], statuses


def leader_of(statuses: Mapping[str, Status]) -> tuple[str | None, int | None]:
    """Who leads, by these status answers, and in which term (or round of a ballot)."""

    def term(status: Status) -> int:
        value: Any = status.get("term", status.get("ballot", 0))
        return int(value[0] if isinstance(value, list) else value)

    leaders = [
        (term(status), node) for node, status in statuses.items() if status.get("role") == "leader"
    ]
    if leaders:
        highest, node = max(leaders)
        return node, highest
    return None, max(map(term, statuses.values()), default=None)
