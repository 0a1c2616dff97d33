"""Try a machine out: everything that a run does to it before its first node starts."""

from __future__ import annotations

import asyncio
import contextlib
import secrets

from targets.hosts.ssh.access import Access, Sudo
from targets.hosts.ssh.command_log import CommandLog
from targets.hosts.ssh.destination import Destination
from targets.hosts.ssh.host import PATIENCE_S, folder_of, table_of
from targets.hosts.ssh.reach import reach, start_agent
from targets.target import ControlLost

NODE = "doctor"


async def examine_machine(destination: Destination, access: Access) -> str:
    """What was seen, when all is well (3 s). Raises HostUnavailable with all that is not.

    Tried: name, port, host key, our key, Python, sudo, a folder, and a table of rules, which is
    made and taken away again.
    """
    run = f"examination-{secrets.token_hex(3)}"
    root = access.sudo is Sudo.AUTO or destination.user == "root"
    log = CommandLog(None)
    reached = await reach(destination, access, log, root=root)
    try:
        table = table_of(run) if root else None
        started = await start_agent(NODE, reached, folder_of(run, NODE), table, PATIENCE_S)
        with contextlib.suppress(ControlLost):
            await started.agent.request("leave")
        started.agent.close()
        await asyncio.to_thread(started.bridge.join, 2.0)
    finally:
        reached.connection.close()
    python = ".".join(map(str, dict(reached.probe.pythons)[reached.python]))
    how = "through sudo" if reached.sudo else "as root"
    rules = f"rules can be made ({how})" if root else "no rules can be made (--sudo never)"
    return f"{reached.probe.kernel}, Python {python}, address {reached.address}; {rules}"
