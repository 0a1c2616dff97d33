"""A process that others started, known by the port it listens on. Runs on the machine.

It can be stopped and continued, for that is undone by a signal; what it would take to start it
again is not known here. Whoever is stopped is noted for the guard first.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from targets.hosts.ssh import guard

SIGNAL_TIMEOUT_S = 5.0
LISTENING = "0A"
PROC = Path("/proc")


def sockets_at(port: int, proc: Path = PROC) -> set[str]:
    """The inodes of the sockets that listen on a TCP port, of either family."""
    found = set()
    for name in ("tcp", "tcp6"):
        try:
            lines = (proc / "net" / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            words = line.split()
            if words[3] == LISTENING and int(words[1].rpartition(":")[2], 16) == port:
                found.add(words[9])
    return found


def listener_at(port: int, proc: Path = PROC) -> int | None:
    """The pid of the process that listens on a port; None when nobody does, or we may not see."""
    wanted = {f"socket:[{inode}]" for inode in sockets_at(port, proc)}
    if not wanted:
        return None
    for pid, target in _descriptors(proc):
        if target in wanted:
            return pid
    return None


def _descriptors(proc: Path) -> Iterator[tuple[int, str]]:
    for folder in proc.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            for descriptor in (folder / "fd").iterdir():
                yield int(folder.name), str(descriptor.readlink())
        except OSError:
            continue  # It has ended meanwhile, or is not ours to see.


class Listeners:
    """Stops and continues them. ``folder`` holds the guard's notes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stopped: dict[int, list[int]] = {}
        """By port: pid and start time of what was stopped."""

    def commands(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        """What the agent answers about them; each names its ``port``."""
        return {
            "pause_listener": lambda request: self.pause(int(request["port"])),
            "resume_listener": lambda request: self.resume(int(request["port"])),
            "listener_state": lambda request: self.state(int(request["port"])),
        }

    def state(self, port: int) -> str:
        """``running``, ``stopped``, or ``dead`` where nobody listens."""
        pid = listener_at(port)
        letter = None if pid is None else guard.letter(pid)
        if letter is None or letter in "ZX":
            return "dead"
        return "stopped" if letter in "Tt" else "running"

    def pause(self, port: int) -> None:
        """SIGSTOP to whoever listens there, and wait until it has taken hold."""
        pid = listener_at(port)
        if pid is None:
            raise ProcessLookupError(f"nobody that we may see listens on port {port}")
        self._stopped[port] = [pid, guard.started(pid) or 0]
        guard.note(self._folder, stopped=list(self._stopped.values()))
        os.kill(pid, signal.SIGSTOP)
        self._wait(port, "stopped")

    def resume(self, port: int) -> None:
        """SIGCONT to whom we stopped there."""
        if (process := self._stopped.pop(port, None)) is None:
            return
        guard.go_on(process)
        guard.note(self._folder, stopped=list(self._stopped.values()))
        self._wait(port, "running")

    def resume_all(self) -> None:
        """SIGCONT to everyone whom we stopped."""
        for process in self._stopped.values():
            guard.go_on(process)
        self._stopped.clear()

    def _wait(self, port: int, expected: str) -> None:
        deadline = time.monotonic() + SIGNAL_TIMEOUT_S
        while (seen := self.state(port)) not in (expected, "dead"):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"what listens on port {port} is {seen} after {SIGNAL_TIMEOUT_S:g} s, "
                    f"not {expected}"
                )
            time.sleep(0.002)
