"""Where cells run: lanes for many simulated runs, and a process of its own for any other.

Both are process groups of their own: a Ctrl-C of the terminal is passed on once, by the one who
waits for them, so that each can end its run, undo its faults, and judge what it has.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from splitbrain.cli.failure import EXIT_INTERRUPTED
from splitbrain.matrix.cell import Cell
from splitbrain.matrix.found import Found, found_in
from splitbrain.report.repeat import repeat_command
from targets.hosts.sources import SOURCES

SAID_LINES = 40
"""Of what a process said last, which tells why it failed."""
_PR_SET_PDEATHSIG = 1


class Lane:
    """A process that runs simulated cells one after another. Answers come through ``done``."""

    def __init__(self, store: Path, done: SimpleQueue[tuple[Lane, Found]]) -> None:
        self._store, self._done = store, done
        self._process: subprocess.Popen[str] | None = None
        self._said: deque[str] = deque(maxlen=SAID_LINES)

    def start(self, cell: Cell) -> None:
        """Begin with a cell; one is told of later."""
        if self._process is None or self._process.poll() is not None:
            self.close()  # its pipes, where it was killed
            words = ["splitbrain.matrix.worker", str(self._store)]
            self._process = _started(words, stdin=subprocess.PIPE)
            _follow(self._process.stderr, self._said.append)
        process = self._process
        with contextlib.suppress(OSError):  # then it ends without an answer, which is told
            assert process.stdin is not None
            process.stdin.write(json.dumps(cell.plan.to_json()) + "\n")
            process.stdin.flush()
        threading.Thread(target=self._answer, args=(process,), daemon=True).start()

    def _answer(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            found = Found.from_json(json.loads(line))
        except (ValueError, TypeError, KeyError):
            code = process.wait()
            found = Found(error=_ended(code, self._said))
        self._done.put((self, found))

    def interrupt(self) -> None:
        """Have it end the run it is at."""
        _signal(self._process, signal.SIGINT)

    def close(self) -> None:
        """End the process, whatever it is at."""
        if self._process is not None:
            _signal(self._process, signal.SIGKILL)
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                assert pipe is not None
                with contextlib.suppress(OSError):
                    pipe.close()


class Alone:
    """A run on a real host: the very command that repeats it, in a process of its own.

    What it says of itself goes to ``tell``, all there is of that where it is to be ``verbose``.
    """

    def __init__(
        self, cell: Cell, store: Path, tell: Callable[[str], None], *, verbose: bool = False
    ) -> None:
        self._said: deque[str] = deque(maxlen=SAID_LINES)
        self._tell = tell
        words = ["splitbrain", *command_words(cell, store), *["--verbose"] * verbose]
        self._process = _started(words)
        self._listener = _follow(self._process.stderr, self._hear)
        self._answer: list[str] = []
        self._reader = _follow(self._process.stdout, self._answer.append)

    def _hear(self, line: str) -> None:
        self._said.append(line)
        self._tell(line)

    def poll(self) -> Found | None:
        """What it found, once it has ended."""
        code = self._process.poll()
        if code is None:
            return None
        self._listener.join()
        self._reader.join()
        try:
            folder = Path(json.loads("\n".join(self._answer))["folder"])
            return found_in(folder)
        except Exception:  # it failed, and that is what is to be told
            if code == EXIT_INTERRUPTED:
                return Found(interrupted=True, verdict="unknown", reason="interrupted")
            return Found(error=_ended(code, self._said))

    def interrupt(self) -> None:
        """Have it undo its faults, and judge what it has."""
        _signal(self._process, signal.SIGINT)

    def close(self) -> None:
        """End it; what it leaves behind the next run, or `splitbrain clean`, undoes."""
        _signal(self._process, signal.SIGKILL)
        self._process.wait()


def command_words(cell: Cell, store: Path) -> list[str]:
    """The words after ``splitbrain`` that run a cell into ``store``, and tell it as JSON."""
    import shlex

    words = shlex.split(repeat_command(cell.plan))[1:]
    return [*words, *cell.identity, "--store", str(store), "--json"]


def _started(words: Sequence[str], stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    former = os.environ.get("PYTHONPATH")
    paths = os.pathsep.join([str(SOURCES), *([former] if former else [])])
    return subprocess.Popen(
        [sys.executable, "-P", "-m", *words],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": paths},
        text=True,
        encoding="utf-8",
        errors="backslashreplace",
        process_group=0,
        preexec_fn=_dying_with(os.getpid()),
    )


def _dying_with(parent: int) -> Callable[[], None]:
    """Where the harness is killed, its runs end as if they were told to."""
    prctl = ctypes.CDLL(None).prctl

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def _follow(pipe: IO[str] | None, take: Callable[[str], object]) -> threading.Thread:
    def read() -> None:
        assert pipe is not None
        with pipe:
            for line in pipe:
                take(line.rstrip("\n"))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def _signal(process: subprocess.Popen[str] | None, number: signal.Signals) -> None:
    if process is not None and process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)


def _ended(code: int, said: Sequence[str]) -> str:
    """Why a process ended without an answer: its own word for it, else how it ended."""
    lines = list(said)
    for number, line in enumerate(lines):
        if line.startswith("splitbrain: "):
            return "\n".join([line.removeprefix("splitbrain: "), *lines[number + 1 :]])
    how = f"was killed (signal {-code})" if code < 0 else f"ended with exit code {code}"
    last = f": {lines[-1]}" if lines else ""
    return f"its process {how}{last}"
