"""Reach a machine over SSH: log in, look at it, start the agent there. And undo it again.

These are the steps that ``SshHost``, ``splitbrain doctor`` and ``splitbrain clean`` share.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass

from targets.hosts.control import AgentConnection
from targets.hosts.ssh import payload
from targets.hosts.ssh.access import Access
from targets.hosts.ssh.bridge import Bridge
from targets.hosts.ssh.command_log import CommandLog
from targets.hosts.ssh.connection import CONNECT_TIMEOUT_S, SshConnection
from targets.hosts.ssh.destination import Destination
from targets.hosts.ssh.probe import Probe, probe
from targets.target import ControlLost, HostUnavailable

START_TIMEOUT_S = 120.0
"""Of an agent that has a library to load, on a machine that may be busy."""
COMPLAINT_WITHIN_S = 2.0
UNDO_TIMEOUT_S = 60.0


@dataclass(slots=True)
class Reached:
    """A machine that can be used. ``address`` is what peers and clients reach it by."""

    connection: SshConnection
    probe: Probe
    address: str
    sudo: bool

    @property
    def python(self) -> str:
        """The interpreter there."""
        assert self.probe.python is not None
        return self.probe.python


async def reach(
    destination: Destination,
    access: Access,
    log: CommandLog,
    *,
    root: bool,
    timeout_s: float = CONNECT_TIMEOUT_S,
) -> Reached:
    """Log in and look round. Raises HostUnavailable with all that is wrong there."""
    connection = await asyncio.to_thread(SshConnection.connect, destination, access, log, timeout_s)
    try:
        seen = await asyncio.to_thread(probe, connection, ask_sudo=root and access.uses_sudo(1))
        problems = seen.problems()
        address = destination.address or seen.own or connection.peer
        if ":" in address and not destination.address:
            problems.append(
                f"it is reached over IPv6 ({address}), and nodes speak IPv4 with one another: "
                f"name its IPv4 address as well: {destination}=10.0.0.1"
            )
        if problems:
            raise HostUnavailable("\n".join(f"{destination}: {problem}" for problem in problems))
    except BaseException as error:
        connection.close()
        if isinstance(error, ControlLost):
            raise HostUnavailable(str(error)) from None
        raise
    return Reached(connection, seen, address, root and access.uses_sudo(seen.uid))


@dataclass(slots=True)
class StartedAgent:
    """An agent that answers, and the bridge to it."""

    agent: AgentConnection
    bridge: Bridge
    pid: int


async def start_agent(
    name: str, reached: Reached, folder: str, table: str | None, patience_s: float
) -> StartedAgent:
    """Send everything over and start the agent (1 s). Raises HostUnavailable.

    ``table`` is what its rules' table is called; None: it makes no rules.
    """
    connection = reached.connection
    token = secrets.token_hex(16)
    told = await asyncio.to_thread(payload.order, folder, table, token, patience_s)
    try:
        channel = await asyncio.to_thread(
            connection.stream, payload.command(reached.python, sudo=reached.sudo)
        )
    except ControlLost as error:
        raise HostUnavailable(str(error)) from error
    bridge = Bridge(channel)
    reader, writer = await bridge.open()
    agent = AgentConnection(name, reader, writer)
    connection.log.write(f"sent {len(told)} bytes: {payload.PLACE} is to hold {folder}")
    try:
        writer.write(told)
        async with asyncio.timeout(START_TIMEOUT_S):
            await reader.readuntil(payload.MARK)
        pid = await agent.hello(token, START_TIMEOUT_S)
    except (ControlLost, OSError, EOFError, asyncio.LimitOverrunError) as error:
        agent.close()
        await asyncio.to_thread(bridge.join, COMPLAINT_WITHIN_S)
        said = bridge.complaint
        connection.log.write(f"the agent did not start: {error}\n{said}")
        raise HostUnavailable(_did_not_start(connection.destination, said, error)) from error
    connection.log.write(f"the agent answers, pid {pid}")
    return StartedAgent(agent, bridge, pid)


def _did_not_start(destination: Destination, said: str, error: Exception) -> str:
    last = said.splitlines()[-1] if said else str(error) or "no answer in time"
    cure = ""
    if any(word in last for word in ("Netlink", "CAP_NET_ADMIN", "nf_tables")):
        cure = (
            " Refusing packets needs nf_tables in the kernel (modprobe nf_tables; in a container "
            "the capability NET_ADMIN); or leave partition out of --faults."
        )
    elif "sudo" in last:
        cure = " Its sudo allows some commands, but not Python; allow it, or log in as root."
    elif "No space left" in last or "Read-only" in last or "Permission denied" in last:
        cure = f" Its {payload.PLACE} must be writable, with some MB free."
    return f"{destination}: the agent did not start there: {last}.{cure}"


@dataclass(frozen=True, slots=True)
class Undone:
    """What was undone on a machine, and what would not go, as phrases."""

    undone: tuple[str, ...]
    failed: tuple[str, ...]


async def undo(
    destination: Destination,
    access: Access,
    log: CommandLog,
    folder: str,
    *,
    root: bool,
    timeout_s: float = CONNECT_TIMEOUT_S,
) -> Undone:
    """Undo what a run left in ``folder``, over a connection of its own.

    Raises HostUnavailable or ControlLost where the machine cannot be asked.
    """
    reached = await reach(destination, access, log, root=root, timeout_s=timeout_s)
    try:
        answer = await asyncio.to_thread(
            reached.connection.run,
            payload.undo_command(reached.python, folder, sudo=reached.sudo),
            payload.undo_program(),
            UNDO_TIMEOUT_S,
        )
    finally:
        reached.connection.close()
    try:
        told = json.loads(answer.out.strip().splitlines()[-1])
        return Undone(tuple(told["undone"]), tuple(told["failed"]))
    except (ValueError, KeyError, TypeError, IndexError):
        said = (answer.err or answer.out).strip().splitlines()
        raise ControlLost(
            f"{destination}: what the run left could not be undone: exit {answer.code}, "
            f"{said[-1] if said else 'without a word'}"
        ) from None
