"""What a worker of the scheduler does: it says which program it is, and runs trials.

A trial depends on its plan and on the program, so a worker that has another program, or that
began with another one than is on its disk now, runs none.
"""

from __future__ import annotations

import platform
import threading
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from splitbrain import __version__
from splitbrain.campaign.trial import attempt
from splitbrain.own_source import source_digest, source_now
from splitbrain.plan import Plan
from splitbrain.scratch import sweep

NEEDED = ("splitbrain.run", "checker.judge")
# Before the rest of the program is imported: what it was when this process began.
source_digest()
_ONE_AT_A_TIME = threading.Lock()
"""Python runs one at a time anyway, and alone a trial has the process's state to itself."""


class OtherProgram(Exception):
    """This worker's program is not the one that asks; the message says how they differ."""


@dataclass(frozen=True, slots=True)
class Program:
    """Which program a process runs. ``source`` is the digest of what it started with."""

    version: str
    python: str
    source: str

    def differs(self, other: Program) -> str | None:
        """How this program, a worker's, differs from ``other``, the one that asks; or None."""
        if self == other:
            return None
        if self.version != other.version:
            return f"has splitbrain {self.version}, not {other.version}"
        if self.python != other.python:
            return f"has Python {self.python}, not {other.python}"
        return f"has other source: {self.source[:8]}, not {other.source[:8]}"


def own_program() -> Program:
    """This process's. Raises OtherProgram when its source was edited since it started."""
    loaded, now = source_digest(), source_now()
    if loaded != now:
        raise OtherProgram("has source of splitbrain that was edited since it was started")
    return Program(__version__, platform.python_version(), loaded)


@cache
def introduce() -> Program:
    """Import all that a trial needs, and say which program that is. Raises OtherProgram.

    Once in a process: afterwards edits on the disk change nothing that is loaded.
    """
    for name in NEEDED:
        import_module(name)
    sweep()
    return own_program()


def attempt_here(plan: dict[str, Any], asked_by: Program) -> dict[str, Any]:
    """The trial (``Trial.to_json``) of a plan (``Plan.to_json``).

    Raises OtherProgram, whose message here begins with the worker's address.
    """
    # Each time: a worker may have joined after the others had introduced themselves.
    try:
        how = introduce().differs(asked_by)
    except OtherProgram as error:
        how = str(error)
    if how is not None:
        raise OtherProgram(f"{_address()} {how}")
    with _ONE_AT_A_TIME:
        return attempt(Plan.from_json(plan)).to_json()


def _address() -> str:
    # Here, for it needs an extra, which whoever is asked for a task has.
    from distributed import get_worker

    address: str = get_worker().address
    return address
