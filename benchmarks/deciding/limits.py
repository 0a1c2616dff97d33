"""A command run under a limit of time and of memory, by watching it from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LOOK_S = 0.01
"""How often the memory of a watched process is looked at."""

Ended = Literal["finished", "out of time", "out of memory", "failed"]


@dataclass(frozen=True, slots=True)
class Run:
    """What a command printed, and how it ended; ``peak_mb`` is the most it was seen to hold."""

    ended: Ended
    lines: list[str]
    errors: str
    wall_s: float
    peak_mb: float


def run_limited(
    command: Sequence[str],
    time_limit_s: float,
    memory_limit_mb: float,
    environment: Mapping[str, str] | None = None,
    good: tuple[int, ...] = (0,),
) -> Run:
    """Run ``command`` in a process group of its own, and end the group beyond a limit.

    Memory is what is resident, not what is reserved: a garbage collector that maps much and
    touches little is not punished for it. A limit may be passed for ``LOOK_S`` unnoticed.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            list(command),
            stdout=out,
            stderr=err,
            stdin=subprocess.DEVNULL,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )
        ended: Ended = "finished"
        peak = 0.0
        try:
            while process.poll() is None:
                resident = resident_mb(process.pid)
                peak = max(peak, resident)
                if resident > memory_limit_mb:
                    ended = "out of memory"
                elif time.perf_counter() - began > time_limit_s:
                    ended = "out of time"
                if ended != "finished":
                    break
                time.sleep(LOOK_S)
        finally:
            wall = time.perf_counter() - began
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        out.seek(0)
        err.seek(0)
        lines, errors = out.read().splitlines(), err.read()
    if ended == "finished" and process.returncode not in good:
        ended = "failed"
        # A collector that met the limit of an outer watchdog, or of the machine itself.
        if process.returncode == -signal.SIGKILL or "out of memory" in errors:
            ended = "out of memory"
    return Run(ended, lines, errors, wall, peak)


def resident_mb(pid: int) -> float:
    """What the process holds now, 0 when it is gone."""
    return _status(pid, "VmRSS:")


def resident_mb_max() -> float:
    """The most this process ever held.

    Not ``ru_maxrss``, which a process inherits from the one it was forked from.
    """
    return _status(os.getpid(), "VmHWM:")


def _status(pid: int, member: str) -> float:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    for line in text.splitlines():
        if line.startswith(member):
            return int(line.split()[1]) / 1024
    return 0.0
