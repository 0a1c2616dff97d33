"""The agent on a machine that is reached through SSH. Runs there.

It is ``targets.hosts.agent`` with its standard input and output for a connection, and the
parent of the node, about which it answers more:

    start   {"program", "words", "needs", "files", "environment"} -> what of the needs is missing
            unless it runs; without a program the words are told to this interpreter
    kill, pause, resume  {}                         -> null   when it has taken hold
    state   {}                                      -> running, stopped or dead
    log     {"offset"}                              -> {"text": base64, "size"}
    leave   {}                                      -> null   everything is undone
    pause_listener, resume_listener, listener_state {"port"}  of a process that others started

The node dies with the agent (the kernel sees to it), and where the kernel can, the rules do
too. The rest is the guard's.
"""

from __future__ import annotations

import base64
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from targets.hosts.agent import Agent
from targets.hosts.rules import NetfilterTable, NoTable, Refusals
from targets.hosts.ssh import guard, software
from targets.hosts.ssh.listener import Listeners

SIGNAL_TIMEOUT_S = 5.0
CAP_NET_ADMIN = 12
LOG_PIECE_BYTES = 4 * 1024 * 1024
PR_SET_PDEATHSIG = 1


class Pipes:
    """Standard input and output as the agent's connection. ``heard`` is called for what comes."""

    def __init__(self, heard: Callable[[], None]) -> None:
        self._heard = heard
        self._timeout_s: float | None = None

    def settimeout(self, timeout_s: float | None) -> None:
        """How long ``recv`` waits."""
        self._timeout_s = timeout_s

    def recv(self, count: int) -> bytes:
        """What has come; empty at the end."""
        if not select.select([0], [], [], self._timeout_s)[0]:
            raise TimeoutError(f"nothing came within {self._timeout_s} s")
        data = os.read(0, count)
        if data:
            self._heard()
        return data

    def sendall(self, data: bytes) -> None:
        """Write all of it."""
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]


class Node:
    """The node's process: a child of this one, as the user who logged in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._identity = login_identity()
        data = folder / guard.DATA
        data.mkdir()
        if self._identity:
            os.chown(data, self._identity["user"], self._identity["group"])

    def commands(self) -> dict[str, Callable[[dict[str, Any]], Any]]:
        """What the agent answers about it."""
        return {
            "start": self._start,
            "kill": lambda request: self.kill(),
            "pause": lambda request: self._signal(signal.SIGSTOP, "stopped"),
            "resume": lambda request: self._signal(signal.SIGCONT, "running"),
            "state": lambda request: self.state(),
            "log": lambda request: self._read_log(int(request["offset"])),
        }

    def state(self) -> str:
        """``running``, ``stopped`` or ``dead``."""
        if self._process is None or self._process.poll() is not None:
            return "dead"
        letter = guard.letter(self._process.pid) or "X"
        return "dead" if letter in "ZX" else "stopped" if letter in "Tt" else "running"

    def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(SIGNAL_TIMEOUT_S)

    def _signal(self, number: signal.Signals, expected: str) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(number)
        deadline = time.monotonic() + SIGNAL_TIMEOUT_S
        while (seen := self.state()) not in (expected, "dead"):
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"pid {self._process.pid} is {seen} {SIGNAL_TIMEOUT_S:g} s after "
                    f"{number.name}, not {expected}"
                )
            time.sleep(0.001)

    def _start(self, request: Mapping[str, Any]) -> list[str]:
        if self.state() != "dead":
            return []
        data = self._folder / guard.DATA
        path = os.environ.get("PATH", os.defpath)
        runner = [sys.executable, "-P"]
        program = request["program"]
        wanted = dict.fromkeys([*request["needs"], *([] if program is None else [program])])
        places = {what: software.find(what, path) for what in wanted}
        if missing := [what for what, place in places.items() if place is None]:
            return missing
        if program is not None:
            runner = [str(places[program])]
        self._write_files(data, request["files"])
        told = {
            "PATH": path,
            "PYTHONPATH": str(self._folder / guard.LIBRARY),
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        parent = os.getpid()

        def die_with_parent() -> None:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:
                os._exit(1)

        with (self._folder / guard.LOG).open("ab") as log:
            self._process = subprocess.Popen(
                [*runner, *request["words"]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=data,
                env=told | dict(request["environment"]),
                start_new_session=True,
                preexec_fn=die_with_parent,
                **self._identity,
            )
        guard.note(self._folder, node=[self._process.pid, guard.started(self._process.pid)])
        return []

    def _write_files(self, data: Path, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = data / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            for made in (path, *path.parents):
                if made == data:
                    break
                if self._identity:
                    os.chown(made, self._identity["user"], self._identity["group"])

    def _read_log(self, offset: int) -> dict[str, Any]:
        path = self._folder / guard.LOG
        if not path.exists():
            return {"text": "", "size": 0}
        with path.open("rb") as file:
            file.seek(offset)
            piece = file.read(LOG_PIECE_BYTES)
        return {"text": base64.b64encode(piece).decode(), "size": path.stat().st_size}


def login_identity() -> dict[str, Any]:
    """For ``Popen``: who logged in, where sudo made us root. A node needs no rights of root's."""
    user, group = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    if os.geteuid() != 0 or not (user.isdecimal() and group.isdecimal()):
        return {}
    return {"user": int(user), "group": int(group), "extra_groups": [int(group)]}


