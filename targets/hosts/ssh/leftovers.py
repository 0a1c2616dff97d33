"""Undo what a dead run left on the machines it used, when they answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from targets.hosts.ssh.access import Access
from targets.hosts.ssh.command_log import CommandLog
from targets.hosts.ssh.destination import Destination
from targets.hosts.ssh.host import LOGS, folder_of
from targets.hosts.ssh.reach import Undone, undo
from targets.target import TargetError

TIMEOUT_S = 5.0


async def undo_run(
    folder: Path, destinations: Sequence[Destination], access: Access, *, root: bool
) -> Undone:
    """Undo a run's work on its machines, all at once (5 s where one does not answer).

    ``folder`` is the run's. A machine that cannot be asked counts as failed.
    """
    dones = await asyncio.gather(
        *(
            _undo_on(folder, f"n{number}", destination, access, root=root)
            for number, destination in enumerate(destinations, start=1)
        )
    )
    return Undone(
        tuple(what for done in dones for what in done.undone),
        tuple(what for done in dones for what in done.failed),
    )


async def _undo_on(
    folder: Path, node: str, destination: Destination, access: Access, *, root: bool
) -> Undone:
    try:
        log = CommandLog(folder / LOGS / f"ssh-{destination.file_name}.log")
        there = folder_of(folder.name, node)
        done = await undo(destination, access, log, there, root=root, timeout_s=TIMEOUT_S)
    except (TargetError, OSError) as error:
        return Undone((), (f"what {folder.name} left on {destination}: {error}",))
    return Undone(
        tuple(f"{what} on {destination}" for what in done.undone),
        tuple(f"{what} on {destination}" for what in done.failed),
    )
