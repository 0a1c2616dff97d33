"""Undo what a run did to this machine. Runs there, by itself: standard library alone.

    guard.py watch FOLDER SECONDS   started by the agent, which holds the other end of our stdin
                                    and writes to it whenever it hears from the harness
    guard.py undo FOLDER            what ``splitbrain clean`` runs when the machine answers again

``watch`` undoes when its stdin ends (the agent is gone, however it ended) or when nothing came
for so many seconds (the agent hangs, or the network to the harness is cut). What there is to
undo stands in ``FOLDER/made.json``; only processes with the very start times noted there are
killed, and only the table named there is taken away.
"""

from __future__ import annotations

import errno
import json
import os
import select
import shutil
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MADE = "made.json"
LIBRARY = "lib"
DATA = "data"
LOG = "log"
GONE_WITHIN_S = 5.0
START_S = 180.0
ANSWER_WITHIN_S = 15
EPERM, ENOENT = 1, 2
TRIES_MAX = 10


def letter(pid: int) -> str | None:
    """The state letter of a process; None when there is none."""
    fields = _fields(pid)
    return fields[0] if fields else None


def started(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None when it is none, or a zombie."""
    fields = _fields(pid)
    return None if not fields or fields[0] in "ZX" else int(fields[19])


def _fields(pid: int) -> list[str]:
    """What /proc/PID/stat says from the state on; nothing for no process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    # The command's name is in parentheses and may hold spaces and parentheses itself.
    return text[text.rindex(")") + 2 :].split()


def note(folder: Path, **made: Any) -> None:
    """Add to what there is to undo. The file is replaced, never seen half-written."""
    known = read(folder) | made
    draft = folder / (MADE + ".new")
    draft.write_text(json.dumps(known))
    draft.replace(folder / MADE)


def read(folder: Path) -> dict[str, Any]:
    """What there is to undo."""
    try:
        known = json.loads((folder / MADE).read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def still_there(process: Any) -> bool:
    """Whether a process noted as [pid, start time] is that very one."""
    return isinstance(process, list) and len(process) == 2 and started(process[0]) == process[1]


def go_on(process: Any) -> bool:
    """Let a process that was stopped go on; whether it was still there."""
    if not still_there(process):
        return False
    os.kill(process[0], signal.SIGCONT)
    return True


def end(process: Any) -> bool:
    """Kill a process noted as [pid, start time], and wait; whether it was still there."""
    if not still_there(process):
        return False
    pid, since = process
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + GONE_WITHIN_S
    while started(pid) == since:
        if time.monotonic() > deadline:
            raise OSError(f"pid {pid} still runs {GONE_WITHIN_S:g} s after SIGKILL")
        time.sleep(0.005)
    return True


@contextmanager
def in_time(what: str) -> Iterator[None]:
    """Bounds what is done inside. Raises TimeoutError. In the main thread alone.

    A kernel that refuses a batch of netlink as a whole answers none of it, and the library waits.
    """

    def late(number: int, frame: Any) -> None:
        raise TimeoutError(f"{what} did not answer within {ANSWER_WITHIN_S} s")

    former = signal.signal(signal.SIGALRM, late)
    signal.alarm(ANSWER_WITHIN_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, former)


def load_netlink() -> None:
    """Load the library for rules: half a minute on a busy machine, and not the kernel's fault."""
    import pyroute2.netlink.exceptions
    import pyroute2.nftables.expressions
    import pyroute2.nftables.main  # noqa: F401


def delete_table(table: str) -> bool:
    """Take a table of rules away; whether it was still there. Needs root."""
    from pyroute2.netlink.exceptions import NetlinkError
    from pyroute2.nftables.main import NFTables

    nft = NFTables(nfgen_family=2)
    try:
        for attempt in range(TRIES_MAX):
            try:
                nft.table("del", name=table)
            except NetlinkError as error:
                if error.code == ENOENT:
                    return attempt > 0
                # It belongs to an agent that has just died: the kernel is about to take it.
                if error.code != EPERM or attempt + 1 == TRIES_MAX:
                    raise
                time.sleep(0.1)
            else:
                return True
    finally:
        nft.close()
    return False


def delete_in_time(folder: Path, table: str) -> bool:
    """``delete_table``, or a TimeoutError. ``folder`` has the library."""
    sys.path.insert(0, str(folder / LIBRARY))
    load_netlink()
    with in_time("nf_tables"):
        return delete_table(table)


def undo(folder: Path) -> dict[str, list[str]]:
    """Undo all of it, in whatever state it is: phrases of what was ``undone`` and what ``failed``.

    A second time there is nothing left to do.
    """
    done: dict[str, list[str]] = {"undone": [], "failed": []}
    try:
        seen = folder.lstat()
    except FileNotFoundError:
        return done
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid():
        # Its notes would have us kill, and its library have us run, what somebody else likes.
        done["failed"].append(f"the folder {folder}: it is not ours (its owner: {seen.st_uid})")
        return done
    made = read(folder)
    table = made.get("table")
    steps: list[tuple[str, Callable[[], Any]]] = [
        # First, for it would undo the same beside us.
        ("the guard", lambda: not own(made.get("guard")) and end(made.get("guard"))),
        ("the agent", lambda: end(made.get("agent"))),
        ("the node", lambda: end(made.get("node"))),
        ("what was stopped", lambda: [p for p in made.get("stopped") or () if go_on(p)]),
        (f"the rules in table {table}", lambda: table and delete_in_time(folder, str(table))),
    ]
    for what, step in steps:
        try:
            if step():
                done["undone"].append(what)
        except Exception as error:  # whatever it is, the next step must not be left out
            done["failed"].append(f"{what}: {type(error).__name__}: {error}")
    if not done["failed"]:
        # Last, and only then: it tells what there is to undo.
        try:
            remove(folder)
            done["undone"].append(f"the folder {folder}")
        except OSError as error:
            done["failed"].append(f"the folder {folder}: {error}")
    return done


def remove(folder: Path) -> None:
    """Take a folder away, also from under others who do the same or are still writing there."""
    for attempt in range(TRIES_MAX):
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            # Gone while we looked: a part of it, or all.
            if not folder.exists():
                return
        except OSError as error:
            if error.errno != errno.ENOTEMPTY or attempt + 1 == TRIES_MAX:
                raise
        else:
            return
        time.sleep(0.05)
    raise OSError(f"others go on writing there, after {TRIES_MAX} tries")


def own(process: Any) -> bool:
    """Whether a noted process is this one, which ends by itself."""
    return isinstance(process, list) and process[:1] == [os.getpid()]


def watch(folder: Path, patience_s: float) -> None:
    """Wait until nothing holds the other end of stdin, or nothing is heard; then undo."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # An agent that is only starting has much to load, and hears nothing meanwhile.
    wait_s = max(patience_s, START_S)
    while select.select([0], [], [], wait_s)[0] and os.read(0, 4096):
        wait_s = patience_s
    undo(folder)


def main(arguments: list[str]) -> None:
    """``watch FOLDER SECONDS`` or ``undo FOLDER`` (a JSON object on stdout)."""
    folder = Path(arguments[1])
    if arguments[0] == "watch":
        watch(folder, float(arguments[2]))
    else:
        sys.stdout.write(json.dumps(undo(folder)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
