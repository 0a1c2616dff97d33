"""One machine of the ssh host: the agent there, asked over the machine's one SSH connection."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from targets.hosts.ssh.destination import Destination
from targets.hosts.ssh.guard import DATA
from targets.hosts.ssh.reach import Reached, StartedAgent
from targets.target import ControlLost, HostUnavailable, Launch, ProcessState

PINGS_A_PATIENCE = 10
LEAVE_TIMEOUT_S = 30.0


class SshMachine:
    """A Machine of the ssh host. ``folder`` is where everything of the run lies there.

    ``patience_s`` is how long the machine's guard waits for a sign of life: signs are given
    several times as often, for a network that is cut without a word must not look like one
    that is merely quiet.
    """

    def __init__(
        self,
        name: str,
        destination: Destination,
        reached: Reached,
        started: StartedAgent,
        folder: str,
        patience_s: float,
    ) -> None:
        self.name = name
        self.address = reached.address
        self.destination = destination
        self.folder = folder
        self._connection = reached.connection
        self._agent = started.agent
        self._bridge = started.bridge
        self._patience_s = patience_s
        self._leaving = asyncio.Event()
        self._pings = asyncio.create_task(self._ping())

    def endpoint(self, port: int) -> tuple[str, int]:
        """The machine's own address."""
        return self.address, port

    async def start(self, launch: Launch) -> None:
        """Start the node's process, unless it runs already."""
        data = f"{self.folder}/{DATA}"
        await self.run(
            launch.program,
            launch.told(data),
            files={path: told.decode() for path, told in launch.files_in(data).items()},
            environment=launch.environment,
            needs={needed.what: needed.install for needed in launch.needs},
        )

    async def run(
        self,
        program: str | None,
        words: Sequence[str],
        *,
        needs: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start a process as the node, unless it runs already.

        ``words`` are what ``program`` is told, or this system's Python where that is None;
        ``files`` are written under the data folder first. ``needs`` are programs and files that
        must be there, with how to install them: raises HostUnavailable for those that are not.
        """
        wanted = dict(needs or {})
        missing = await self._ask(
            "start",
            program=program,
            words=list(words),
            needs=list(wanted),
            files=dict(files or {}),
            environment=dict(environment or {}),
        )
        if missing:
            told = (f"{what} is not there: {wanted.get(what, 'install it')}" for what in missing)
            raise HostUnavailable("\n".join(f"{self.destination}: {what}" for what in told))

    async def kill(self) -> None:
        """SIGKILL from its parent, which waits for its end."""
        await self._ask("kill")

    async def pause(self) -> None:
        """SIGSTOP, then wait until it took hold. A dead process stays dead."""
        await self._ask("pause")

    async def resume(self) -> None:
        """SIGCONT, then wait until it took hold. A dead process stays dead."""
        await self._ask("resume")

    async def lose_power(self, keep: float = 0.0) -> None:
        """Kill the process and drop every byte its disk was not asked to make durable."""
        await self.kill()
        await self._ask("lose_power", path=f"{self.folder}/{DATA}", keep=keep)

    async def state(self) -> ProcessState:
        """What the operating system there says of the process now."""
        return ProcessState(await self._ask("state"))

    async def refuse(self, addresses: Collection[str]) -> None:
        """Drop what arrives from ``addresses``, and from no one else (empty: heal)."""
        await self._ask("refuse", addresses=sorted(addresses))

    async def dropped(self) -> Mapping[str, int]:
        """Packets dropped since the machine was made, by source address."""
        counts: Mapping[str, int] = await self._ask("dropped")
        return counts

    async def pause_listener(self, port: int) -> None:
        """SIGSTOP to what others have listening on a port, until it took hold."""
        await self._ask("pause_listener", port=port)

    async def resume_listener(self, port: int) -> None:
        """SIGCONT to what ``pause_listener`` stopped."""
        await self._ask("resume_listener", port=port)

    async def listener_state(self, port: int) -> ProcessState:
        """Of what others have listening on a port; dead when nobody does."""
        return ProcessState(await self._ask("listener_state", port=port))

    async def log(self) -> bytes:
        """All that the node wrote, over its restarts."""
        text = bytearray()
        while True:
            answer = await self._ask("log", offset=len(text))
            piece = base64.b64decode(answer["text"])
            text += piece
            if not piece or len(text) >= answer["size"]:
                return bytes(text)

    async def until_lost(self) -> str | None:
        """Wait for the end of the connection; a sentence when it came unasked."""
        await asyncio.shield(self._pings)
        return None if self._leaving.is_set() else self._lost("while nothing was asked")

    async def leave(self) -> bool:
        """Undo everything and hang up; whether the machine has said that it is done."""
        self._leaving.set()
        await self._pings
        left = False
        with contextlib.suppress(ControlLost):
            await self._ask("leave", timeout_s=LEAVE_TIMEOUT_S)
            left = True
        self.hang_up()
        return left

    def hang_up(self) -> None:
        """End the connection: the agent there then undoes everything by itself."""
        self._leaving.set()
        self._agent.close()
        self._connection.close()

    async def _ping(self) -> None:
        # Not cancelled: a request that is cut off half-way breaks the connection.
        while not self._leaving.is_set() and self._agent.broken is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), self._patience_s / PINGS_A_PATIENCE)
                return
            with contextlib.suppress(ControlLost):
                await self._agent.request("ping")

    async def _ask(self, command: str, timeout_s: float | None = None, **members: Any) -> Any:
        began = time.monotonic()
        log, how = self._connection.log, {} if timeout_s is None else {"timeout_s": timeout_s}
        try:
            value = await self._agent.request(command, **how, **members)
        except ControlLost as error:
            log.write(f"agent {command} {_told(members)}: {error}")
            if self._agent.broken is None:
                raise
            raise ControlLost(self._lost(f"during {command!r}")) from error
        spent_ms = (time.monotonic() - began) * 1000
        log.write(f"agent {command} {_told(members)}: ok after {spent_ms:.0f} ms")
        return value

    def _lost(self, when: str) -> str:
        said = self._bridge.complaint
        return (
            f"{self.name}: the SSH connection to {self.destination} is lost (seen {when}: "
            f"{self._agent.broken}{f'; it said: {said}' if said else ''}). The machine undoes by "
            f"itself what the run did there, within {self._patience_s:g} s."
        )


def _told(members: Mapping[str, Any]) -> str:
    """A request for the log: of environment and files the names alone; they may hold secrets."""
    shown = {k: sorted(v) if k in ("environment", "files") else v for k, v in members.items()}
    return json.dumps(shown)
