"""A reader's machine: a fresh home, in which the commands of a page are run one after the other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = "/home/you"
"""What the page calls the reader's home."""
_LEAVE = ("COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and its exit code; paths are those of the page."""

    out: str
    err: str
    code: int

    @property
    def told(self) -> str:
        """As the page shows it: what goes to the terminal besides the result is left out."""
        return f"…\n\n{self.out}" if self.err.strip() else self.out


class Walk:
    """A home folder and a clone below ``folder``, both empty but for what a page relies on."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.clone = folder / "clone"
        programs = folder / "bin"
        for made in (self.home, self.clone, programs):
            made.mkdir(parents=True)
        (self.clone / "examples").symlink_to(ROOT / "examples")
        program = programs / "splitbrain"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m splitbrain "$@"\n')
        program.chmod(0o755)
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in _LEAVE and not name.startswith("SPLITBRAIN_")
        }
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        self.environment = {
            **kept,
            "HOME": str(self.home),
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
        }

    @property
    def store(self) -> Path:
        """Where the runs are."""
        return self.home / ".local" / "share" / "splitbrain"

    def runs(self) -> list[str]:
        """The names of the runs that were made, the oldest first."""
        runs = [run for run in (self.store / "runs").iterdir() if not run.is_symlink()]
        ended = {run.name: (run / "run.json").stat().st_mtime_ns for run in runs}
        return sorted(ended, key=ended.__getitem__)

    def run(self, command: str) -> Answer:
        """Run a command line in the clone; it has ten minutes."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.clone,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
        return Answer(self.named(done.stdout), self.named(done.stderr), done.returncode)

    def named(self, text: str) -> str:
        """A text in which the reader's home is called as on the page."""
        return text.replace(str(self.home), HOME)

    @contextmanager
    def serving(self) -> Iterator[tuple[str, str]]:
        """``splitbrain serve`` on any free port: its address, and what it says."""
        with subprocess.Popen(
            ["splitbrain", "serve", "--port", "0"],
            env={**self.environment, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        ) as server:
            assert server.stdout is not None
            try:
                first = server.stdout.readline()
                address = first.split()[-1].rstrip("/") if first else ""
                if not address.startswith("http://"):
                    raise RuntimeError(f"splitbrain serve said {first!r}, and no address")
                yield address, self.named(first)
            finally:
                server.terminate()