class Guard:
    """The process that undoes everything once we are gone, or hear nothing any more."""

    def __init__(self, folder: Path, patience_s: float) -> None:
        theirs, self._ours = os.pipe()
        program = folder / guard.LIBRARY / "targets" / "hosts" / "ssh" / "guard.py"
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(program), "watch", str(folder), str(patience_s)],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        os.close(theirs)
        os.set_blocking(self._ours, False)
        guard.note(folder, guard=[self._process.pid, guard.started(self._process.pid)])
        self._pause_s = min(1.0, patience_s / 10)
        self._told_s = 0.0

    @property
    def alive(self) -> bool:
        """Whether it is there."""
        return self._process.poll() is None

    def renew(self) -> None:
        """The harness was heard. Ends this process when the guard is gone: nothing without it."""
        now_s = time.monotonic()
        if now_s - self._told_s < self._pause_s:
            return
        self._told_s = now_s
        try:
            os.write(self._ours, b".")
        except BlockingIOError:
            return  # It has more than enough to read.
        except BrokenPipeError:
            sys.exit("the guard of this run has died")


def may_make_rules(status: str) -> bool:
    """Whether a process with this /proc/PID/status has the capability CAP_NET_ADMIN."""
    able = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(able.split()[1], 16) >> CAP_NET_ADMIN & 1)


def make_table(folder: Path, name: str) -> NetfilterTable:
    """The table of rules. Raises PermissionError or TimeoutError where there can be none."""
    if not may_make_rules(Path("/proc/self/status").read_text()):
        raise PermissionError("this user has no right to make rules (CAP_NET_ADMIN)")

    # Noted first: there may be something to undo from here on.
    guard.note(folder, table=name)
    guard.load_netlink()
    with guard.in_time("nf_tables"):
        return NetfilterTable(name, owned=True)


def main(order: Mapping[str, Any]) -> None:
    """Serve the harness that sent ``order`` (see ``payload``) until it is gone, then undo all."""
    folder = Path(order["folder"])
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    # Before there is anything to undo, whoever undoes it.
    guard.note(folder, agent=[os.getpid(), guard.started(os.getpid())])
    watcher = Guard(folder, float(order["patience_s"]))
    table: NoTable | NetfilterTable = NoTable()
    if order["table"]:
        table = make_table(folder, order["table"])
    node = Node(folder)
    listeners = Listeners(folder)

    def leave(request: Mapping[str, Any]) -> None:
        listeners.resume_all()
        node.kill()
        table.close()
        guard.remove(folder)

    more = {**node.commands(), **listeners.commands(), "leave": leave}
    agent = Agent(Refusals(table), order["token"], more)
    try:
        agent.serve(Pipes(watcher.renew))
    finally:
        listeners.resume_all()
        node.kill()
        table.close()
        if not watcher.alive:
            shutil.rmtree(folder, ignore_errors=True)
