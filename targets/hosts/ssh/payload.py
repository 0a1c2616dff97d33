"""What is sent to a machine: nodes, agent and netlink library, and the order that starts it.

All of it goes through the standard input of one command, which then is the connection to the
agent: no second channel, no file transfer that might be switched off.

    to it      4 bytes length, the order as JSON ── the archive (tar, gzip) ── frames
    from it    whatever a login says ── MARK ── frames
"""

from __future__ import annotations

import functools
import io
import json
import shlex
import struct
import tarfile
from pathlib import Path
from typing import Any

from targets.hosts import payload
from targets.hosts.sources import SOURCES

PLACE = "/var/tmp"
"""Where folders of runs are made. It outlives a reboot, so that what is left can be found."""

MARK = b"\n--- splitbrain ---\n"
"""What comes before the first frame: shells print what their start-up files say."""

_PROGRAM = """\
import io, json, os, sys, tarfile
os.write(1, b"\\n--- splitbrain ---\\n")
def take(count):
    taken = bytearray()
    while len(taken) < count:
        piece = os.read(0, count - len(taken))
        if not piece:
            sys.exit("the connection ended before everything had come")
        taken += piece
    return bytes(taken)
os.umask(0o022)
order = json.loads(take(int.from_bytes(take(4), "big")))
archive = take(order["bytes"])
os.mkdir(order["folder"])
how = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
library = os.path.join(order["folder"], "lib")
tarfile.open(fileobj=io.BytesIO(archive)).extractall(library, **how)
sys.path.insert(0, library)
from targets.hosts.ssh.remote import main
main(order)
"""

OURS = ("__init__.py", "guard.py", "listener.py", "remote.py", "software.py")
"""What of this package goes along. Its ``__init__`` stays behind: it is about the harness."""


@functools.cache
def archive() -> bytes:
    """The library's files, packed; the same for every machine (0.3 s, 400 kB)."""
    chosen = payload.files()
    here = "targets/hosts/ssh"
    chosen |= {f"{here}/{name}": SOURCES / here / name for name in OURS[1:]}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        payload.add(tar, f"{here}/{OURS[0]}", b"")
        for name, path in sorted(chosen.items()):
            payload.add(tar, name, path.read_bytes())
    return packed.getvalue()


def command(python: str, *, sudo: bool) -> str:
    """The shell command that takes the order, and becomes the agent."""
    return _with(python, sudo, "-c", _PROGRAM)


def undo_command(python: str, folder: str, *, sudo: bool) -> str:
    """The shell command that undoes what a run left; its program comes on standard input."""
    return _with(python, sudo, "-", "undo", folder)


def undo_program() -> bytes:
    """The standard input of ``undo_command``: the guard, for its own copy there may be gone."""
    return (Path(__file__).with_name("guard.py")).read_bytes()


def _with(python: str, sudo: bool, *arguments: str) -> str:
    words = ["sudo", "-n"] * sudo + [python, "-I", *arguments]
    # Not "exec": some login shells do not know it.
    return shlex.join(words)


def order(folder: str, table: str | None, token: str, patience_s: float) -> bytes:
    """What to send first."""
    packed = archive()
    told: dict[str, Any] = {
        "folder": folder,
        "table": table,
        "token": token,
        "patience_s": patience_s,
        "bytes": len(packed),
    }
    text = json.dumps(told).encode()
    return struct.pack(">I", len(text)) + text + packed
