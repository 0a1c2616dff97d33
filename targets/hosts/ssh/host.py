"""The ssh host: one node on each machine that the user names."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from targets.hosts import labels
from targets.hosts.ssh import payload
from targets.hosts.ssh.access import Access, Sudo
from targets.hosts.ssh.command_log import CommandLog
from targets.hosts.ssh.destination import Destination
from targets.hosts.ssh.machine import SshMachine
from targets.hosts.ssh.reach import Reached, reach, start_agent, undo
from targets.target import Capability, HostUnavailable, Launch, RunIdentity, TargetError

T = TypeVar("T")

PATIENCE_S = 30.0
"""After so long without a sign of the harness a machine undoes what was done to it."""
LOGS = "logs"
AGAIN_TIMEOUT_S = 5.0


def folder_of(run: str, node: str) -> str:
    """Where everything of a run lies on a node's machine."""
    return f"{payload.PLACE}/{labels.safe_name('splitbrain', run, node)}"


def table_of(run: str) -> str:
    """What the table of a run's rules is called there: others may have theirs beside it."""
    return labels.safe_name("splitbrain", run)


@dataclass(slots=True)
class _Place:
    """One node's machine: what we know of it, and what has become of it so far."""

    node: str
    destination: Destination
    log: CommandLog
    folder: str
    reached: Reached | None = None
    machine: SshMachine | None = None
    asked: bool = False
    """Whether anything may have been made there."""


class SshHost:
    """Machines that exist already. ``root``: whether the run needs what only root may do."""

    name = "ssh"

    def __init__(
        self,
        destinations: Sequence[Destination],
        access: Access,
        *,
        root: bool = True,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._destinations = tuple(destinations)
        self._access = access
        self._root = root
        self._patience_s = patience_s
        self._places: list[_Place] = []
        self._facts: dict[str, Any] = {}
        able = {Capability.KILL, Capability.PAUSE, Capability.POWER_LOSS}
        if access.sudo is Sudo.AUTO or all(d.user == "root" for d in destinations):
            able.add(Capability.PARTITION)
        self.capabilities = frozenset(able)

    def lacks(self, launch: Launch) -> list[str]:
        """A module that does not go along; what is missing there, a start tells."""
        return launch.absent()

    async def open(self, run: RunIdentity, nodes: Sequence[str]) -> Mapping[str, SshMachine]:
        """Log in everywhere, then start an agent on each machine (3 s).

        Raises HostUnavailable, with all that is wrong with any of them.
        """
        if len(nodes) != len(self._destinations):
            raise HostUnavailable(
                f"{len(nodes)} nodes need as many machines, and --ssh names "
                f"{len(self._destinations)}"
            )
        self._places = [
            _Place(
                node,
                destination,
                CommandLog(run.folder / LOGS / f"ssh-{destination.file_name}.log"),
                folder_of(run.run, node),
            )
            for node, destination in zip(nodes, self._destinations, strict=True)
        ]
        table = table_of(run.run) if self._root else None
        try:
            await _all([self._reach(place) for place in self._places])
            self._refuse_what_is_not_apart()
            machines = await _all([self._start(place, table) for place in self._places])
        except BaseException:
            await self.close()
            raise
        self._facts = {
            "host": self.name,
            "machines": {
                place.node: {
                    "ssh": str(place.destination),
                    "address": place.reached.address,
                    "kernel": place.reached.probe.kernel,
                    "python": place.reached.python,
                    "sudo": place.reached.sudo,
                }
                for place in self._places
                if place.reached is not None
            },
        }
        return {machine.name: machine for machine in machines}

    async def _reach(self, place: _Place) -> None:
        place.reached = await reach(place.destination, self._access, place.log, root=self._root)

    def _refuse_what_is_not_apart(self) -> None:
        """One machine under two names, or one that is our own and would cut us off."""
        by_address: dict[str, list[Destination]] = {}
        for place in self._places:
            assert place.reached is not None
            by_address.setdefault(place.reached.address, []).append(place.destination)
        problems = [
            f"{' and '.join(map(str, twice))} are one machine ({address}): each runs one node, on "
            "ports of its own."
            for address, twice in by_address.items()
            if len(twice) > 1
        ]
        ours = {p.reached.probe.ours for p in self._places if p.reached is not None}
        for address in sorted(ours & set(by_address)):
            if self._root and len(self._places) > 1:
                problems.append(
                    f"splitbrain itself runs on {by_address[address][0]} ({address}): what cuts "
                    "that node off would cut our own connections to the others. Run it on a "
                    "machine that is none of the nodes, or leave partition out of --faults."
                )
        if problems:
            raise HostUnavailable("\n".join(problems))

    async def _start(self, place: _Place, table: str | None) -> SshMachine:
        assert place.reached is not None
        place.asked = True
        started = await start_agent(
            place.node, place.reached, place.folder, table, self._patience_s
        )
        place.machine = SshMachine(
            place.node,
            place.destination,
            place.reached,
            started,
            place.folder,
            self._patience_s,
        )
        return place.machine

    async def until_lost(self) -> str:
        """Wait until the connection to some machine is lost; a sentence about it."""
        waiting = [
            asyncio.ensure_future(place.machine.until_lost())
            for place in self._places
            if place.machine is not None
        ]
        try:
            for ended in asyncio.as_completed(waiting):
                if (lost := await ended) is not None:
                    return lost
            return await never()
        finally:
            for task in waiting:
                task.cancel()

    async def close(self) -> list[str]:
        """Undo everything on every machine, over a new connection where the first is lost."""
        places, self._places = self._places, []
        left = await asyncio.gather(*(self._leave(place) for place in places))
        return [what for what in left if what is not None]

    async def _leave(self, place: _Place) -> str | None:
        """None, or a phrase for what may be there still."""
        what = f"what this run made on {place.destination}"
        try:
            if place.machine is not None and await place.machine.leave():
                return None
            if place.reached is not None:
                place.reached.connection.close()
            if not place.asked:
                return None
            done = await undo(
                place.destination,
                self._access,
                place.log,
                place.folder,
                root=self._root,
                timeout_s=AGAIN_TIMEOUT_S,
            )
        except (TargetError, OSError) as error:
            return f"{what} ({error}); its guard undoes it within {self._patience_s:g} s"
        return f"{what} ({'; '.join(done.failed)})" if done.failed else None

    def describe(self) -> dict[str, Any]:
        """Facts for the manifest."""
        return dict(self._facts)


async def never() -> str:
    """Wait for ever."""
    forever: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    return await forever


async def _all(coroutines: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """The results, in order; every HostUnavailable in one, once all have ended."""
    results = await asyncio.gather(*coroutines, return_exceptions=True)
    troubles = [result for result in results if isinstance(result, BaseException)]
    told = [str(trouble) for trouble in troubles if isinstance(trouble, HostUnavailable)]
    for trouble in troubles:
        if not isinstance(trouble, HostUnavailable):
            raise trouble
    if told:
        raise HostUnavailable("\n".join(dict.fromkeys(told)))
    return [result for result in results if not isinstance(result, BaseException)]
