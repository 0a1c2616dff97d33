"""Who owns a run: a process that can be told from every other one, before and after it.

A pid alone is used again; with its start time and the boot it belongs to, it is not.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from histories.archive import lock_held

OWNER_VARIABLE = "SPLITBRAIN_OWNER"
"""Set for the harness inside a sandbox, which cannot see its own pid from outside."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: pid, start time in clock ticks since boot, and the id of that boot."""

    pid: int
    started: int
    boot: str

    def label(self) -> str:
        """``pid:start:boot``; ``parse`` takes it back."""
        return f"{self.pid}:{self.started}:{self.boot}"

    @classmethod
    def parse(cls, label: str) -> Owner:
        """An owner from its label. ValueError when it is none."""
        pid, started, boot = label.split(":")
        return cls(int(pid), int(started), boot)

    def alive(self) -> bool:
        """Whether this very process still runs. A zombie does not."""
        if self.boot != boot_id():
            return False
        seen = process_state(self.pid)
        return seen is not None and seen[1] == self.started and seen[0] not in "ZX"


def current_owner() -> Owner:
    """The process a user would call the owner of this run: of a sandbox, the one outside."""
    if label := os.environ.get(OWNER_VARIABLE):
        return Owner.parse(label)
    seen = process_state(os.getpid())
    if seen is None:
        raise OSError("/proc/self/stat cannot be read: is /proc mounted?")
    return Owner(os.getpid(), seen[1], boot_id())


def boot_id() -> str:
    """The id of this boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def process_state(pid: int) -> tuple[str, int] | None:
    """State letter (R, S, D, T, Z …) and start time of a process; None when there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name is in parentheses and may hold spaces and parentheses itself.
    fields = text[text.rindex(")") + 2 :].split()
    return fields[0], int(fields[19])


def run_alive(label: str, folder: Path | None) -> bool:
    """Whether the run with this owner label still goes on.

    The lock file ``<folder>/lock`` decides where it can be reached; else pid, start time
    and boot. A label that cannot be read is nobody's, and taken for alive: what is not
    surely left over is left alone.
    """
    if folder is not None and (held := lock_held(folder / "lock")) is not None:
        return held
    try:
        return Owner.parse(label).alive()
    except ValueError:
        return True
